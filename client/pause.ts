import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/**
 * Calls that rest before they are sent again. The rest doubles from failure to failure, up to a bound, and is cut by
 * chance, so that clients which failed together do not come back together. While it is not known who leads, one call is
 * woken at a time, to find out, and the rests stay short.
 *
 * A call that was told how long to rest rests for so long, whatever becomes known meanwhile, and up to half as long again,
 * by chance.
 */
export class Pause {
  readonly #wake: (call: Call) => boolean
  readonly #isSearching: () => boolean
  readonly #resting = new Set<Call>()
  readonly #told = new Map<Call, NodeJS.Timeout>()
  #failuresInARow = 0
  #timer: NodeJS.Timeout | undefined

  /** `wake`: sends the call; false: it was not worth it. */
  constructor(wake: (call: Call) => boolean, isSearching: () => boolean) {
    this.#wake = wake
    this.#isSearching = isSearching
  }

  has(call: Call): boolean {
    return this.#resting.has(call) || this.#told.has(call)
  }

  add(call: Call): void {
    this.#resting.add(call)
    this.#start()
  }

  /** The call was told to rest for so long; it rests for no longer than `msMax`. Then `wake` is called. */
  addFor(call: Call, ms: number, msMax: number, wake: () => void): void {
    this.remove(call)
    const restMs = Math.min(ms * (1 + Math.random() / 2), msMax, TOLD_MS_MAX)
    const timer = setTimeout(() => {
      this.#told.delete(call)
      wake()
    }, Math.ceil(restMs))
    this.#told.set(call, timer)
  }

  /** The call is settled. */
  remove(call: Call): void {
    this.#resting.delete(call)
    clearTimeout(this.#told.get(call))
    this.#told.delete(call)
  }

  /** A server gave a final answer: the next rest is the shortest again. */
  succeeded(): void {
    this.#failuresInARow = 0
  }

  /** It is known who leads: everybody goes there. */
  wakeAll(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const calls = [...this.#resting]
    this.#resting.clear()
    for (const call of calls) this.#wake(call)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#resting.clear()
    for (const timer of this.#told.values()) clearTimeout(timer)
    this.#told.clear()
  }

  #start(): void {
    if (this.#timer !== undefined) return
    const lastMs = this.#isSearching() ? LIMITS.searchLastMs : LIMITS.retryLastMs
    const boundMs = Math.min(LIMITS.retryFirstMs * 2 ** Math.min(this.#failuresInARow++, 10), lastMs)
    this.#timer = setTimeout(() => this.#fire(), boundMs * (0.5 + Math.random() / 2))
  }

  #fire(): void {
    this.#timer = undefined
    if (!this.#isSearching()) return this.wakeAll()
    for (const call of this.#resting) {
      this.#resting.delete(call)
      if (this.#wake(call)) break
    }
    if (this.#resting.size > 0) this.#start()
  }
}

/** Whatever a server says. It also keeps timers within their range. */
const TOLD_MS_MAX = 60_000
