import {
  type Client,
  type ClientUnaryCall,
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Request, Response } from '../exec/requests.ts'
import { SERVER_OPTIONS } from '../limits.ts'
import type { ApiHandler } from './index.ts'
import { serveClients } from './index.ts'

/** LattiStore's client as its own language would make it: from the contract alone. */
interface KV extends Client {
  execute(request: object, callback: (error: Error | null, response: object) => void): ClientUnaryCall
}

function connect(address: string): KV {
  const definition = loadSync(new URL('../../proto/client.proto', import.meta.url).pathname, {
    keepCase: true,
    longs: String,
    oneofs: true,
  })
  const { KV } = loadPackageDefinition(definition).client as unknown as {
    KV: new (address: string, credentials: unknown) => KV
  }
  return new KV(address, credentials.createInsecure())
}

let server: Server
let client: KV
let answer: Response | null
let asked: Request[]
let api: { close(): void }

beforeEach(async () => {
  asked = []
  answer = null
  const handler: ApiHandler = {
    submit: (request, respond) => {
      asked.push(request)
      if (answer !== null) respond(answer)
    },
    status: () => Promise.reject(new Error('not asked here')),
    nowMs: () => 100,
    stopping: false,
  }
  server = new Server(SERVER_OPTIONS)
  api = serveClients(server, handler)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
  client = connect(`127.0.0.1:${port}`)
})

afterEach(() => {
  client.close()
  server.forceShutdown()
})

function execute(request: object): Promise<object> {
  return new Promise((resolve, reject) => {
    client.execute(request, (error, response) => (error ? reject(error) : resolve(response)))
  })
}

async function executeFor(response: Response): Promise<object> {
  answer = response
  return execute({ id: '1', timeout: '1000', body: 'get a;' })
}

const LEADER = { id: '7fffffffffffffff', address: '127.0.0.2:50051' }

test('a request is a session of its own, named by its signed id', async () => {
  answer = { type: 'committed', revision: 1, reads: new Map(), value: null, complete: true }
  await execute({ id: '-9223372036854775808', timeout: '250', body: 'put a "A";' })
  await execute({ id: '9007199254740993', body: '' })
  expect(asked).toEqual([
    {
      session: 'l-9223372036854775808',
      number: 1,
      acked: 0,
      deadlineMs: 350,
      kind: { type: 'program', text: 'put a "A";', parameters: new Map() },
    },
    expect.objectContaining({ session: 'l9007199254740993', deadlineMs: 5_100 }),
  ])
})

test('reads are strings as they are, other values as JSON text, absent ones left out', async () => {
  const reads = new Map<string, NonNullable<unknown> | null>([
    ['string', 'A "quoted" one'],
    ['empty', ''],
    ['absent', null],
    ['int', 2n ** 62n],
    ['float', 4],
    ['small', 1e-9],
    ['bool', true],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['list', ['x', null, 1n]],
    [
      'map',
      new Map<string, unknown>([
        ['a', 1.5],
        ['__proto__', []],
      ]),
    ],
    ['__proto__', 'a key like others'],
  ])
  const committed = { type: 'committed', revision: 1, reads, value: null, complete: true } as Response
  const { read } = (await executeFor(committed)) as { read: { value: object } }
  expect(new Map(Object.entries(read.value))).toEqual(
    new Map([
      ['string', 'A "quoted" one'],
      ['empty', ''],
      ['int', '4611686018427387904'],
      ['float', '4.0'],
      ['small', '1e-9'],
      ['bool', 'true'],
      ['bytes', '{"$bytes":"AQID"}'],
      ['list', '["x",null,1]'],
      ['map', '{"a":1.5,"__proto__":[]}'],
      ['__proto__', 'a key like others'],
    ]),
  )
})

const failed = (code: string, outcome: 'none' | 'unknown') =>
  ({ type: 'failed', code, message: 'why', outcome }) as Response

test.each<[string, Response, object]>([
  ['an abort', { type: 'aborted', value: 'short', reads: new Map() }, { compile_error: 'aborted: "short"' }],
  ['a syntax error', failed('syntax_error', 'none'), { compile_error: 'why' }],
  ['a run-time error', failed('type_error', 'none'), { compile_error: 'why' }],
  ['overload', failed('overloaded', 'none'), { too_many_requests: {} }],
  ['a deadline', failed('timeout', 'unknown'), { timeout: {} }],
  ['a stop', failed('closed', 'none'), { closing: {} }],
  ['no majority', failed('unreachable', 'none'), { nodes_unreachable: {} }],
  [
    'another leader',
    { type: 'redirect', leader: LEADER, proposed: false },
    { redirect_to: { id: '9223372036854775807', address: LEADER.address } },
  ],
  ['no leader', { type: 'redirect', leader: null, proposed: false }, { nodes_unreachable: {} }],
  [
    'leadership lost to a known leader with the request proposed',
    { type: 'redirect', leader: LEADER, proposed: true },
    { lost_leadership: { id: '9223372036854775807', could_handle: true } },
  ],
  [
    'leadership lost to nobody known with the request proposed',
    { type: 'redirect', leader: null, proposed: true },
    { lost_leadership: { could_handle: true } },
  ],
  [
    'an expired session, which may have had its effect',
    failed('session_expired', 'unknown'),
    { lost_leadership: { could_handle: true } },
  ],
  ['overload with an unknown outcome', failed('overloaded', 'unknown'), { lost_leadership: { could_handle: true } }],
])('%s is told in the words of the contract', async (_, response, result) => {
  expect(await executeFor(response)).toMatchObject(result)
})

test('overload is told with the time after which to come again, where gRPC has a place for it', async () => {
  const hintBeside = (response: Response): Promise<unknown> => {
    answer = response
    return new Promise((resolve) => {
      const call = client.execute({ id: '1', timeout: '1000', body: 'get a;' }, () => undefined)
      call.on('status', ({ metadata }) => resolve(metadata.get('grpc-retry-pushback-ms')))
    })
  }
  const refusal = failed('overloaded', 'none')
  expect(await hintBeside({ ...refusal, retryAfterMs: 70 } as Response)).toEqual(['70'])
  expect(await hintBeside(refusal)).toEqual([])
})

test('the deadline is kept even when the node does not answer', async () => {
  expect(await execute({ id: '1', timeout: '20', body: '' })).toMatchObject({ timeout: {} })
})

test('a node that stops says closing', async () => {
  api.close()
  expect(await execute({ id: '1', body: '' })).toMatchObject({ closing: {} })
  expect(asked).toEqual([])
})
