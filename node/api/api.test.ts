import {
  Client,
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ClientFrame,
  type ServerFrame,
  StoreClient,
  StoreService,
  type Request as WireRequest,
  type Response as WireResponse,
} from '../../proto/gen/decree/v1/store.ts'
import type { Request, Respond, Response } from '../exec/requests.ts'
import { LIMITS, SERVER_OPTIONS } from '../limits.ts'
import type { ApiHandler, NodeStatus } from './index.ts'
import { serveClients } from './index.ts'

const STATUS: NodeStatus = {
  version: '0.1.0',
  id: '000000000000000a',
  address: '127.0.0.1:50051',
  role: 'leader',
  leader: '000000000000000a',
  ballot: 3,
  applied: 7,
  complete: 6,
  revision: 9,
  members: [{ id: '000000000000000a', address: '127.0.0.1:50051' }],
  cluster: 'c',
  state: null,
}

const COMMITTED: Response = {
  type: 'committed',
  revision: 7,
  reads: new Map([['a', 'A']]),
  value: 5n,
  complete: true,
}

/** Keeps what it is asked; the test answers. */
class FakeHandler implements ApiHandler {
  readonly asked: { readonly request: Request; readonly respond: Respond }[] = []
  stopping = false
  /** When set, answers at once. */
  answer: ((request: Request) => Response) | null = null

  submit(request: Request, respond: Respond): void {
    this.asked.push({ request, respond })
    if (this.answer !== null) respond(this.answer(request))
  }

  async status(hash: boolean): Promise<NodeStatus> {
    return hash ? { ...STATUS, state: { hash: Uint8Array.of(1, 2), slot: 7 } } : STATUS
  }

  nowMs(): number {
    return 1_000
  }
}

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 2 })

let server: Server
let address: string
let handler: FakeHandler
let api: { close(): void }
let client: StoreClient

beforeEach(async () => {
  server = new Server(SERVER_OPTIONS)
  handler = new FakeHandler()
  api = serveClients(server, handler)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
  address = `127.0.0.1:${port}`
  client = new StoreClient(address, credentials.createInsecure(), SERVER_OPTIONS)
})

afterEach(() => {
  client.close()
  server.forceShutdown()
})

interface TestStream {
  readonly call: ClientDuplexStream<ClientFrame, ServerFrame>
  readonly frames: WireResponse[][]
  end: { readonly code: number; readonly details: string } | null
}

function watch(call: ClientDuplexStream<ClientFrame, ServerFrame>): TestStream {
  const stream: TestStream = { call, frames: [], end: null }
  call.on('data', (frame: ServerFrame) => stream.frames.push(frame.responses))
  call.on('error', () => undefined)
  call.on('status', ({ code, details }) => {
    stream.end = { code, details }
  })
  return stream
}

const open = () => watch(client.session())
const frame = (requests: WireRequest[], rest: Partial<ClientFrame> = {}): ClientFrame => ({
  hello: undefined,
  session: 0,
  acked: 0,
  requests,
  ...rest,
})
const HELLO = { protocolVersion: 1 }
const program = (number: number, text: string, timeoutMs = 0): WireRequest => ({
  number,
  timeoutMs,
  kind: { $case: 'program', value: { text, parameters: [] } },
})

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
        value: { code: 'type_error', message: 'no', unknown: false, position: { line: 2, column: 3 } },
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

  test('beyond the bound of requests under way answers overloaded', async () => {
    const stream = open()
    const many = Array.from({ length: LIMITS.clientRequestsMax + 1 }, (_, index) => program(index + 1, ''))
    stream.call.write(frame(many, { hello: HELLO, session: 1 }))
    await until(() => expect(stream.frames).toHaveLength(1))
    expect(stream.frames[0]).toMatchObject([
      { number: many.length, kind: { value: { code: 'overloaded', unknown: false } } },
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
