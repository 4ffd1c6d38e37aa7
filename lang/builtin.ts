import type { Value } from './value.ts'
import type { Spend } from './values.ts'

/** What a built-in function may ask of the execution that calls it. */
export interface CallContext {
  /** To be told in advance about work in proportion to data. Throws to stop it. */
  readonly spend: Spend
  /** Milliseconds since 1970, the same throughout an execution. */
  readonly nowMs: number
  /** A new one at each call. */
  uuid(): string
}

/** A function that programs can call. */
export interface Builtin {
  readonly name: string
  /** As people read it, such as `slice(x, from, to?)`. */
  readonly signature: string
  /** What it gives, in a few words. */
  readonly summary: string
  /** How many arguments it takes: at least, at most. */
  readonly arity: readonly [least: number, most: number]
  /**
   * `at`: the token to blame. The number of `args` is right. Its step has been counted; it counts what is in
   * proportion to data. Throws a Fault.
   */
  call(args: readonly Value[], context: CallContext, at: number): Value
}
