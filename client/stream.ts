import type { Request, Response, ServerFrame } from '../proto/gen/decree/v1/store.ts'
import type { Channel, Ending, Line } from './channel.ts'
import type { DecreeError } from './errors.ts'
import { LIMITS } from './limits.ts'

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
  /** Every request of the session numbered below this is settled. Asked when a frame is written. */
  acked(session: number): number
  /** The server took up the stream: it is one of ours, and of a version that fits. */
  greeted(): void
  answered(stream: Stream, response: Response): void
  /** The stream has ended, and no answer comes to what was sent on it. The next `send` makes a new one. */
  broke(stream: Stream, ending: Ending): void
}

/**
 * The way to one server: a channel for life, and on it one session stream, made when it is needed. Requests sent in
 * one turn of the event loop leave in one frame.
 */
export class Stream {
  readonly address: string
  /** When the server last sent anything, by `performance.now()`; 0 if never. */
  heardAtMs = 0
  /** When the last stream ended, by `performance.now()`; -Infinity while one is well. */
  brokeAtMs = Number.NEGATIVE_INFINITY
  /** Why the last stream ended; undefined while one is well. */
  lastError: DecreeError | undefined
  readonly #owner: StreamOwner
  readonly #channel: Channel
  #line: Line | undefined
  #waiting: Outgoing[] = []
  #isFlushDue = false

  constructor(address: string, channel: Channel, owner: StreamOwner) {
    this.address = address
    this.#channel = channel
    this.#owner = owner
  }

  /** Its stream broke a moment ago, and nothing was heard since. */
  get isBroken(): boolean {
    return performance.now() - this.brokeAtMs < LIMITS.brokenMs
  }

  /** Connects in advance: who is redirected here, or finds no other, need not wait for it. */
  connect(): void {
    this.#channel.connect?.()
  }

  send(outgoing: Outgoing): void {
    this.#waiting.push(outgoing)
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    // Behind the continuations of all calls that have just been answered: what they ask next goes along.
    process.nextTick(() => this.#write())
  }

  /** Lets go of everything without a word to the owner. */
  close(): void {
    this.#waiting = []
    const line = this.#line
    this.#line = undefined
    line?.cancel()
    this.#channel.close()
  }

  #write(): void {
    this.#isFlushDue = false
    const waiting = this.#waiting
    this.#waiting = []
    // The line that this was meant for has ended since. A line that nothing is written on would never say hello.
    if (waiting.length === 0) return
    const fresh = this.#line === undefined
    const line = this.#line ?? this.#open()
    frames(waiting).forEach((frame, index) => {
      const session = frame[0]?.session ?? 0
      line.write({
        hello: fresh && index === 0 ? { protocolVersion: PROTOCOL_VERSION } : undefined,
        session,
        acked: this.#owner.acked(session),
        requests: frame.map(({ request }) => request),
      })
    })
  }

  #open(): Line {
    const line = this.#channel.open({
      taken: () => this.#greeted(line),
      received: (frame) => this.#received(line, frame),
      ended: (ending) => this.#ended(line, ending),
    })
    this.#line = line
    return line
  }

  #greeted(line: Line): void {
    if (line !== this.#line) return
    this.heardAtMs = performance.now()
    this.brokeAtMs = Number.NEGATIVE_INFINITY
    this.lastError = undefined
    this.#owner.greeted()
  }

  #received(line: Line, frame: ServerFrame): void {
    if (line !== this.#line) return
    this.heardAtMs = performance.now()
    this.brokeAtMs = Number.NEGATIVE_INFINITY
    this.lastError = undefined
    for (const response of frame.responses) {
      // An answer may make the owner close this stream.
      if (line !== this.#line) return
      this.#owner.answered(this, response)
    }
  }

  #ended(line: Line, ending: Ending): void {
    // A line that was already given up may still report its end.
    if (line !== this.#line) return
    this.#line = undefined
    this.brokeAtMs = performance.now()
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
