import { once } from 'node:events'
import { Server, ServerCredentials, type ServerDuplexStream, type ServiceError, type status } from '@grpc/grpc-js'
import {
  type ClientFrame,
  type Request,
  type Response,
  type ServerFrame,
  type StatusRequest,
  type StatusResponse,
  StoreService,
} from '../../proto/gen/decree/v1/store.ts'
import type { Value } from '../../proto/gen/decree/v1/value.ts'

/** A request as a fake server met it. */
export interface Met {
  readonly request: Request
  readonly frame: ClientFrame
  /** Answers it, now or later. */
  readonly reply: (kind: NonNullable<Response['kind']>) => void
  /** Ends the stream that it came on. */
  readonly hangUp: () => void
  /** Ends the stream that it came on with an error. */
  readonly refuse: (code: status, details: string) => void
}

/** What a fake server does with a request; `undefined` for the default: opens sessions, commits programs. */
export type Behaviour = (met: Met) => void

/** A `decree.v1.Store` in this process that does with requests as a test says, and keeps every frame. */
export class FakeServer {
  readonly address: string
  readonly frames: ClientFrame[] = []
  behave: Behaviour = obey
  status: StatusResponse | undefined
  /** Whether it gives its status also when that is to contain a hash. */
  canHash = true
  /** Every request for the status, in order. */
  readonly statusRequests: StatusRequest[] = []
  readonly #server: Server

  private constructor(server: Server, address: string) {
    this.#server = server
    this.address = address
  }

  static async start(behave: Behaviour = obey, address = '127.0.0.1:0'): Promise<FakeServer> {
    const server = new Server()
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      )
    })
    const fake = new FakeServer(server, `${address.slice(0, address.lastIndexOf(':'))}:${port}`)
    fake.behave = behave
    server.addService(StoreService, {
      session: (call: ServerDuplexStream<ClientFrame, ServerFrame>) => fake.#serve(call),
      execute: (_call: unknown, callback: (error: Partial<ServiceError>) => void) => callback({ code: 12 }),
      status: (
        { request }: { request: StatusRequest },
        callback: (error: Partial<ServiceError> | null, response?: StatusResponse) => void,
      ) => {
        fake.statusRequests.push(request)
        if (fake.status === undefined) callback({ code: 12 })
        else if (request.hash && !fake.canHash) callback({ code: 13, details: 'the data cannot be read' })
        else callback(null, fake.status)
      },
    })
    return fake
  }

  /** Every request met so far, in order, but those for a session. */
  get programs(): readonly Request[] {
    return this.frames.flatMap(({ requests }) => requests).filter(({ kind }) => kind?.$case === 'program')
  }

  stop(): void {
    this.#server.forceShutdown()
  }

  #serve(call: ServerDuplexStream<ClientFrame, ServerFrame>): void {
    call.on('error', () => {})
    call.on('data', (frame: ClientFrame) => {
      this.frames.push(frame)
      for (const request of frame.requests) {
        this.behave({
          request,
          frame,
          reply: (kind) => call.write({ responses: [{ number: request.number, kind }] }),
          hangUp: () => call.end(),
          refuse: (code, details) => call.emit('error', { code, details }),
        })
      }
    })
  }
}

/** The session that `obey` opens. */
export const SESSION = 7

/** Opens sessions and commits every program at revision 1, with nothing read. */
export function obey({ request, reply }: Met): void {
  reply(request.kind?.$case === 'open' ? { $case: 'opened', value: { session: SESSION } } : committed({}))
}

/** Lets programs be handled by `behave`; opens sessions itself. */
export function programs(behave: Behaviour): Behaviour {
  return (met) => (met.request.kind?.$case === 'open' ? obey(met) : behave(met))
}

/** Says that the server at `address` leads. */
export function redirect(address: string, proposed = false): NonNullable<Response['kind']> {
  return { $case: 'redirect', value: { address, leader: '', proposed } }
}

/** `retryAfterMs`: 0: no hint. */
export function failed(
  code: string,
  message: string,
  unknown = false,
  retryAfterMs = 0,
): NonNullable<Response['kind']> {
  return { $case: 'failed', value: { code, message, unknown, position: undefined, retryAfterMs } }
}

export function committed(
  reads: { readonly [key: string]: Value },
  value: Value = { kind: { $case: 'null', value: true } },
  revision = 1,
): NonNullable<Response['kind']> {
  const entries = Object.entries(reads).map(([key, held]) => ({ key, value: held }))
  return { $case: 'committed', value: { revision, reads: entries, value, complete: true } }
}

export function text(value: string): Value {
  return { kind: { $case: 'string', value } }
}

/** An address at which nobody listens. */
export async function freeAddress(): Promise<string> {
  const { createServer } = await import('node:net')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`
}
