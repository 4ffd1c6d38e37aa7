/** How often those that wait are looked after, in milliseconds. */
const TICK_MS = 1

/**
 * Lets callers go at a fixed rate altogether, evenly over time. Who is late goes at once, and its latency counts from
 * when it was due, so that a stall is seen by all whom it would have met.
 */
export class Pacer {
  readonly #intervalMs: number
  #nextMs = performance.now()
  #waiting: ((dueMs: number) => void)[] = []
  readonly #timer: NodeJS.Timeout

  constructor(perSecond: number) {
    this.#intervalMs = 1_000 / perSecond
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Resolves when a call is due, with that time. */
  turn(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Lets everybody go who still waits. */
  stop(): void {
    clearInterval(this.#timer)
    for (const resolve of this.#waiting.splice(0)) resolve(performance.now())
  }

  #tick(): void {
    const nowMs = performance.now()
    let count = 0
    while (count < this.#waiting.length && this.#nextMs <= nowMs) {
      this.#waiting[count++]?.(this.#nextMs)
      this.#nextMs += this.#intervalMs
    }
    this.#waiting.splice(0, count)
  }
}
