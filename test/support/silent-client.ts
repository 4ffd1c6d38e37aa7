import { type Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js'
import { type ClientFrame, type ServerFrame, StoreClient } from '../../proto/gen/decree/v1/store.ts'

/** A client that opens a session, asks, and from then on does not read what it is answered. */
export class SilentClient {
  readonly #client: Client
  readonly #call: ClientDuplexStream<ClientFrame, ServerFrame>
  readonly #session: number
  #number = 1

  /** `address`: of the leader. */
  static open(address: string): Promise<SilentClient> {
    const client = new StoreClient(address, credentials.createInsecure())
    const call = client.session()
    return new Promise((resolve, reject) => {
      call.on('error', reject)
      call.once('data', ({ responses: [opened] }: ServerFrame) => {
        call.pause()
        if (opened?.kind?.$case === 'opened') resolve(new SilentClient(client, call, opened.kind.value.session))
        else reject(new Error(`${address} opened no session`))
      })
      const kind = { $case: 'open', value: {} } as const
      const requests = [{ number: 1, timeoutMs: 0, kind }]
      call.write({ hello: { protocolVersion: 1 }, session: 0, acked: 0, requests })
    })
  }

  private constructor(client: Client, call: ClientDuplexStream<ClientFrame, ServerFrame>, session: number) {
    this.#client = client
    this.#call = call
    this.#session = session
  }

  /** The same program so often, in one frame. */
  ask(text: string, times: number): void {
    const kind = { $case: 'program' as const, value: { text, parameters: [] } }
    const requests = Array.from({ length: times }, () => ({ number: ++this.#number, timeoutMs: 0, kind }))
    this.#call.write({ hello: undefined, session: this.#session, acked: 0, requests })
  }

  close(): void {
    this.#call.cancel()
    this.#client.close()
  }
}
