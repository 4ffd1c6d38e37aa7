import type { MicroOperation } from '../check/event.ts'
import type { Json } from '../check/json.ts'
import type { Random } from '../support/random.ts'

/** What parameters of the workloads hold. */
export type Simple = null | number | string

/** What a call saw, if it was executed. */
export interface Seen {
  /** Value of each key that the program's `get`s name, before it ran; absent keys are absent. */
  readonly reads: ReadonlyMap<string, Json>
  /** What the program returned. */
  readonly value: Json
}

/** A program to be run, and what it means to the checkers. */
export interface Call {
  readonly workload: string
  readonly program: string
  readonly parameters: Readonly<Record<string, Simple>>
  /** It asks for the time or for chance, and would give something else if run again: no history names its program. */
  readonly isByChance?: boolean
  /** What is attempted. None: only the replay can judge it. */
  readonly ops: readonly MicroOperation[] | null
  /** What was done, by what was seen. Throws a sentence where that cannot be. */
  done(seen: Seen): readonly MicroOperation[] | null
}

/**
 * A kind of load with something to be checked. Draws calls for any number of concurrent clients; every value that is
 * written is unique within a run, where the checkers need that.
 */
export interface Workload {
  readonly name: string
  /** To be run, one after the other, before anything else. */
  readonly setup: readonly Call[]
  next(random: Random): Call
  /** To be run when all is calm: reads of everything. */
  readonly final: readonly Call[]
  /**
   * What the final reads must say, beyond what the checkers find: throws a sentence. `count`: how many calls of a program
   * were acknowledged, and of how many it is not known whether they were executed.
   */
  verify?(final: readonly Seen[], count: (program: string) => Count): void
}

export interface Count {
  readonly acknowledged: number
  readonly unknown: number
}
