import type { Value } from '../../lang/index.ts'
import type { Accepted, Ballot, ChosenDecree, Config, Marks, NodeId, SyncMark, Write } from '../core/index.ts'

/** A key's latest state. A tombstone has the value `null`: absence is null. */
export interface Entry {
  /** The slot whose decree wrote it. */
  readonly slot: number
  /** The transaction that wrote it. */
  readonly revision: number
  /** Puts since the one that created the key (0); 0 for a tombstone. */
  readonly version: number
  readonly value: Value
}

/** What is remembered of a client's session. */
export interface Session {
  /** The last slot that changed it. */
  readonly slot: number
  /** Time of that slot's decree, ms since 1970. */
  readonly timeMs: number
  /** Its record is a tombstone: the session expired. */
  readonly dropped: boolean
  /** Every request numbered below this is settled. */
  readonly acked: number
  /** Encoded results by request number, those at or above `acked` only. */
  readonly results: ReadonlyMap<number, Uint8Array>
}

/** What programs see: the merged state, including writes that are not yet durable. Synchronous. */
export interface ReadView {
  /** Undefined when the key was never written; a tombstone is an entry with the value null. */
  get(key: string): Entry | undefined
  /**
   * Entries whose keys start with `prefix` and are above `after` (empty: all) by key (code point order), tombstones
   * included, read as they are taken. To be read before anything is written, and in one turn of the event loop; whoever
   * stops earlier ends the iterator (`return`), as `for` does.
   */
  scan(prefix: string, after: string): Iterable<readonly [key: string, entry: Entry]>
  session(id: string): Session | undefined
  /** Sessions whose ids begin with `letter`, a single one, by id; without dropped ones, the longest unchanged first. */
  idleSessions(letter: string): IterableIterator<readonly [id: string, session: Session]>
  /** The last revision given out by any merged decree. */
  readonly revision: number
  /** The time of the latest merged decree, ms since 1970; never goes back. */
  readonly timeMs: number
}

/** Everything that a store held when it was opened. */
export interface Restored {
  /** Null in an empty store. */
  readonly identity: NodeId | null
  /** The configuration that this node has promised to found a cluster with. */
  readonly pledge: Config | null
  /** Null: not yet a member of any cluster. */
  readonly config: Config | null
  readonly promised: Ballot
  readonly accepted: Accepted | null
  readonly marks: Marks
  readonly sync: SyncMark | null
  /** Journal records flagged chosen, by ascending slot. */
  readonly recent: readonly ChosenDecree[]
}

/** Writes that precede membership. */
export type IdentityWrite =
  | { readonly type: 'identity'; readonly id: NodeId }
  | { readonly type: 'pledge'; readonly config: Config }

/**
 * The durable state of one node. Opened by `openLmdbStore` or `openMemoryStore`.
 *
 * Errors: a failed write rejects, and every later one too: what the disk then holds is unknown, and the node
 * must end (a new process finds out by reading).
 */
export interface Store {
  readonly restored: Restored
  readonly view: ReadView
  /**
   * Applies all writes, or after a crash none of them, in the order of the calls. `view` shows them when the
   * call returns; the promise resolves when they are durable. Calls may overlap: a crash loses a suffix of them.
   */
  write(writes: readonly (Write | IdentityWrite)[]): Promise<void>
  /**
   * Rows of slots above `after`, in key order behind `cursor` (empty: from the start), up to about `bytesMax`
   * of them encoded; possibly none although more follow. The next cursor is empty at the end. Sees every write made before the call.
   */
  chunk(
    after: number,
    cursor: string,
    bytesMax: number,
  ): Promise<{ readonly chunk: Uint8Array; readonly cursor: string }>
  /** SHA-256 over all entries (tombstones excepted) and sessions (dropped ones excepted), with the slot it is of: equal on equal states. */
  hash(): Promise<{ readonly slot: number; readonly hash: Uint8Array }>
  /** Waits for the writes under way, then releases the files and the lock. Idempotent. */
  close(): Promise<void>
}
