import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/** Bounds what is on its way: further calls wait here, first come first served. */
export class Window {
  readonly #queue = new Set<Call>()
  readonly #admitted = new Set<Call>()
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

  /** Makes the call wait; it counts no longer as being on its way. */
  enqueue(call: Call): void {
    this.#leave(call)
    this.#queue.add(call)
  }

  /** The next call for which there is room, now on its way; undefined if there is none. A large call alone has room. */
  admit(): Call | undefined {
    const [call] = this.#queue
    if (call === undefined) return undefined
    const full = this.#admitted.size >= LIMITS.inFlightMax || this.#bytes + call.bytes > LIMITS.inFlightBytesMax
    if (full && this.#admitted.size > 0) return undefined
    this.#queue.delete(call)
    this.#admitted.add(call)
    this.#bytes += call.bytes
    return call
  }

  /** The call is settled. */
  remove(call: Call): void {
    this.#queue.delete(call)
    this.#leave(call)
  }

  #leave(call: Call): void {
    if (this.#admitted.delete(call)) this.#bytes -= call.bytes
  }
}
