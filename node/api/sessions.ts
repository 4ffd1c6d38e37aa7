import { status } from '@grpc/grpc-js'
import type { ApiHandler } from './handler.ts'
import { Intake } from './intake.ts'
import { type SessionCall, SessionStream } from './session.ts'

/** The sessions' streams that are open on one node. */
export class Sessions {
  readonly #handler: ApiHandler
  readonly #intake: Intake
  readonly #streams = new Set<SessionStream>()

  /** `intake`: the node's, if it has other services beside this. */
  constructor(handler: ApiHandler, intake = new Intake()) {
    this.#handler = handler
    this.#intake = intake
  }

  accept(call: SessionCall): void {
    if (this.#handler.stopping) {
      call.emit('error', { code: status.UNAVAILABLE, details: 'This node is stopping.' })
      return
    }
    const stream = new SessionStream(call, this.#handler, this.#intake, () => this.#streams.delete(stream))
    this.#streams.add(stream)
  }

  /** Ends each stream when its requests are answered. */
  close(): void {
    for (const stream of this.#streams) stream.close()
  }
}
