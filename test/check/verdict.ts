/** What a checker says of a history. */
export interface Verdict {
  /** `unknown`: it could not be decided, which is never as good as true. */
  readonly valid: boolean | 'unknown'
  readonly findings: readonly Finding[]
  /** How much was looked at, by name. */
  readonly counted: Readonly<Record<string, number>>
}

export type CheckerName = 'append' | 'register' | 'replay' | 'end'

/** One thing that is wrong, or could not be decided. */
export interface Finding {
  readonly checker: CheckerName
  readonly anomaly: Anomaly
  /** One sentence for people. */
  readonly message: string
  /** The lines on which the operations concerned begin. */
  readonly lines: readonly number[]
  /** Operations each of which must come before the next, and the last before the first. */
  readonly cycle?: readonly Step[]
}

/** That one operation must come before another, and why. */
export interface Step {
  /** Lines on which the operations begin. */
  readonly from: number
  readonly to: number
  /**
   * `ww`: overwrote what `from` wrote. `wr`: read what `from` wrote. `rw`: overwrote what `from` read. `realtime`:
   * began after `from` had ended.
   */
  readonly kind: 'ww' | 'wr' | 'rw' | 'realtime'
  /** Null for `realtime`. */
  readonly key: string | null
}

export type CycleAnomaly = 'G0' | 'G1c' | 'G-single' | 'G2' | `${'G0' | 'G1c' | 'G-single' | 'G2'}-realtime`

export type Anomaly =
  | CycleAnomaly
  /** What a refused or aborted operation would have written was read. */
  | 'G1a'
  /** What an operation had overwritten itself was read. */
  | 'G1b'
  /** An acknowledged append followed what a refused operation would have appended. */
  | 'dirty-update'
  /** An operation contradicts itself. */
  | 'internal'
  | 'incompatible-order'
  | 'duplicate-append'
  | 'lost-append'
  /** Something was read that nobody ever wrote. */
  | 'garbage-read'
  /** Of an operation with several writes some are there and some are not. */
  | 'torn-write'
  | 'not-linearizable'
  | 'duplicate-revision'
  /** The order of the revisions contradicts real time. */
  | 'revision-order'
  /** Executed again in the order of the revisions, a program gives something else. */
  | 'replay-mismatch'
  | 'replicas-differ'
  /** It could not be decided; a verdict with nothing worse is `unknown`. */
  | 'undecided'

export function verdictOf(findings: readonly Finding[], counted: Readonly<Record<string, number>>): Verdict {
  if (findings.some(({ anomaly }) => anomaly !== 'undecided')) return { valid: false, findings, counted }
  return { valid: findings.length === 0 ? true : 'unknown', findings, counted }
}

/** All that several checkers say. */
export function together(verdicts: readonly Verdict[]): Verdict {
  const counted: Record<string, number> = {}
  for (const verdict of verdicts) {
    for (const [name, count] of Object.entries(verdict.counted)) counted[name] = (counted[name] ?? 0) + count
  }
  return verdictOf(
    verdicts.flatMap(({ findings }) => findings),
    counted,
  )
}
