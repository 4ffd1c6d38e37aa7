import { status } from '@grpc/grpc-js'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ServerFrame } from '../../proto/gen/decree/v1/store.ts'
import { LIMITS } from '../limits.ts'
import type { Refusal } from './answer-stream.ts'
import { InProcessCall, type InProcessClient } from './in-process.ts'
import { Sessions } from './sessions.ts'
import { COMMITTED, FakeHandler, frame, HELLO, program } from './testing/fixture.ts'

/** Keeps what it is told. */
class FakeClient implements InProcessClient {
  isTaken = false
  readonly frames: ServerFrame[] = []
  end: Refusal | null | undefined

  taken(): void {
    this.isTaken = true
  }

  received(received: ServerFrame): void {
    expect(this.end).toBeUndefined()
    this.frames.push(received)
  }

  ended(why: Refusal | null): void {
    expect(this.end).toBeUndefined()
    this.end = why
  }
}

let handler = new FakeHandler()
let sessions = new Sessions(handler)
let client = new FakeClient()
let call = new InProcessCall(client)

beforeEach(() => {
  handler = new FakeHandler()
  sessions = new Sessions(handler)
  client = new FakeClient()
  call = new InProcessCall(client)
  sessions.accept(call)
})

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 2 })
const numbers = () => client.frames.flatMap(({ responses }) => responses.map(({ number }) => number))
const first = (...requests: ReturnType<typeof program>[]) => frame(requests, { hello: HELLO, session: 1 })

describe('a call within the process', () => {
  test('carries frames both ways, in order, and never within the turn in which they were sent', async () => {
    handler.answer = () => COMMITTED
    call.send(first(program(1, 'a'), program(2, 'b')))
    call.send(frame([program(3, 'c')], { session: 1 }))
    expect(handler.asked).toEqual([])
    await until(() => expect(numbers()).toEqual([1, 2, 3]))
    expect(client.isTaken).toBe(true)
    expect(handler.asked.map(({ request }) => request.session)).toEqual(['s1', 's1', 's1'])
  })

  test('is refused with the sentence that the network would carry', async () => {
    call.send(frame([program(1, '')], { session: 1 }))
    await until(() => expect(client.end).toBeDefined())
    expect(client.end).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'The first frame of a session has no hello.',
    })
    await call.over
  })

  test('ends in good order behind its last answer when its server closes', async () => {
    call.send(first(program(1, '')))
    await until(() => expect(handler.asked).toHaveLength(1))
    sessions.close()
    expect(client.end).toBeUndefined()
    handler.asked[0]?.respond(COMMITTED)
    await call.over
    expect(numbers()).toEqual([1])
    expect(client.end).toBeNull()
  })

  test('is refused by a node that is stopping', async () => {
    handler.stopping = true
    const late = new FakeClient()
    sessions.accept(new InProcessCall(late))
    await until(() => expect(late.end).toMatchObject({ code: status.UNAVAILABLE }))
  })

  test('that is broken loses what is on its way, and tells its client why', async () => {
    call.send(first(program(1, '')))
    await until(() => expect(handler.asked).toHaveLength(1))
    call.send(frame([program(2, '')], { session: 1 }))
    handler.asked[0]?.respond(COMMITTED)
    call.break('cut')
    await until(() => expect(client.end).toEqual({ code: status.UNAVAILABLE, details: 'cut' }))
    expect(client.frames).toEqual([])
    expect(handler.asked).toHaveLength(1)
  })

  test('that its client cancels takes late answers without harm, and tells nothing more', async () => {
    call.send(first(program(1, '')))
    await until(() => expect(handler.asked).toHaveLength(1))
    call.cancel()
    call.cancel()
    handler.asked[0]?.respond(COMMITTED)
    await call.over
    sessions.close()
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve))
    })
    expect(client.frames).toEqual([])
    expect(client.end).toBeUndefined()
  })

  test('has a large frame read in pieces, over turns of the event loop, in order, with its own limits on each', async () => {
    const turns: number[] = []
    let turn = 0
    const count = () => {
      turn += 1
      if (client.end === undefined && numbers().length < 60) setImmediate(count)
    }
    setImmediate(count)
    handler.answer = () => {
      turns.push(turn)
      return COMMITTED
    }
    const text = 'x'.repeat(LIMITS.clientAtOnceBytesMax / 2)
    call.send(first(...Array.from({ length: 40 }, (_, index) => program(index + 1, text))))
    call.send(
      frame(
        Array.from({ length: 20 }, (_, index) => program(index + 41, text)),
        { session: 1 },
      ),
    )
    await until(() => expect(numbers()).toHaveLength(60))
    expect(handler.asked.map(({ request }) => request.number)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    const most = Math.max(...turns.map((one) => turns.filter((other) => other === one).length))
    // Two of them are read at once when a frame comes; a turn reads some more.
    expect(most).toBeLessThanOrEqual(LIMITS.clientTurnBytesMax / (LIMITS.clientAtOnceBytesMax / 2) + 2)
    expect(new Set(turns).size).toBeGreaterThan(2)
    expect(call.isPaused()).toBe(false)
  })

  test('that closes while a frame is not yet read to its end refuses what is left of it', async () => {
    handler.answer = ({ number }) => {
      if (number === 10) sessions.close()
      return COMMITTED
    }
    const text = 'x'.repeat(LIMITS.clientAtOnceBytesMax)
    call.send(first(...Array.from({ length: 20 }, (_, index) => program(index + 1, text))))
    await call.over
    expect(numbers()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(handler.asked).toHaveLength(10)
    const kinds = client.frames.flatMap(({ responses }) => responses.map(({ kind }) => kind))
    expect(kinds.slice(0, 10).every((kind) => kind?.$case === 'committed')).toBe(true)
    for (const kind of kinds.slice(10)) expect(kind).toMatchObject({ value: { code: 'closed', unknown: false } })
  })

  test('that breaks while a frame is not yet read to its end has nothing more of it read', async () => {
    handler.answer = ({ number }) => {
      if (number === 10) call.break('cut')
      return COMMITTED
    }
    const text = 'x'.repeat(LIMITS.clientAtOnceBytesMax)
    call.send(first(...Array.from({ length: 100 }, (_, index) => program(index + 1, text))))
    await call.over
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(() => setImmediate(resolve)))
    })
    expect(handler.asked).toHaveLength(10)
  })

  test('is not read from while too much waits to be taken by its client', async () => {
    const large = 'x'.repeat(LIMITS.clientBufferBytesMax + 1)
    handler.answer = () => ({ type: 'aborted', value: large, reads: new Map() })
    call.send(first(program(1, ''), program(2, '')))
    for (let number = 3; number <= 6; number++) call.send(frame([program(number, '')], { session: 1 }))
    const askedBefore: number[] = []
    const received = client.received.bind(client)
    client.received = (arrived) => {
      askedBefore.push(handler.asked.length)
      received(arrived)
    }
    await until(() => expect(numbers()).toEqual([1, 2, 3, 4, 5, 6]))
    expect(askedBefore[0]).toBe(2)
    expect(call.isPaused()).toBe(false)
  })
})
