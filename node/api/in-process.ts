import { EventEmitter } from 'node:events'
import { status } from '@grpc/grpc-js'
import { ClientFrame, ServerFrame } from '../../proto/gen/decree/v1/store.ts'
import { asBuffer } from '../records.ts'
import type { Refusal } from './answer-stream.ts'
import type { SessionCall } from './session.ts'

/** The client's end of a call within the process. Nothing is told from within a call of the other end's. */
export interface InProcessClient {
  /** The server took up the call. */
  taken(): void
  received(frame: ServerFrame): void
  /** The last that is told; null: the server ended it in good order. */
  ended(why: Refusal | null): void
}

/**
 * A `Session` call between a client and a node of one process: no sockets, the same bytes. Frames are encoded and
 * decoded as over the network, so that neither end ever holds what the other may change, and whatever cannot travel
 * there cannot here. Each frame arrives in a later turn of the event loop, in order.
 */
export class InProcessCall extends EventEmitter implements SessionCall {
  /** Resolves when neither end hears anything any more. */
  readonly over: Promise<void>
  readonly #client: InProcessClient
  readonly #setOver: () => void
  /** Sent by the client, and not yet taken by the server. */
  readonly #frames: Buffer[] = []
  #isPaused = false
  #isOver = false

  constructor(client: InProcessClient) {
    super()
    this.#client = client
    const { promise, resolve } = pending()
    this.over = promise
    this.#setOver = resolve
    this.on('error', (refusal: Refusal) => setImmediate(() => this.#finish(refusal)))
  }

  // --- For the client ---

  send(frame: ClientFrame): void {
    this.#frames.push(asBuffer(ClientFrame.encode(frame).finish()))
    setImmediate(() => this.#deliver())
  }

  /** The client lets go, and is told nothing more. */
  cancel(): void {
    if (!this.#end()) return
    this.emit('cancelled')
  }

  // --- For what lies between ---

  /** Breaks the call as a network or a dying process does: what is on its way is lost, in both directions. */
  break(why: string): void {
    if (!this.#end()) return
    this.emit('cancelled')
    setImmediate(() => this.#client.ended({ code: status.UNAVAILABLE, details: why }))
  }

  // --- For the server ---

  sendMetadata(): void {
    setImmediate(() => {
      if (!this.#isOver) this.#client.taken()
    })
  }

  write(frame: Buffer, written: () => void): void {
    setImmediate(() => {
      if (this.#isOver) return
      this.#client.received(ServerFrame.decode(frame))
      written()
    })
  }

  end(): void {
    setImmediate(() => this.#finish(null))
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    setImmediate(() => this.#deliver())
  }

  isPaused(): boolean {
    return this.#isPaused
  }

  #deliver(): void {
    while (!this.#isPaused && !this.#isOver) {
      const frame = this.#frames.shift()
      if (frame === undefined) return
      this.emit('data', frame)
    }
  }

  #finish(why: Refusal | null): void {
    if (this.#end()) this.#client.ended(why)
  }

  /** False if it was over already. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#frames.length = 0
    this.#setOver()
    return true
  }
}

function pending(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((resolver) => {
    resolve = resolver
  })
  return { promise, resolve }
}
