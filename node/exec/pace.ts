/**
 * How fast requests are answered, learned by counting: in each tenth of a second in which there were any, how many were
 * answered, and how many were under way at most. A request that comes behind others is expected to wait for as long as
 * those took, but never for longer than so many took as have been seen: many that share a decree do not take many times
 * as long as one, so that nothing follows from few for many.
 *
 * Of one ballot: a new leader expects nothing until it has seen something.
 */
export class Pace {
  /** What was learned last: milliseconds for each answer, 0 while nothing is known. */
  #msEach = 0
  /** How many were under way then, at most. */
  #crowd = 0
  /** Of what is being counted now. */
  #ms = 0
  #answered = 0
  #most = 0
  /** When something was answered last; or, with nothing under way, when the first request came. */
  #sinceMs: number

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /** A request comes at this time, and nothing was under way. */
  begin(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** So many have been answered at this time, and so many more are under way. */
  answered(count: number, underWay: number, nowMs: number): void {
    if (count === 0) return
    this.#ms += Math.min(nowMs - this.#sinceMs, STALL_MS_MAX)
    this.#sinceMs = nowMs
    this.#answered += count
    this.#most = Math.max(this.#most, count + underWay)
    if (this.#ms < COUNTED_MS) return
    this.#msEach = this.#ms / this.#answered
    this.#crowd = this.#most
    this.#ms = 0
    this.#answered = 0
    this.#most = 0
  }

  /** How long it takes until so many are answered, in milliseconds; 0 while that is not known. */
  expectedMs(requests: number): number {
    return Math.min(requests, this.#crowd) * this.#msEach
  }
}

/** Long enough for the time that the executor is told, which may be late by a tick, and for a decree with many. */
const COUNTED_MS = 100

/** No more of a stall is counted: it is mostly over when it is learned of, and one answer says little of the next. */
const STALL_MS_MAX = 500
