import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/**
 * Calls that rest before they are sent again, all woken at once. The rest doubles from failure to failure, up to a
 * bound, and is cut by chance, so that clients which failed together do not come back together.
 */
export class Pause {
  readonly #wake: (call: Call) => void
  readonly #resting = new Set<Call>()
  #failuresInARow = 0
  #timer: NodeJS.Timeout | undefined

  constructor(wake: (call: Call) => void) {
    this.#wake = wake
  }

  has(call: Call): boolean {
    return this.#resting.has(call)
  }

  add(call: Call): void {
    this.#resting.add(call)
    if (this.#timer !== undefined) return
    const boundMs = Math.min(LIMITS.retryFirstMs * 2 ** Math.min(this.#failuresInARow++, 10), LIMITS.retryLastMs)
    this.#timer = setTimeout(() => this.#fire(), boundMs * (0.5 + Math.random() / 2))
  }

  /** The call is settled. */
  remove(call: Call): void {
    this.#resting.delete(call)
  }

  /** A server gave a final answer: the next rest is the shortest again. */
  succeeded(): void {
    this.#failuresInARow = 0
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#resting.clear()
  }

  #fire(): void {
    this.#timer = undefined
    const calls = [...this.#resting]
    this.#resting.clear()
    for (const call of calls) this.#wake(call)
  }
}
