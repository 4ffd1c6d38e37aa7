import type { CallOptions } from './call.ts'
import { onAbort } from './cancellation.ts'
import { DecreeError } from './errors.ts'
import { LIMITS } from './limits.ts'

/** Timers of Node take no more; nobody waits that long. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/** Until when a call of several requests goes on, and how it waits in between. */
export class Deadline {
  readonly timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #endMs: number

  constructor({ timeoutMs = LIMITS.timeoutMs, signal }: CallOptions = {}) {
    this.timeoutMs = timeoutMs
    this.#signal = signal
    this.#endMs = performance.now() + timeoutMs
  }

  /** For a request that is made now: it has what is left. Throws `timeout` when nothing is. */
  options(): CallOptions {
    const timeoutMs = this.#endMs - performance.now()
    if (timeoutMs <= 0) throw this.#timeout()
    return { timeoutMs, signal: this.#signal }
  }

  /**
   * Rests after so many conflicts in a row, between nothing and a bound that doubles: whoever met here does not meet
   * again. False: the deadline comes first. Rejects with `cancelled` when the signal fires.
   */
  async rest(conflicts: number): Promise<boolean> {
    const boundMs = Math.min(LIMITS.conflictFirstMs * 2 ** Math.min(conflicts, 10), LIMITS.conflictLastMs)
    const restMs = boundMs * Math.random()
    if (performance.now() + restMs >= this.#endMs) return false
    let timer: NodeJS.Timeout | undefined
    await this.wait(
      () =>
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, restMs)
        }),
    ).finally(() => clearTimeout(timer))
    return true
  }

  /**
   * What `work` comes to, waited for until the deadline or the signal: `timeout` and `cancelled` then, unless `late` makes
   * another error of that. The work itself is not ended by it; what comes of it later goes nowhere.
   */
  wait<T>(work: () => T | Promise<T>, late: (error: DecreeError) => DecreeError = (error) => error): Promise<T> {
    const signal = this.#signal
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(late(this.#cancelled()))
      const leftMs = Math.min(this.#endMs - performance.now(), TIMER_MS_MAX)
      const timer = setTimeout(() => end(() => reject(late(this.#timeout()))), leftMs)
      const release =
        signal === undefined ? () => {} : onAbort(signal, () => end(() => reject(late(this.#cancelled()))))
      const end = (settle: () => void) => {
        clearTimeout(timer)
        release()
        settle()
      }
      new Promise<T>((begun) => begun(work())).then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      )
    })
  }

  #timeout(): DecreeError {
    return new DecreeError('timeout', `not done within ${this.timeoutMs} ms; it had no effect`)
  }

  #cancelled(): DecreeError {
    return new DecreeError('cancelled', 'the call was cancelled; it had no effect', { cause: this.#signal?.reason })
  }
}
