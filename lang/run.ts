import type { Value } from './value.ts'

/** The state that a program runs on. It must not change during a run. */
export interface ProgramView {
  /** Undefined where the key was never written; a tombstone may appear, with the value null. */
  get(key: string): { readonly value: Value; readonly version: number; readonly revision: number } | undefined
}

/** What a transaction leaves under a key. */
export interface Written {
  /** Null: the key is deleted. */
  readonly value: Value
  /** Puts since the one that created the key, which is 0; 0 for a deleted key. */
  readonly version: number
}

/** What a program gives back. Nothing has happened yet: the writes are the caller's to apply, all or none. */
export interface RunResult {
  /** `aborted`: the program ended itself, and `writes` is empty. */
  readonly status: 'committed' | 'aborted'
  /** Null unless the program returned something or aborted with it. */
  readonly value: Value
  /**
   * In key (code point) order: for every `get` of a literal or parameter key in the text, and every other `get` that
   * ran, the key's value before the transaction, where it had one.
   */
  readonly reads: ReadonlyMap<string, Value>
  /** No key that was absent before and is absent after. */
  readonly writes: ReadonlyMap<string, Written>
}

export interface RunOptions {
  /** The cost at which the program is stopped. Default: `limits.costMax`. */
  readonly costMax?: number
}
