import type { Keys } from '../keys.ts'

/** One call of a caller. Keys are numbers (see `Keys`). */
export type Operation =
  | { readonly type: 'rmw' | 'put' | 'literal'; readonly key: number; readonly value: string }
  | { readonly type: 'read'; readonly key: number }
  | { readonly type: 'append'; readonly key: number; readonly piece: string }
  | { readonly type: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }

/** What a call was told. */
export interface Answer {
  /** In whose order transactions happened; null: the system tells none. */
  readonly revision: number | null
  /** Numbers of the values read, of the one key or of both; undefined where nothing was read. */
  readonly read?: number
  readonly second?: number
}

/** Speaks with one system on behalf of all callers of a process. */
export interface Driver {
  /**
   * True: each caller has keys of its own, because the system tells no order of transactions, or because callers that
   * meet would have to try again.
   */
  readonly ownKeys: boolean
  /** Gives keys their first values, from the one up to before the other. */
  fill(from: number, to: number): Promise<void>
  /** Throws `FailedCall` where a call failed; everything else that it throws ends the benchmark. */
  perform(operation: Operation): Promise<Answer>
  /** Numbers of the values that keys hold, from the one up to before the other. */
  readBack(from: number, to: number): Promise<readonly number[]>
  close(): Promise<void>
}

/** What a driver is opened with. */
export interface DriverOptions {
  readonly addresses: readonly string[]
  readonly keys: Keys
  /** How many callers there will be at most: for systems that want a connection for each. */
  readonly callersMax: number
  /** After which a call gives up, milliseconds; null: when the system's own client does. Only ours heeds it. */
  readonly timeoutMs: number | null
}

/** A call that the system answered with a failure. */
export class FailedCall extends Error {
  override readonly name = 'FailedCall'
  /** What it failed with, in a word. */
  readonly code: string
  /** Whether it may have had its effect. */
  readonly isUnknown: boolean

  constructor(code: string, isUnknown: boolean, message: string) {
    super(message)
    this.code = code
    this.isUnknown = isUnknown
  }
}

/** Keys that are written or read by one statement at most. */
export const KEYS_AT_ONCE = 100

/** Consecutive groups of numbers, from the one up to before the other, none larger than `size`. */
export function* groups(from: number, to: number, size: number = KEYS_AT_ONCE): IterableIterator<readonly number[]> {
  for (let first = from; first < to; first += size) {
    yield Array.from({ length: Math.min(size, to - first) }, (_, n) => first + n)
  }
}
