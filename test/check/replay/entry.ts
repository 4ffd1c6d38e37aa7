import type { Program, Value } from '../../../lang/index.ts'
import type { Operation } from '../history.ts'
import type { Floor } from './order.ts'
import type { Reach } from './reach.ts'

/** A program that can be run again. */
export interface Entry {
  readonly operation: Operation
  readonly program: Program
  readonly parameters: ReadonlyMap<string, Value>
  readonly reach: Reach
  readonly floor: Floor
}

/** Whether it has certainly written what it writes when it is given the reads that it told. */
export function isCertain({ reach, operation }: Entry): boolean {
  return reach.isTold && operation.answer.reads !== undefined
}

/** Committed programs of one revision. */
export interface Group {
  readonly revision: number
  /** Those that have certainly written at it. One at most, unless something is wrong. */
  readonly writers: readonly Entry[]
  /** Those of which it is not certain whether they have written. */
  readonly either: readonly Entry[]
  /** Those that have certainly written nothing. */
  readonly readers: readonly Entry[]
  /** The first revision that nobody before has told, and the last that nobody has certainly written at. */
  readonly firstFree: number
  readonly lastFree: number
}

/** Whether an unknown program can have had a revision just before. */
export function hasRoom({ firstFree, lastFree }: Group): boolean {
  return firstFree <= lastFree
}
