import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StoreService, type Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import { COMMITTED, frame, HELLO, openSession, program, STATUS, startApi, type TestApi } from './testing/fixture.ts'
import { part, RAW_EMPTY_LIST, RAW_NULL, rawList, rawProgram } from './testing/hostile.ts'

let { handler, api, client, stop } = {} as TestApi

beforeEach(async () => {
  ;({ handler, api, client, stop } = await startApi())
})

afterEach(() => stop())

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 2 })
const open = () => openSession(client)

describe('closing', () => {
  test('answers what is under way, refuses what is new, ends the streams', async () => {
    const [busy, idle] = [open(), open()]
    idle.call.write(frame([], { hello: HELLO }))
    busy.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(handler.asked).toHaveLength(1))
    api.close()
    busy.call.write(frame([program(2, '')], { session: 1 }))
    await until(() => expect(busy.frames.flat()).toHaveLength(1))
    expect(busy.frames.flat()[0]).toMatchObject({ number: 2, kind: { value: { code: 'closed', unknown: false } } })
    await until(() => expect(idle.end?.code).toBe(status.OK))
    expect(busy.end).toBeNull()
    handler.asked[0]!.respond(COMMITTED)
    await until(() => expect(busy.end?.code).toBe(status.OK))
    expect(busy.frames.flat().map(({ number }) => number)).toEqual([2, 1])
    const late = open()
    await until(() => expect(late.end?.code).toBe(status.UNAVAILABLE))
  })

  test('a node that is stopping refuses requests on open streams', async () => {
    const stream = open()
    const taken = new Promise((resolve) => stream.call.on('metadata', resolve))
    stream.call.write(frame([], { hello: HELLO }))
    await taken
    handler.stopping = true
    stream.call.write(frame([program(1, '')], { session: 1 }))
    await until(() => expect(stream.frames.flat()).toHaveLength(1))
    expect(stream.frames.flat()[0]).toMatchObject({ kind: { value: { code: 'closed', unknown: false } } })
    expect(handler.asked).toEqual([])
  })
})

describe('Execute', () => {
  /** With a request as it is; gives the kind of the response and its code, or the status. */
  const executeRaw = (request: Buffer) =>
    new Promise<unknown>((resolve) => {
      const { path, responseDeserialize } = StoreService.execute
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        responseDeserialize,
        request,
        (error, response) => {
          const kind = response?.kind
          resolve(error ?? { kind: kind?.$case, ...(kind?.$case === 'failed' ? { code: kind.value.code } : {}) })
        },
      )
    })
  const execute = (requestId: string, timeoutMs = 0, text: string | null = 'get a;') =>
    new Promise<WireResponse>((resolve, reject) => {
      const program = text === null ? undefined : { text, parameters: [] }
      client.execute({ program, timeoutMs, requestId }, (error, response) =>
        error ? reject(error) : resolve(response),
      )
    })

  test('runs a program in a session of its own, named by the request', async () => {
    handler.answer = () => COMMITTED
    expect(await execute('mine')).toMatchObject({ number: 1, kind: { $case: 'committed', value: { revision: 7 } } })
    await execute('')
    await execute('')
    const sessions = handler.asked.map(({ request }) => request.session)
    expect(sessions[0]).toBe('xmine')
    expect(new Set(sessions).size).toBe(3)
    expect(handler.asked[0]?.request).toMatchObject({ number: 1, acked: 0, kind: { type: 'program', text: 'get a;' } })
  })

  test('answers timeout with an unknown outcome at the deadline, and ignores what comes later', async () => {
    expect(await execute('a', 20)).toMatchObject({ kind: { value: { code: 'timeout', unknown: true } } })
    expect(handler.asked[0]?.request.deadlineMs).toBe(1_020)
    handler.asked[0]?.respond(COMMITTED)
    handler.answer = () => COMMITTED
    expect(await execute('b')).toMatchObject({ kind: { $case: 'committed' } })
  })

  test('without a program, or with an endless id, is a protocol error', async () => {
    for (const response of [await execute('a', 0, null), await execute('a'.repeat(257))]) {
      expect(response).toMatchObject({ kind: { value: { code: 'protocol_error', unknown: false } } })
    }
    expect(handler.asked).toEqual([])
  })

  test('of a large program is read in its turn; one beyond the limits, or malformed, is told so', async () => {
    handler.answer = () => COMMITTED
    expect(await executeRaw(part(10, rawProgram(rawList(90_000, RAW_NULL))))).toMatchObject({ kind: 'committed' })
    expect(await executeRaw(part(10, rawProgram(rawList(2_000_000, RAW_EMPTY_LIST))))).toMatchObject({
      kind: 'failed',
      code: 'limit_exceeded',
    })
    expect(await executeRaw(Buffer.of(10, 5, 1))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^The request cannot be decoded: /),
    })
    expect(handler.asked).toHaveLength(1)
  })

  test('that the caller has cancelled takes a late answer without harm', async () => {
    const call = client.execute({ program: { text: '', parameters: [] }, timeoutMs: 0, requestId: '' }, () => undefined)
    await until(() => expect(handler.asked).toHaveLength(1))
    call.cancel()
    handler.answer = () => COMMITTED
    expect(await execute('b')).toMatchObject({ kind: { $case: 'committed' } })
    handler.asked[0]?.respond(COMMITTED)
  })

  test('is refused while the node stops', async () => {
    api.close()
    expect(await execute('a')).toMatchObject({ kind: { value: { code: 'closed', unknown: false } } })
  })
})

describe('Status', () => {
  const ask = (hash: boolean) =>
    new Promise((resolve, reject) => {
      client.status({ hash }, (error, response) => (error ? reject(error) : resolve(response)))
    })

  test('tells how the node is, and hashes its state when asked', async () => {
    const { state: _, ...told } = STATUS
    expect(await ask(false)).toEqual({ ...told, stateHash: Buffer.alloc(0), hashSlot: 0 })
    expect(await ask(true)).toEqual({ ...told, stateHash: Buffer.of(1, 2), hashSlot: 7 })
  })

  test('that fails says why', async () => {
    handler.status = () => Promise.reject(new Error('the disk is gone'))
    await expect(ask(false)).rejects.toMatchObject({ code: status.INTERNAL, details: 'the disk is gone' })
  })
})
