import { type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js'
import type { ClientFrame, Request, Response, ServerFrame } from '../proto/gen/decree/v1/store.ts'
import { StoreClient } from '../proto/gen/decree/v1/store.ts'
import { DecreeError } from './errors.ts'
import { CHANNEL_OPTIONS, LIMITS } from './limits.ts'

/** The version of the conversation between client and server that this library speaks. */
export const PROTOCOL_VERSION = 1

/** A request as it is handed to a stream. */
export interface Outgoing {
  /** The session it belongs to; 0 for `open`. */
  readonly session: number
  readonly request: Request
  /** Its size, encoded, not exact. */
  readonly bytes: number
}

/** What a stream tells its owner. */
export interface StreamOwner {
  /** Every request numbered below this is settled. Asked when a frame is written. */
  acked(): number
  /** The server took up the stream: it is one of ours, and of a version that fits. */
  greeted(): void
  answered(stream: Stream, response: Response): void
  /** The stream has ended, and no answer comes to what was sent on it. The next `send` makes a new one. */
  broke(stream: Stream, ending: Ending): void
}

/** How a stream ended. */
export interface Ending {
  readonly error: DecreeError
  /** There is no sense in trying this server again. */
  readonly fatal: boolean
  /** False: there never was a connection, so that certainly nothing arrived. True: some of it may have. */
  readonly arrived: boolean
}

type Call = ClientDuplexStream<ClientFrame, ServerFrame>

/**
 * The way to one server: a channel for life, and on it one session stream, made when it is needed. Requests sent in
 * one turn of the event loop leave in one frame.
 */
export class Stream {
  readonly address: string
  /** When the server last sent anything, by `performance.now()`; 0 if never. */
  heardAtMs = 0
  /** Why the last stream ended; undefined while one is well. */
  lastError: DecreeError | undefined
  readonly #owner: StreamOwner
  #client: StoreClient | undefined
  #call: Call | undefined
  #waiting: Outgoing[] = []
  #flush: NodeJS.Immediate | undefined

  constructor(address: string, owner: StreamOwner) {
    this.address = address
    this.#owner = owner
  }

  send(outgoing: Outgoing): void {
    this.#waiting.push(outgoing)
    this.#flush ??= setImmediate(() => this.#write())
  }

  /** Lets go of everything without a word to the owner. */
  close(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#waiting = []
    const call = this.#call
    this.#call = undefined
    call?.cancel()
    this.#client?.close()
    this.#client = undefined
  }

  #write(): void {
    this.#flush = undefined
    const waiting = this.#waiting
    this.#waiting = []
    const fresh = this.#call === undefined
    const call = this.#call ?? this.#open()
    const acked = this.#owner.acked()
    frames(waiting).forEach((frame, index) => {
      call.write({
        hello: fresh && index === 0 ? { protocolVersion: PROTOCOL_VERSION } : undefined,
        session: frame[0]?.session ?? 0,
        acked,
        requests: frame.map(({ request }) => request),
      })
    })
  }

  #open(): Call {
    this.#client ??= new StoreClient(this.address, credentials.createInsecure(), CHANNEL_OPTIONS)
    const call = this.#client.session()
    this.#call = call
    call.on('metadata', () => this.#greeted(call))
    call.on('data', (frame) => this.#received(call, frame))
    call.on('error', (error) => this.#ended(call, error as ServiceError))
    call.on('end', () => this.#ended(call, undefined))
    return call
  }

  #greeted(call: Call): void {
    if (call !== this.#call) return
    this.heardAtMs = performance.now()
    this.lastError = undefined
    this.#owner.greeted()
  }

  #received(call: Call, frame: ServerFrame): void {
    if (call !== this.#call) return
    this.heardAtMs = performance.now()
    this.lastError = undefined
    for (const response of frame.responses) {
      // An answer may make the owner close this stream.
      if (call !== this.#call) return
      this.#owner.answered(this, response)
    }
  }

  #ended(call: Call, error: ServiceError | undefined): void {
    // A stream that was already given up may still report its end; without a listener that would be thrown.
    if (call !== this.#call) return
    this.#call = undefined
    const ending = explain(this.address, error)
    this.lastError = ending.error
    // Not yet written: it goes the way of what was.
    this.#waiting = []
    this.#owner.broke(this, ending)
  }
}

/** Cuts requests into frames: one session and at most `frameBytesMax` in each, unless one request alone is larger. */
function frames(waiting: readonly Outgoing[]): readonly (readonly Outgoing[])[] {
  const cut: Outgoing[][] = []
  let frame: Outgoing[] = []
  let bytes = 0
  for (const outgoing of waiting) {
    const first = frame[0]
    const full = bytes + outgoing.bytes > LIMITS.frameBytesMax
    if (first === undefined || full || first.session !== outgoing.session) {
      frame = []
      cut.push(frame)
      bytes = 0
    }
    frame.push(outgoing)
    bytes += outgoing.bytes
  }
  return cut
}

/** What a stream's end means. An orderly end comes when a server stops. */
function explain(address: string, cause: ServiceError | undefined): Ending {
  const details = cause?.details ?? ''
  switch (cause?.code) {
    case status.UNIMPLEMENTED:
    case status.FAILED_PRECONDITION: {
      const message = `${address} does not speak this client's version of the protocol: ${details}`
      return { error: new DecreeError('version_mismatch', message, { cause }), fatal: true, arrived: true }
    }
    case status.INVALID_ARGUMENT: {
      const message = `${address} did not understand this client: ${details}`
      return { error: new DecreeError('protocol_error', message, { cause }), fatal: true, arrived: true }
    }
    default: {
      const error = new DecreeError('unreachable', `${address} ${reason(details)}`, { cause })
      return { error, fatal: false, arrived: !NEVER_CONNECTED.test(details) }
    }
  }
}

/** How grpc-js words that it had no connection to send anything over. Reworded, outcomes would only be less exact. */
const NEVER_CONNECTED = /^(No connection established|Name resolution failed)/

function reason(details: string): string {
  if (details === '') return 'ended the stream'
  const refused = /Last error: (?:Error: )?(.*?)\.? Resolution note/.exec(details)
  return `cannot be reached: ${refused?.[1] ?? details}`
}
