import type { Message } from './messages.ts'
import type { Accepted, Ballot, Config, Decree, Marks, NodeId, SyncMark } from './types.ts'

/** What happens to a core. */
export type Event =
  | { readonly type: 'message'; readonly message: Message }
  /** One unit of time has passed. */
  | { readonly type: 'tick' }
  /** The batch for the next slot. Only while `Core.canPropose`. */
  | { readonly type: 'propose'; readonly body: Uint8Array; readonly count: number }
  /** Reads are waiting: start a round that confirms leadership, unless one that suffices is about to start. */
  | { readonly type: 'confirm' }
  /** Every write up to this token is durable. Tokens are confirmed in order. */
  | { readonly type: 'persisted'; readonly token: number }
  /** The stream to this member broke and cannot be opened again. */
  | { readonly type: 'unreachable'; readonly node: NodeId }
  /**
   * Lead no longer, as in a rotation: this node is about to stop, or `to` should lead in its place; that one only, and
   * if it is fit to.
   */
  | { readonly type: 'handoff'; readonly to?: NodeId }

/** One change of the durable state. */
export type Write =
  | { readonly type: 'promised'; readonly ballot: Ballot }
  /**
   * Replaces the accepted decree; its journal record is not flagged chosen. The record of an older accepted
   * decree that this batch does not merge is discarded. The decree's config becomes the node's.
   */
  | ({ readonly type: 'accepted' } & Accepted)
  /**
   * The decree of this slot is chosen: flag its journal record (writing it unless the journal holds the same
   * decree) and merge its patch into the entries, keeping per key the highest revision.
   */
  | { readonly type: 'merge'; readonly slot: number; readonly decree: Decree }
  | ({ readonly type: 'marks' } & Marks)
  /** A piece of a snapshot: merge the rows of slots above `after`; remember how far the sync has come. */
  | { readonly type: 'chunk'; readonly after: number; readonly chunk: Uint8Array; readonly sync: SyncMark | null }
  /** Journal records of slots up to this one are no longer needed, the accepted one excepted. */
  | { readonly type: 'forget'; readonly through: number }
  /** This node is a member of this cluster, for ever. */
  | { readonly type: 'formed'; readonly config: Config }

/**
 * What a step asks of its host, in this order:
 * 1. `persist`: all writes of the step as **one atomic durable write**, after those of earlier steps. They are
 *    visible to readers of the store at once. When they are durable, the host steps `persisted` with `token`.
 *    The core itself keeps back what must not be sent before: everything in `send` may leave at once.
 * 2. `send`: messages; each may be lost, doubled, delayed.
 * 3. `notices`, in order: what the node's other parts must hear. The writes of the step are visible by then.
 */
export interface Effects {
  readonly persist: { readonly token: number; readonly writes: readonly Write[] } | null
  readonly send: readonly Message[]
  readonly notices: readonly Notice[]
}

export type Notice =
  /** The role changed, or the leader that this node knows. */
  | { readonly type: 'role'; readonly role: Role; readonly leader: NodeId | null }
  /**
   * This node has won ballot `ballot` and its store is complete up to the slot before `reproposed` (or altogether,
   * when that is null). Programs may run ahead on the store and the re-proposed decree. **Nothing may be
   * answered** before `established`.
   */
  | { readonly type: 'leading'; readonly ballot: Ballot; readonly slot: number; readonly reproposed: Decree | null }
  /** The re-proposed slot is chosen in this ballot (or there was none): answering is allowed. */
  | { readonly type: 'established' }
  /** The batch proposed for `slot` is on its way. */
  | { readonly type: 'proposed'; readonly slot: number }
  /** The slot in flight is chosen in this ballot. */
  | { readonly type: 'chosen'; readonly slot: number }
  /** Confirming round `round` starts now: it serves every read that has arrived before this notice. */
  | { readonly type: 'round'; readonly round: number }
  /** A majority had promised nothing higher when it answered round `round`; all lower rounds too. */
  | { readonly type: 'confirmed'; readonly round: number }
  /** No longer leading: what was proposed and is not known to be chosen may or may not come to be. */
  | { readonly type: 'deposed'; readonly leader: NodeId | null }
  /** A peer asks for a snapshot chunk: read it from the store, then send `syncChunk` with these fields. */
  | {
      readonly type: 'serve'
      readonly to: NodeId
      readonly nonce: number
      readonly after: number
      readonly cursor: string
      readonly upTo: number
      readonly floor: number
    }

/** `candidate`: preparing, completing itself, or waiting for the re-proposed slot. */
export type Role = 'follower' | 'candidate' | 'leader'
