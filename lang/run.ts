import type { Value } from './value.ts'

/** A key's state. */
export interface ViewEntry {
  /** Null: a tombstone. */
  readonly value: Value
  /** Puts since the one that created the key, which is 0. */
  readonly version: number
  /** Of the transaction that wrote it. */
  readonly revision: number
}

/** The state that a program runs on. It must not change during a run. */
export interface ProgramView {
  /** The revision of the last transaction that wrote anything: one that writes now gets the next. */
  readonly revision: number
  /** Undefined where the key was never written; a tombstone may appear, with the value null. */
  get(key: string): ViewEntry | undefined
  /**
   * Entries whose keys start with `prefix` and are above `after` (empty: all), by key (code point order), read as they
   * are taken. Tombstones may appear.
   */
  scan(prefix: string, after: string): Iterable<readonly [key: string, entry: ViewEntry]>
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
  /** What `now()` gives: milliseconds since 1970. Default: 0. */
  readonly nowMs?: number
  /** What `uuid()` gives; a new one each time. Without it `uuid()` is an error. */
  readonly uuid?: () => string
  /** Hears once what the execution has cost, however it ended. */
  readonly onCost?: (cost: number) => void
}
