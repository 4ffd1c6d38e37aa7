import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/** Bounds what is on its way: further calls wait here, first come first served. */
export class Window {
  readonly #queue = new Set<Call>()
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

  /** The next call for which there is room, now on its way; undefined if there is none. */
  next(): Call | undefined {
    if (this.#queue.size === 0) return undefined
    const [call] = this.#queue
    if (call === undefined || !this.#hasRoom(call)) return undefined
    this.#queue.delete(call)
    this.#admit(call)
    return call
  }

  /** The call is settled. */
  remove(call: Call): void {
    if (this.#queue.size > 0) this.#queue.delete(call)
    this.#leave(call)
  }

  /** A large call alone has room. */
  #hasRoom({ bytes }: Call): boolean {
    if (this.#count === 0) return true
    return this.#count < LIMITS.inFlightMax && this.#bytes + bytes <= LIMITS.inFlightBytesMax
  }

  #admit(call: Call): void {
    call.isAdmitted = true
    this.#count += 1
    this.#bytes += call.bytes
  }

  #leave(call: Call): void {
    if (!call.isAdmitted) return
    call.isAdmitted = false
    this.#count -= 1
    this.#bytes -= call.bytes
  }
}
