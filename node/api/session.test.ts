import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { equalValues, limits } from '../../lang/index.ts'
import {
  type ClientFrame,
  ServerFrame,
  StoreService,
  type Request as WireRequest,
  type Response as WireResponse,
} from '../../proto/gen/decree/v1/store.ts'
import type { Response } from '../exec/requests.ts'
import { LIMITS, SERVER_OPTIONS } from '../limits.ts'
import { encodeValue } from '../values.ts'
import { COMMITTED, frame, HELLO, openSession, program, startApi, type TestApi } from './testing/fixture.ts'
import {
  part,
  RAW_EMPTY_LIST,
  RAW_NULL,
  rawFrame,
  rawList,
  rawProgram,
  rawRequest,
  TAG,
  varint,
} from './testing/hostile.ts'

let { address, handler, client, stop } = {} as TestApi

beforeEach(async () => {
  ;({ address, handler, client, stop } = await startApi())
})

afterEach(() => stop())

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 2 })
const open = () => openSession(client)

/** A stream of frames as they are. */
function openRaw(address: string) {
  const raw = new Client(address, credentials.createInsecure(), SERVER_OPTIONS)
  const asIs = (bytes: Buffer) => bytes
  const call = raw.makeBidiStreamRequest(StoreService.session.path, asIs, asIs)
  const responses: WireResponse[] = []
  let end: { readonly code: number; readonly details: string } | null = null
  call.on('data', (bytes: Buffer) => responses.push(...ServerFrame.decode(bytes).responses))
  call.on('error', () => undefined)
  call.on('status', ({ code, details }) => {
    end = { code, details }
  })
  return { call, responses: () => responses, end: (): typeof end => end, close: () => raw.close() }
}

function nestedList(levels: number): Uint8Array {
  let value: Uint8Array = RAW_NULL
  for (let level = 0; level < levels; level++) value = part(TAG.valueList, part(TAG.listItem, value))
  return value
}

describe('a session', () => {
  test('hands every request of a frame to the node, as its session and deadline say', async () => {
    const { call } = open()
    const value = { kind: { $case: 'int' as const, value: 2n } }
    call.write(
      frame(
        [
          {
            number: 4,
            timeoutMs: 0,
            kind: { $case: 'program', value: { text: 'put k $v;', parameters: [{ name: 'v', value }] } },
          },
          { number: 5, timeoutMs: 250, kind: { $case: 'outcome', value: { number: 3 } } },
          { number: 1, timeoutMs: 10_000_000, kind: { $case: 'open', value: {} } },
        ],
        { hello: HELLO, session: 12, acked: 4 },
      ),
    )
    await until(() => expect(handler.asked).toHaveLength(3))
    expect(handler.asked.map(({ request }) => request)).toEqual([
      {
        session: 's12',
        number: 4,
        acked: 4,
        deadlineMs: 1_000 + LIMITS.requestTimeoutMs,
        kind: { type: 'program', text: 'put k $v;', parameters: new Map([['v', 2n]]) },
      },
      { session: 's12', number: 5, acked: 4, deadlineMs: 1_250, kind: { type: 'outcome', number: 3 } },
      { session: '', number: 1, acked: 4, deadlineMs: 1_000 + LIMITS.requestTimeoutMsMax, kind: { type: 'open' } },
    ])
  })

  test('answers of one turn of the event loop arrive in one frame', async () => {
    const stream = open()
    stream.call.write(frame([program(1, 'a'), program(2, 'b'), program(3, 'c')], { hello: HELLO, session: 1 }))
    await until(() => expect(handler.asked).toHaveLength(3))
    for (const index of [2, 0, 1]) handler.asked[index]!.respond(COMMITTED)
    await until(() => expect(stream.frames).toHaveLength(1))
    expect(stream.frames[0]!.map(({ number }) => number)).toEqual([3, 1, 2])
  })

  test('a frame closes at its bound, and a larger answer comes alone', async () => {
    const stream = open()
    const sized = (bytes: number): Response => ({ type: 'aborted', value: 'x'.repeat(bytes), reads: new Map() })
    const sizes = [600_000, 300_000, 300_000, 3_000_000, 10]
    stream.call.write(
      frame(
        sizes.map((_, index) => program(index + 1, '')),
        { hello: HELLO, session: 1 },
      ),
    )
    await until(() => expect(handler.asked).toHaveLength(5))
    for (const [index, { respond }] of handler.asked.entries()) respond(sized(sizes[index]!))
    await until(() => expect(stream.frames.flat()).toHaveLength(5))
    expect(stream.frames.map((responses) => responses.map(({ number }) => number))).toEqual([[1, 2], [3], [4], [5]])
  })

  test('every kind of answer arrives as it is', async () => {
    const stream = open()
    const answers: Response[] = [
      COMMITTED,
      { type: 'aborted', value: null, reads: new Map([['k', null]]) },
      { type: 'failed', code: 'type_error', message: 'no', outcome: 'none', position: { line: 2, column: 3 } },
      { type: 'opened', session: 77 },
      { type: 'redirect', leader: { id: '000000000000000b', address: '127.0.0.2:50051' }, proposed: true },
      { type: 'redirect', leader: null, proposed: false },
    ]
    handler.answer = ({ number }) => answers[number - 1]!
    stream.call.write(
      frame(
        answers.map((_, index) => program(index + 1, '')),
        { hello: HELLO, session: 1 },
      ),
    )
    await until(() => expect(stream.frames.flat()).toHaveLength(6))
    const text = (value: string) => ({ kind: { $case: 'string', value } })
    expect(stream.frames.flat().map(({ kind }) => kind)).toEqual([
      {
        $case: 'committed',
        value: {
          revision: 7,
          reads: [{ key: 'a', value: text('A') }],
          value: { kind: { $case: 'int', value: 5n } },
          complete: true,
        },
      },
      {
        $case: 'aborted',
        value: {
          value: { kind: { $case: 'null', value: true } },
          reads: [{ key: 'k', value: { kind: { $case: 'null', value: true } } }],
        },
      },
      {
        $case: 'failed',
        value: { code: 'type_error', message: 'no', unknown: false, position: { line: 2, column: 3 }, retryAfterMs: 0 },
      },
      { $case: 'opened', value: { session: 77 } },
      { $case: 'redirect', value: { address: '127.0.0.2:50051', leader: '000000000000000b', proposed: true } },
      { $case: 'redirect', value: { address: '', leader: '', proposed: false } },
    ])
  })

  test('an answer that cannot travel becomes a failure', async () => {
    let nested: Response & { type: 'aborted' } = { type: 'aborted', value: [], reads: new Map() }
    for (let depth = 0; depth < 60; depth++) nested = { ...nested, value: [nested.value] }
    handler.answer = () => nested
    const stream = open()
    stream.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(1))
    expect(stream.frames[0]![0]!.kind).toMatchObject({
      $case: 'failed',
      value: { code: 'limit_exceeded', unknown: false },
    })
  })

  test.each<[string, WireRequest, Partial<ClientFrame>, RegExp]>([
    ['without a kind', { number: 1, timeoutMs: 0, kind: undefined }, { session: 1 }, /is of no known kind/],
    ['without a session', program(1, ''), {}, /names no session/],
    ['without a number', program(0, ''), { session: 1 }, /has no number/],
    [
      'with a parameter twice',
      {
        number: 1,
        timeoutMs: 0,
        kind: {
          $case: 'program',
          value: {
            text: '',
            parameters: [1n, 2n].map((value) => ({ name: 'p', value: { kind: { $case: 'int', value } } })),
          },
        },
      },
      { session: 1 },
      /"p" is given twice/,
    ],
    [
      'with a parameter without a kind',
      {
        number: 1,
        timeoutMs: 0,
        kind: { $case: 'program', value: { text: '', parameters: [{ name: 'p', value: { kind: undefined } }] } },
      },
      { session: 1 },
      /"p" cannot be read: a value without a kind/,
    ],
  ])('a request %s is a protocol error without effect, and the stream lives on', async (_, request, rest, message) => {
    handler.answer = () => COMMITTED
    const stream = open()
    stream.call.write(frame([request], { hello: HELLO, ...rest }))
    await until(() => expect(stream.frames).toHaveLength(1))
    expect(stream.frames[0]![0]).toMatchObject({
      number: request.number,
      kind: { value: { code: 'protocol_error', message: expect.stringMatching(message), unknown: false } },
    })
    expect(handler.asked).toEqual([])
    stream.call.write(frame([program(2, '')], { session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(2))
  })

  test('without a hello ends with a sentence', async () => {
    const stream = open()
    stream.call.write(frame([program(1, '')], { session: 1 }))
    await until(() => expect(stream.end).not.toBeNull())
    expect(stream.end).toEqual({
      code: status.INVALID_ARGUMENT,
      details: 'The first frame of a session has no hello.',
    })
    expect(handler.asked).toEqual([])
  })

  test('of another protocol version ends with a sentence that names both', async () => {
    const stream = open()
    stream.call.write(frame([], { hello: { protocolVersion: 2 } }))
    await until(() => expect(stream.end).not.toBeNull())
    expect(stream.end).toEqual({
      code: status.FAILED_PRECONDITION,
      details: 'This node speaks version 1 of the client protocol, not 2.',
    })
  })

  test('of garbage ends with a sentence, and the node lives on', async () => {
    const raw = new Client(address, credentials.createInsecure())
    const asIs = (bytes: Buffer) => bytes
    const call = raw.makeBidiStreamRequest(StoreService.session.path, asIs, asIs)
    const ended = new Promise<ServiceError>((resolve) => call.on('error', (error) => resolve(error as ServiceError)))
    call.on('data', () => undefined)
    call.write(Buffer.from('not a frame at all'))
    expect(await ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^A frame cannot be decoded: /),
    })
    raw.close()
    handler.answer = () => COMMITTED
    const stream = open()
    stream.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(1))
  })

  describe('with requests that cannot be read', () => {
    const tooLarge = rawProgram(rawList(100, rawList(5_000, RAW_EMPTY_LIST)))
    const tooLong = rawProgram(rawList(limits.elementsMax + 1, RAW_EMPTY_LIST))
    const tooDeep = rawProgram(nestedList(limits.valueNestingMax + 1))
    const cutOff = rawProgram(rawList(3, RAW_NULL)).subarray(0, -2)
    const inside = Buffer.concat([Buffer.of(TAG.programParameter), varint(100), Buffer.of(1)])
    const kindless = rawProgram(Buffer.alloc(0))
    const many = Buffer.concat(
      Array.from({ length: limits.programTokensMax + 1 }, (_, index) => {
        const name = part(TAG.parameterName, Buffer.from(`p${index}`))
        return part(TAG.programParameter, name, part(TAG.parameterValue, RAW_NULL))
      }),
    )

    test('answers each of them, certainly without effect, and its neighbours as ever', async () => {
      handler.answer = () => COMMITTED
      const fine = rawProgram(rawList(3, RAW_NULL))
      const programs = [fine, tooLarge, tooDeep, fine, cutOff, inside, kindless, many, fine, tooLong]
      const stream = openRaw(address)
      stream.call.write(rawFrame(...programs.map((one, index) => rawRequest(index + 1, one))))
      await until(() => expect(stream.responses()).toHaveLength(programs.length))
      const failures = stream.responses().map(({ number, kind }) => {
        if (kind?.$case !== 'failed') return kind?.$case
        const { code, message, unknown } = kind.value
        expect(unknown).toBe(false)
        return `${number} ${code}: ${message}`
      })
      expect(failures).toEqual([
        'committed',
        expect.stringMatching(
          /^2 limit_exceeded: the size of the parameters, \d+ bytes or more, exceeds parametersBytesMax, which is 3145728$/,
        ),
        '3 limit_exceeded: the nesting of the parameter $p, 32 levels or more, exceeds valueNestingMax, which is 31',
        'committed',
        expect.stringMatching(/^5 protocol_error: The program cannot be decoded: /),
        expect.stringMatching(/^6 protocol_error: The program cannot be decoded: /),
        '7 protocol_error: The parameter "p" cannot be read: a value without a kind.',
        '8 protocol_error: A request has more parameters than any program can name.',
        'committed',
        '10 limit_exceeded: the parameter $p with 100001 elements or more exceeds elementsMax, which is 100000',
      ])
      expect(handler.asked.map(({ request }) => request.number)).toEqual([1, 4, 9])
      stream.close()
    })

    test('ends where one has no number to be answered by', async () => {
      const stream = openRaw(address)
      stream.call.write(rawFrame(rawRequest(1, rawProgram(RAW_NULL)), Buffer.of(TAG.requestNumber, 255)))
      await until(() => expect(stream.end()).toMatchObject({ code: status.INVALID_ARGUMENT }))
      expect(stream.end()?.details).toMatch(/^A frame cannot be decoded: /)
      stream.close()
    })
  })

  test('of a frame with more requests than one may have ends with a sentence', async () => {
    const stream = openRaw(address)
    const requests = Buffer.alloc(2 * (LIMITS.clientFrameRequestsMax + 1), part(TAG.frameRequest, Buffer.alloc(0)))
    stream.call.write(Buffer.concat([rawFrame(), requests]))
    await until(() =>
      expect(stream.end()).toEqual({
        code: status.INVALID_ARGUMENT,
        details: 'A frame cannot be decoded: it has more than 100000 requests.',
      }),
    )
    expect(handler.asked).toEqual([])
    stream.close()
  })

  test('takes a list, a map and strings of the largest size as they are', async () => {
    handler.answer = () => COMMITTED
    const { elementsMax, parametersBytesMax } = limits
    const ints = Array.from({ length: elementsMax }, (_, index) => BigInt(index))
    const map = new Map(ints.map((int) => [String(int + 1_000_000n), null]))
    const text = 'é'.repeat(parametersBytesMax / 2 - 10)
    const { call } = open()
    const kinds = [ints, map, text].map((value, index) => {
      const parameters = [{ name: 'v', value: encodeValue(value) }]
      return { number: index + 1, timeoutMs: 0, kind: { $case: 'program' as const, value: { text: '', parameters } } }
    })
    call.write(frame(kinds, { hello: HELLO, session: 1 }))
    await until(() => expect(handler.asked).toHaveLength(3))
    for (const [index, value] of [ints, map, text].entries()) {
      const { kind } = handler.asked[index]!.request
      if (kind.type === 'program') expect(equalValues(kind.parameters.get('v')!, value)).toBe(true)
    }
  })

  test('beyond the bound of requests under way answers overloaded', async () => {
    const stream = open()
    const many = Array.from({ length: LIMITS.clientRequestsMax + 1 }, (_, index) => program(index + 1, ''))
    stream.call.write(frame(many, { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(1))
    expect(stream.frames[0]).toMatchObject([
      { number: many.length, kind: { value: { code: 'overloaded', unknown: false, retryAfterMs: 100 } } },
    ])
    expect(handler.asked).toHaveLength(LIMITS.clientRequestsMax)
  })

  test('of a client that does not read is not read from, until it does', async () => {
    const large: Response = { type: 'aborted', value: 'x'.repeat(1_000_000), reads: new Map() }
    handler.answer = () => large
    const stream = open()
    stream.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(1))
    stream.call.pause()
    for (let number = 2; number <= 100; number++) stream.call.write(frame([program(number, '')], { session: 1 }))
    // Nothing more is taken in although the client has sent it all: seen over many turns of the event loop.
    let [before, turns] = [0, 0]
    await until(() => {
      turns = handler.asked.length === before ? turns + 1 : 0
      before = handler.asked.length
      expect(turns).toBeGreaterThan(50)
    })
    expect(handler.asked.length).toBeGreaterThan(1)
    expect(handler.asked.length).toBeLessThan(60)
    stream.call.resume()
    await until(() => expect(stream.frames.flat()).toHaveLength(100))
  })

  test('beyond what is held for a client, it is told to ask again, and the stream goes on', async () => {
    const large: Response = { type: 'aborted', value: 'x'.repeat(1_000_000), reads: new Map() }
    handler.answer = () => large
    const stream = open()
    const programs = Array.from({ length: 100 }, (_, index) => program(index + 1, ''))
    stream.call.write(frame(programs, { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames.flat()).toHaveLength(100))
    const kinds = stream.frames.flat().map(({ kind }) => kind?.$case)
    expect(kinds.filter((kind) => kind === 'aborted')).toHaveLength(67)
    const again = stream.frames.flat().find(({ kind }) => kind?.$case === 'redirect')
    expect(again?.kind?.value).toMatchObject({ address: '', proposed: true })
    expect(stream.end).toBeNull()
  })

  test('that the client has ended is answered to its last request', async () => {
    const stream = open()
    stream.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    stream.call.end()
    await until(() => expect(handler.asked).toHaveLength(1))
    expect(stream.end).toBeNull()
    handler.asked[0]!.respond(COMMITTED)
    await until(() => expect(stream.end).toEqual({ code: status.OK, details: 'OK' }))
    expect(stream.frames.flat()).toHaveLength(1)
  })

  test('that the client has cancelled takes late answers without harm', async () => {
    const stream = open()
    stream.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(handler.asked).toHaveLength(1))
    stream.call.cancel()
    await until(() => expect(stream.end?.code).toBe(status.CANCELLED))
    handler.asked[0]!.respond(COMMITTED)
    handler.answer = () => COMMITTED
    const other = open()
    other.call.write(frame([program(1, '')], { hello: HELLO, session: 1 }))
    await until(() => expect(other.frames).toHaveLength(1))
  })
})
