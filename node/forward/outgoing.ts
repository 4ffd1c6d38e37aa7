import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js'
import { encoded } from '../../proto/encode.ts'
import { ForwardAnswers, ForwardFrame, ForwardService } from '../../proto/gen/decree/v1/peer.ts'
import type { Request, Respond, Response } from '../exec/requests.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import { decodeAnswer, encodePassed, FORWARD_PROTOCOL_VERSION } from './codec.ts'

/** A request on its way to a leader. */
export interface Passed {
  readonly request: Request
  readonly respond: Respond
  /** Nodes that it has been sent to. */
  readonly hops: number
}

/** A request that a stream has taken. */
export interface UnderWay extends Passed {
  /** Encoded. */
  readonly bytes: number
  /** Its caller has been answered without it: what still comes goes nowhere. */
  isLate: boolean
}

export interface StreamEvents {
  answered(passed: UnderWay, response: Response): void
  /** The stream is over. `unsent` were certainly not executed; of `sent` nobody knows. Nothing is told any more. */
  ended(sent: readonly UnderWay[], unsent: readonly UnderWay[]): void
}

/** A stream to a node that leads, once: when it ends, another takes its place. */
export class LeaderStream {
  readonly #events: StreamEvents
  readonly #nowMs: () => number
  readonly #call: ClientDuplexStream<Buffer, Buffer>
  readonly #queue: FrameQueue
  /** By id, ascending. */
  readonly #underWay = new Map<number, UnderWay>()
  #lastId = 0
  #isOpen = false
  #isOver = false
  #isFlushDue = false

  /** `nowMs`: the clock of deadlines. Opens the stream. */
  constructor(client: Client, events: StreamEvents, nowMs: () => number) {
    this.#events = events
    this.#nowMs = nowMs
    const asItIs = (frame: Buffer): Buffer => frame
    const call = client.makeBidiStreamRequest(ForwardService.pass.path, asItIs, asItIs, new Metadata())
    this.#call = call
    this.#queue = new FrameQueue(LIMITS.peerFrameBytesMax, (frame, written) => {
      call.write(frame, (error: unknown) => {
        if (!error && !this.#isOver) written()
      })
    })
    call.on('metadata', () => this.#opened())
    call.on('data', (frame: Buffer) => this.#received(frame))
    // Every end is a status, too.
    call.on('error', () => undefined)
    call.on('status', () => this.end())
    const hello = encoded(ForwardFrame, { protocolVersion: FORWARD_PROTOCOL_VERSION, requests: [] })
    call.write(Buffer.from(hello))
  }

  /** Those that are not answered. */
  get waiting(): Iterable<UnderWay> {
    return this.#underWay.values()
  }

  /** Sends a request. Gives its size, encoded. Throws an Error on what cannot be encoded. */
  send(passed: Passed): number {
    this.#lastId += 1
    const part = encodePassed(this.#lastId, passed.request, this.#nowMs())
    this.#underWay.set(this.#lastId, { ...passed, bytes: part.length, isLate: false })
    this.#queue.add(part)
    if (this.#isOpen && !this.#isFlushDue) {
      this.#isFlushDue = true
      // What this turn of the event loop still sends goes along.
      setImmediate(() => this.#flush())
    }
    return part.length
  }

  /** Ends the stream; what is not answered is told of. Idempotent. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#call.cancel()
    const all = [...this.#underWay.values()]
    const unsent = this.#queue.takeWaiting().length
    this.#underWay.clear()
    // The latest ones are those that still wait: they leave in order, and are not answered before.
    this.#events.ended(all.slice(0, all.length - unsent), all.slice(all.length - unsent))
  }

  #opened(): void {
    this.#isOpen = true
    this.#flush()
  }

  #flush(): void {
    this.#isFlushDue = false
    if (!this.#isOver) this.#queue.flush()
  }

  #received(frame: Buffer): void {
    if (this.#isOver) return
    try {
      for (const answer of ForwardAnswers.decode(frame).responses) {
        const passed = this.#underWay.get(answer.id)
        if (passed === undefined) continue
        const response = decodeAnswer(answer)
        this.#underWay.delete(answer.id)
        this.#events.answered(passed, response)
      }
    } catch {
      // What cannot be read is no answer, and what else comes is not to be trusted either.
      this.end()
    }
  }
}
