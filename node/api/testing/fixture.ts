import { type ClientDuplexStream, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import {
  type ClientFrame,
  type ServerFrame,
  StoreClient,
  type Request as WireRequest,
  type Response as WireResponse,
} from '../../../proto/gen/decree/v1/store.ts'
import type { Request, Respond, Response } from '../../exec/requests.ts'
import { SERVER_OPTIONS } from '../../limits.ts'
import { type ApiHandler, type NodeStatus, serveClients } from '../index.ts'

export const STATUS: NodeStatus = {
  version: '0.1.0',
  id: '000000000000000a',
  address: '127.0.0.1:50051',
  role: 'leader',
  leader: '000000000000000a',
  ballot: 3,
  applied: 7,
  complete: 6,
  revision: 9,
  programs: { textHits: 5, shapeHits: 4, misses: 3, shapes: 2, bytes: 1_024 },
  members: [{ id: '000000000000000a', address: '127.0.0.1:50051' }],
  cluster: 'c',
  state: null,
}

export const COMMITTED: Response = {
  type: 'committed',
  revision: 7,
  reads: new Map([['a', 'A']]),
  value: 5n,
  complete: true,
}

/** Keeps what it is asked; the test answers. */
export class FakeHandler implements ApiHandler {
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

/** The services of a fake node on a real server, with a client. */
export interface TestApi {
  readonly address: string
  readonly handler: FakeHandler
  readonly api: { close(): void }
  readonly client: StoreClient
  stop(): void
}

export async function startApi(): Promise<TestApi> {
  const server = new Server(SERVER_OPTIONS)
  const handler = new FakeHandler()
  const api = serveClients(server, handler)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
  const address = `127.0.0.1:${port}`
  const client = new StoreClient(address, credentials.createInsecure(), SERVER_OPTIONS)
  const stop = () => {
    client.close()
    server.forceShutdown()
  }
  return { address, handler, api, client, stop }
}

/** A session's stream and what has come out of it. */
export interface TestStream {
  readonly call: ClientDuplexStream<ClientFrame, ServerFrame>
  readonly frames: WireResponse[][]
  end: { readonly code: number; readonly details: string } | null
}

export function openSession(client: StoreClient): TestStream {
  const call = client.session()
  const stream: TestStream = { call, frames: [], end: null }
  call.on('data', (frame: ServerFrame) => stream.frames.push(frame.responses))
  call.on('error', () => undefined)
  call.on('status', ({ code, details }) => {
    stream.end = { code, details }
  })
  return stream
}

export const frame = (requests: WireRequest[], rest: Partial<ClientFrame> = {}): ClientFrame => ({
  hello: undefined,
  session: 0,
  acked: 0,
  requests,
  ...rest,
})
export const HELLO = { protocolVersion: 1 }
export const program = (number: number, text: string, timeoutMs = 0): WireRequest => ({
  number,
  timeoutMs,
  kind: { $case: 'program', value: { text, parameters: [] } },
})
