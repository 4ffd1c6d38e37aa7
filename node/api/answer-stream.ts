import type { status } from '@grpc/grpc-js'
import { ASK_AGAIN, type Respond, type Response } from '../exec/requests.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'

/** Why a call is ended by its server. */
export interface Refusal {
  readonly code: status
  readonly details: string
}

/** What it uses of gRPC's calls: whole frames in their encoding. */
export interface AnsweredCall {
  /** `end`: the other end asks no more; `cancelled`, `error`: it has gone. */
  on(event: 'end' | 'cancelled' | 'error', listener: () => void): unknown
  /** Ends the call with a status. */
  emit(event: 'error', refusal: Refusal): unknown
  write(frame: Buffer, written: () => void): unknown
  end(): unknown
}

/** Who reads the requests that are answered. */
export interface AnswerStreamOwner {
  /** A frame with one answer, encoded. `result`: the response's own encoding, where it was made already. */
  encode(number: number, response: Response, result?: Uint8Array): Uint8Array
  /** The other end has read some of its answers. */
  drained(): void
  /** Whether it holds requests that it has not read. */
  hasUnread(): boolean
  /** Nothing more is to be read, or answered. Called once. */
  ended(): void
}

/** The answering half of a stream of requests. Answers leave as they come, in frames; those of one moment share one. */
export class AnswerStream {
  readonly #call: AnsweredCall
  readonly #owner: AnswerStreamOwner
  readonly #queue: FrameQueue
  #underWay = 0
  #isFlushDue = false
  #isClosing = false
  #isOver = false

  constructor(call: AnsweredCall, frameBytesMax: number, owner: AnswerStreamOwner) {
    this.#call = call
    this.#owner = owner
    this.#queue = new FrameQueue(frameBytesMax, (frame, written) => {
      call.write(frame, () => {
        if (this.#isOver) return
        written()
        owner.drained()
        this.endIfDone()
      })
    })
    call.on('end', () => this.close())
    call.on('cancelled', () => this.#end())
    call.on('error', () => this.#end())
  }

  /** Of the answers that the other end has not yet read. */
  get bytes(): number {
    return this.#queue.bytes
  }

  /** Requests that are not answered. */
  get underWay(): number {
    return this.#underWay
  }

  /** Requests are answered, but none is taken. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** A request is taken. Gives what is to be called, once, with the answer. */
  expect(number: number): Respond {
    this.#underWay += 1
    let isAnswered = false
    return (response, result) => {
      if (isAnswered) throw new Error(`Request ${number} of a stream was answered twice.`)
      isAnswered = true
      this.#underWay -= 1
      this.send(number, response, result)
    }
  }

  send(number: number, response: Response, result?: Uint8Array): void {
    if (this.#isOver) return
    const part = this.#owner.encode(number, response, result)
    const hasRoom = this.#queue.bytes + part.length <= LIMITS.clientBacklogBytesMax
    // Too much to hold at once: who asked asks again later, and what was recorded is answered from the record.
    this.#queue.add(hasRoom ? part : this.#owner.encode(number, ASK_AGAIN))
    if (this.#isFlushDue) return
    // What else is answered at the same moment goes along.
    this.#isFlushDue = true
    process.nextTick(() => {
      this.#isFlushDue = false
      if (this.#isOver) return
      this.#queue.flush()
      this.endIfDone()
    })
  }

  /** Ends the call when every request under way is answered. Idempotent. */
  close(): void {
    this.#isClosing = true
    this.endIfDone()
  }

  /** To be called, too, when the last request has been read. */
  endIfDone(): void {
    if (!this.#isClosing || this.#isOver || this.#underWay > 0 || this.bytes > 0 || this.#owner.hasUnread()) return
    this.#end()
    this.#call.end()
  }

  /** Ends the call at once. Answers to what is under way go nowhere. */
  refuse(code: status, details: string): void {
    this.#end()
    // An error event is how this library's streams are told to end with a status.
    this.#call.emit('error', { code, details })
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#owner.ended()
  }
}
