import type { ScanEntry, ScanRange } from './scan.ts'
import type { Input, Value } from './value.ts'

/**
 * What `Database.transact` hands to its function: the store as this transaction sees it, its own writes included. It
 * can be used until the function has ended; then its methods throw `invalid_argument`.
 */
export interface Transaction {
  /** The value of a key; null if there is none. A key is read once. Rejects with `DecreeError`. */
  get(key: string): Promise<Value>
  /**
   * Gives the key a value when the transaction commits; null deletes it. A number stays a float where this transaction
   * has read a float. Throws `invalid_argument` for what is no value; keys are checked at the commit.
   */
  put(key: string, value: Input): void
  /** Deletes the key when the transaction commits, if it is there then. */
  delete(key: string): void
  /**
   * The entries whose keys start with `prefix`, in the order of keys, with what this transaction had written when the
   * iteration began; the revision of such an entry is 0. What was read of the prefix counts as read, page by page: no
   * entry can have appeared in it when the transaction commits.
   */
  scan(prefix: string, range?: ScanRange): AsyncIterable<ScanEntry>
}
