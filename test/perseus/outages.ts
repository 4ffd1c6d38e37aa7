/** A stretch of time, ms by `clockMs`. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** What happened to the callers within a span: Perseus' columns. */
export interface Outages {
  /** The longest time in which none of the tied callers was answered. */
  readonly downtimeMs: number
  /** The time in which exactly one of three tied callers was served. */
  readonly partialMs: number
  /** From the beginning of the span until the callers tied to the other nodes were served for good. */
  readonly disturbanceMs: number
  /** From the beginning of the span until all tied callers were served for good. */
  readonly recoveryMs: number
}

/** What a time is rounded to. */
export const RESOLUTION_MS = 10

/**
 * A caller that is answered at least this often is served. Between two answers to a busy machine's closed loop there are
 * milliseconds, now and then tens of them: that is latency and no outage.
 */
export const SERVED_MS_MAX = 50

/** The longest time between two answers that touches the span. Ends of the span count as answers where there is none beyond. */
export function longestGapMs(answersMs: readonly number[], { fromMs, toMs }: Span): number {
  let longest = 0
  for (const gap of gaps(answersMs, { fromMs, toMs })) longest = Math.max(longest, gap.toMs - gap.fromMs)
  return longest
}

/** Perseus' columns. `tied`: of each tied caller, when it was answered, ascending. `afflicted`: which of them is tied to the node of the fault. */
export function outagesIn(tied: readonly (readonly number[])[], span: Span, afflicted: number): Outages {
  const all = tied.flat().sort((a, b) => a - b)
  const outages = tied.map((answersMs) =>
    gaps(answersMs, span)
      .filter(({ fromMs, toMs }) => toMs - fromMs > SERVED_MS_MAX)
      .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) })),
  )
  const endMs = (some: readonly Span[]): number => Math.max(span.fromMs, ...some.map(({ toMs }) => toMs)) - span.fromMs
  return {
    downtimeMs: longestGapMs(all, span),
    partialMs: timeOutMs(outages, tied.length - 1),
    disturbanceMs: endMs(outages.filter((_, n) => n !== afflicted).flat()),
    recoveryMs: endMs(outages.flat()),
  }
}

/** For how long exactly `count` of the callers were out. */
function timeOutMs(outages: readonly (readonly Span[])[], count: number): number {
  const edges = outages.flat().flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, change: 1 },
    { atMs: toMs, change: -1 },
  ])
  edges.sort((a, b) => a.atMs - b.atMs)
  let out = 0
  let sumMs = 0
  edges.forEach(({ atMs, change }, n) => {
    if (out === count) sumMs += atMs - (edges[n - 1]?.atMs ?? atMs)
    out += change
  })
  return sumMs
}

/** Between each two answers in a row, as far as they touch the span. */
function gaps(answersMs: readonly number[], { fromMs, toMs }: Span): Span[] {
  const found: Span[] = []
  let last: number | undefined
  for (const atMs of answersMs) {
    if (atMs > fromMs) {
      if (last !== undefined || atMs <= toMs) found.push({ fromMs: last ?? fromMs, toMs: atMs })
      if (atMs >= toMs) return found
    }
    last = atMs
  }
  found.push({ fromMs: last ?? fromMs, toMs })
  return found
}
