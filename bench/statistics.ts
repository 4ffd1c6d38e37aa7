/** The smallest value that at least this share of the values does not exceed; NaN of none. `sorted`: ascending. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** A figure over several rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Null when a round lacks the figure. Of an even number of rounds, the mean of the middle two is the median. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null)
  const sorted = known.toSorted((a, b) => a - b)
  const [least] = sorted
  if (known.length < values.length || least === undefined) return null
  const upper = sorted[sorted.length >> 1] ?? least
  const lower = sorted[(sorted.length - 1) >> 1] ?? least
  return { median: (lower + upper) / 2, least, most: sorted.at(-1) ?? least }
}

/** Null if any of them is unknown. */
export function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0)
}

export function difference(was: number | null | undefined, is: number | null | undefined): number | null {
  return typeof was === 'number' && typeof is === 'number' ? is - was : null
}

export function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole
}
