import { type Client, type ClientDuplexStream, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type PeerAck, PeerFrame, PeerService } from '../../proto/gen/decree/v1/peer.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import type { Traffic } from './traffic.ts'

/** The number of the peer protocol that this software speaks. */
export const PEER_PROTOCOL_VERSION = 1

/** What a stream tells the link that it belongs to. */
export interface OutgoingEvents {
  /** The peer has taken the stream: what is sent from now on arrives unless the stream breaks. */
  opened(): void
  /** An attempt to open the stream has failed. */
  failed(): void
  /** The peer is there and does not want this stream; its own words. */
  refused(why: string): void
}

/**
 * One class of traffic to one peer: a client stream that is opened again, for ever, when it breaks; at once after
 * a first break, then with pauses of 100 ms to 1 s.
 */
export class OutgoingStream {
  readonly #client: Client
  readonly #hello: Buffer
  readonly #traffic: Traffic
  readonly #bufferBytesMax: number
  readonly #events: OutgoingEvents
  #queue: FrameQueue
  #call: ClientDuplexStream<Buffer, PeerAck> | null = null
  #state: 'opening' | 'open' | 'failing' | 'closed' = 'opening'
  #pauseMs = 0
  #openedAtMs = 0
  #timer: NodeJS.Timeout | null = null
  #flushIsDue = false
  #onClosed: (() => void) | null = null

  /** `address` is this node's own, for the peer to know it by. Opens the stream. */
  constructor(client: Client, address: string, traffic: Traffic, events: OutgoingEvents) {
    const hello = { protocolVersion: PEER_PROTOCOL_VERSION, address, liveness: traffic === 'liveness' }
    this.#client = client
    this.#hello = Buffer.from(PeerFrame.encode({ hello, messages: [] }).finish())
    this.#traffic = traffic
    this.#bufferBytesMax = traffic === 'liveness' ? LIMITS.livenessBufferBytesMax : LIMITS.peerBufferBytesMax
    this.#events = events
    this.#queue = this.#newQueue()
    this.#open()
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /**
   * Takes an encoded `PeerFrame` with one message, or drops it: while the peer is known to be out of reach, and
   * beyond the bound of what may wait.
   */
  send(part: Uint8Array): void {
    if (this.#state === 'failing' || this.#state === 'closed') return
    if (this.#queue.bytes + part.length > this.#bufferBytesMax) return
    this.#queue.add(part)
    if (this.#state !== 'open') return
    if (this.#traffic === 'liveness') {
      this.#queue.flush()
    } else if (!this.#flushIsDue) {
      // What this turn of the event loop still sends goes along.
      this.#flushIsDue = true
      queueMicrotask(() => this.#flush())
    }
  }

  /** Ends the stream behind what has been sent; after `LINGER_MS` in any case. */
  close(): Promise<void> {
    const call = this.#call
    if (this.#timer !== null) clearTimeout(this.#timer)
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    if (call === null) return Promise.resolve()
    if (!wasOpen) {
      call.cancel()
      return Promise.resolve()
    }
    this.#queue.flush()
    call.end()
    return new Promise((resolve) => {
      const timer = setTimeout(() => call.cancel(), LINGER_MS)
      this.#onClosed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #open(): void {
    const { path, responseDeserialize } = PeerService.exchange
    // Once refused, an attempt stays with the channel until that has a connection: the channel's backoff decides.
    const metadata = new Metadata({ waitForReady: this.#state === 'failing' })
    const call = this.#client.makeBidiStreamRequest(path, (frame: Buffer) => frame, responseDeserialize, metadata)
    this.#call = call
    call.on('metadata', () => this.#opened(call))
    // Every end is a status, too.
    call.on('error', () => undefined)
    call.on('status', (end) => this.#ended(call, end))
    call.resume()
    call.write(this.#hello)
  }

  #opened(call: ClientDuplexStream<Buffer, PeerAck>): void {
    if (this.#call !== call || this.#state === 'closed') return
    this.#state = 'open'
    this.#openedAtMs = performance.now()
    this.#events.opened()
    this.#flush()
  }

  #ended(call: ClientDuplexStream<Buffer, PeerAck>, end: StatusObject): void {
    if (this.#call !== call) return
    this.#call = null
    if (this.#state === 'closed') {
      this.#onClosed?.()
      return
    }
    if (isRefusal(end)) this.#events.refused(end.details)
    const carried = this.#queue.takeWaiting()
    this.#queue = this.#newQueue()
    if (this.#state === 'open') {
      if (performance.now() - this.#openedAtMs > PAUSE_MS_MAX) this.#pauseMs = 0
      this.#state = 'opening'
      // The peer may have restarted, or only its connection: what was not yet on its way can still be of use.
      for (const part of carried) this.#queue.add(part)
    } else {
      this.#state = 'failing'
      this.#events.failed()
    }
    this.#timer = setTimeout(() => this.#open(), this.#pauseMs)
    this.#pauseMs = Math.min(PAUSE_MS_MAX, Math.max(PAUSE_MS_MIN, this.#pauseMs * 2))
  }

  #flush(): void {
    this.#flushIsDue = false
    if (this.#state === 'open') this.#queue.flush()
  }

  /** Each call has its own: what the last one did not finish is not counted against the next. */
  #newQueue(): FrameQueue {
    return new FrameQueue(LIMITS.peerFrameBytesMax, (frame, written) => {
      const call = this.#call
      call?.write(frame, (error: unknown) => {
        if (!error && this.#call === call) written()
      })
    })
  }
}

/** What the other end of a stream says when the reason lies in the stream; all else is the network's doing. */
function isRefusal(end: StatusObject): boolean {
  switch (end.code) {
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
    case status.RESOURCE_EXHAUSTED:
    case status.UNIMPLEMENTED:
      return true
    default:
      return false
  }
}

/** Between attempts to open a stream, ms; the first one follows a break at once. */
const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 1_000

/** How long a closing stream waits for the peer to have read what was sent, ms. */
const LINGER_MS = 500
