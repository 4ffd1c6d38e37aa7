import type { Accepted, Ballot, Config, Decree, NodeId } from './types.ts'

/** A message between members. A node ignores what is meant for another node or another cluster. */
export interface Message {
  readonly cluster: string
  readonly from: NodeId
  readonly to: NodeId
  readonly body: MessageBody
}

/** What orders candidates: who has accepted and merged most should lead. */
export interface Credentials {
  readonly acceptedSlot: number
  readonly acceptedBallot: Ballot
  readonly complete: number
}

export type MessageBody =
  /** Asks for a promise (rule B). */
  | { readonly type: 'prepare'; readonly ballot: Ballot }
  /** Sent when the promise is durable. */
  | {
      readonly type: 'promise'
      readonly ballot: Ballot
      readonly accepted: Accepted | null
      readonly applied: number
      readonly complete: number
      readonly floor: number
      readonly config: Config
    }
  /** Asks to accept a decree (rule A). Sending it for slot n says that n - 1 is chosen. */
  | {
      readonly type: 'accept'
      readonly ballot: Ballot
      readonly slot: number
      readonly origin: Ballot
      readonly decree: Decree
    }
  /** A vote for a decree, sent when it is durable. */
  | { readonly type: 'voted'; readonly ballot: Ballot; readonly slot: number }
  /** Cannot accept slot + 1 before it has the patch of `slot`; nothing was written (rule A3). */
  | { readonly type: 'missing'; readonly ballot: Ballot; readonly slot: number; readonly complete: number }
  /** The receiver's ballot is outdated, or its slot is (rules A1, B). */
  | {
      readonly type: 'refused'
      readonly ballot: Ballot
      readonly promised: Ballot
      readonly acceptedSlot: number
      readonly config: Config
    }
  /** The leader lives; `chosen` is the last slot chosen in this ballot, 0 if none (rule F). */
  | { readonly type: 'heartbeat'; readonly ballot: Ballot; readonly chosen: number; readonly round: number }
  /** The sender has promised nothing above `ballot`, at a time after the heartbeat of `round` was sent (rule E). */
  | {
      readonly type: 'heartbeatAck'
      readonly ballot: Ballot
      readonly round: number
      readonly complete: number
      readonly applied: number
    }
  /** Would a candidacy be welcome? Changes nothing. */
  | { readonly type: 'preVote'; readonly nonce: number; readonly credentials: Credentials }
  | {
      readonly type: 'preVoteReply'
      readonly nonce: number
      readonly granted: boolean
      readonly promised: Ballot
    }
  /** The leader of `ballot` asks the receiver to take over at once. */
  | { readonly type: 'handoff'; readonly ballot: Ballot }
  /** This decree is chosen for this slot. */
  | { readonly type: 'chosen'; readonly slot: number; readonly decree: Decree }
  /** Asks for everything of the slots above `after`. */
  | {
      readonly type: 'syncRequest'
      readonly nonce: number
      readonly after: number
      /** Snapshot: go on behind this row; empty: from the start. */
      readonly cursor: string
      /** Also what lies beyond the source's `complete`, as a snapshot: a candidate completing itself (rule C). */
      readonly everything: boolean
    }
  /** All decrees of slots after+1 to `complete` were sent as `chosen`. */
  | { readonly type: 'syncEnd'; readonly nonce: number; readonly complete: number }
  /** One piece of a snapshot. */
  | {
      readonly type: 'syncChunk'
      readonly nonce: number
      readonly after: number
      /** Where the next piece starts; empty: this is the last. */
      readonly cursor: string
      /** The source's durable `complete` before the piece was read. */
      readonly upTo: number
      readonly floor: number
      readonly chunk: Uint8Array
    }
