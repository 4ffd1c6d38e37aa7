import type { Call } from './call.ts'
import { Flow, isTooLate } from './flow.ts'
import { LIMITS } from './limits.ts'

/** Bounds what is on its way: further calls wait here, first come first served. */
export class Window {
  readonly #queue = new Set<Call>()
  readonly #flow = new Flow()
  /** Taken out because they could hardly be answered in time. */
  #late: Call[] = []
  /** Of the calls that are on their way. */
  #count = 0
  #bytes = 0

  /** Takes out the calls that wait, and gives them in order. */
  takeWaiting(): readonly Call[] {
    const waiting = [...this.#queue]
    this.#queue.clear()
    return waiting
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0
  }

  /** There were too many, not long ago. */
  get isCut(): boolean {
    return this.#flow.isCut
  }

  /** The call was answered. */
  answered({ isAdmitted, sentAtMs }: Call): void {
    if (isAdmitted) this.#flow.answered(performance.now() - sentAtMs)
  }

  /** The call was refused because the server has too many, or not answered in time. */
  overloaded({ sentAtMs }: Call): void {
    this.#flow.overloaded(sentAtMs, this.#count, performance.now())
  }

  /** Makes the call wait; it counts no longer as being on its way. */
  enqueue(call: Call): void {
    this.#leave(call)
    this.#queue.add(call)
  }

  /** Whether a new call may go on its way at once: none waits before it, and there is room. */
  enter(call: Call): boolean {
    if (this.#queue.size > 0 || !this.#hasRoom(call)) return false
    this.#admit(call)
    return true
  }

  /**
   * The next call for which there is room, now on its way; undefined if there is none. While there are too many, those that
   * could hardly be answered in time are passed over; `takeLate` gives them.
   */
  next(): Call | undefined {
    if (this.#queue.size === 0) return undefined
    for (const call of this.#queue) {
      if (!this.#hasRoom(call)) return undefined
      this.#queue.delete(call)
      if (this.isCut && this.isLate(call)) {
        this.#late.push(call)
        continue
      }
      this.#admit(call)
      return call
    }
    return undefined
  }

  /**
   * Whether the call is not worth sending any more: it could hardly be answered in time. While there are too many that
   * is reckoned by what answers take, and that may double meanwhile; but whoever allows little time gets half of it to
   * be sent in. A question is never too late: as long as it is open, it holds a number.
   */
  isLate(call: Call): boolean {
    if (call.kind.$case === 'outcome') return false
    if (!this.isCut) return isTooLate(call)
    return isTooLate(call, Math.min(2 * this.#flow.answerMs, call.allowedMs / 2))
  }

  /** Calls that are not worth sending any more, and certainly had no effect. */
  takeLate(): readonly Call[] {
    if (this.#late.length === 0) return this.#late
    const late = this.#late
    this.#late = []
    return late
  }

  /** After about so many milliseconds a call that is sent now is answered. */
  get answerMs(): number {
    return Math.ceil(this.#flow.answerMs)
  }

  /** The call is settled, or rests for long. Gives whether it was on its way. */
  remove(call: Call): boolean {
    if (this.#queue.size > 0) this.#queue.delete(call)
    return this.#leave(call)
  }

  /** A large call alone has room. */
  #hasRoom({ bytes }: Call): boolean {
    if (this.#count === 0) return true
    return this.#count < this.#flow.limit && this.#bytes + bytes <= LIMITS.inFlightBytesMax
  }

  #admit(call: Call): void {
    call.isAdmitted = true
    this.#count += 1
    this.#bytes += call.bytes
  }

  #leave(call: Call): boolean {
    if (!call.isAdmitted) return false
    call.isAdmitted = false
    this.#count -= 1
    this.#bytes -= call.bytes
    return true
  }
}
