import { type Call, failureOf } from './call.ts'
import { DecreeError } from './errors.ts'
import { LIMITS } from './limits.ts'

/** Of what was on its way, so much may still be after a sign of overload. */
const CUT = 0.7
/** So many more after as many answers as may be on their way. */
const GROWTH = 16
/** How much of what answers take is learned from each. */
const LEARNED = 1 / 64
/** So many mean deviations above the mean is what nearly all take; TCP reckons alike. */
const DEVIATIONS = 4

/**
 * How many calls may be on their way. Where a server refuses calls because it has too many, or does not answer them in
 * time, fewer are sent at once; with every answer there may be a little more again. What is not sent waits in the
 * client, where it costs nobody anything, and certainly has no effect when its time is over.
 */
export class Flow {
  #limit: number = LIMITS.inFlightMax
  #cutAtMs = Number.NEGATIVE_INFINITY
  #meanMs = 0
  #deviationMs = 0

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** There were too many, not long ago. */
  get isCut(): boolean {
    return this.#limit < LIMITS.inFlightMax
  }

  /** What nearly all answers take at present, milliseconds. */
  get answerMs(): number {
    return this.#meanMs + DEVIATIONS * this.#deviationMs
  }

  /** A call was answered, after so long. */
  answered(tookMs: number): void {
    this.#learn(tookMs)
    this.#limit = Math.min(LIMITS.inFlightMax, this.#limit + GROWTH / this.#limit)
  }

  /** A call that was sent at `sentAtMs` was refused, or got no answer, while so many were on their way. */
  overloaded(sentAtMs: number, inFlight: number, nowMs: number): void {
    this.#learn(Math.max(this.#meanMs, nowMs - sentAtMs))
    // Those that were sent before the last cut have led to it: they say nothing about what it did.
    if (sentAtMs < this.#cutAtMs) return
    this.#limit = Math.max(LIMITS.inFlightMin, Math.min(this.#limit, inFlight) * CUT)
    this.#cutAtMs = nowMs
  }

  #learn(tookMs: number): void {
    const off = tookMs - this.#meanMs
    this.#meanMs += off * LEARNED
    this.#deviationMs += (Math.abs(off) - this.#deviationMs) * LEARNED
  }
}

/**
 * Whether the call, of which nothing is on its way, is not to be sent any more: an answer, which takes about so long, would
 * hardly come in time, and it would no longer be sure that nothing happened.
 */
export function isTooLate({ uncertain, deadlineMs }: Call, answerMs = 0): boolean {
  return uncertain === 0 && deadlineMs - performance.now() < Math.max(LIMITS.lastSendMs, answerMs)
}

/** What ends a call that has waited until it was too late. `answerMs`: what answers take at present. */
export function tooMany(call: Call, answerMs: number): DecreeError {
  const why = 'more calls wait here than the cluster answers in time'
  const { code, message, outcome, requestId } = failureOf(call, 'overloaded', why)
  return new DecreeError(code, message, { outcome, requestId, retryAfterMs: answerMs })
}
