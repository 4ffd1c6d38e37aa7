/**
 * The nouns of consensus. Everything here is plain data: it can be copied, compared and printed.
 */

/** 63 random bits as 16 lower-case hexadecimal digits, so that text order is number order. */
export type NodeId = string

/** Ordered by counter, then by the proposing node: see `compareBallots`. */
export interface Ballot {
  /** From 1; 0 only in `NO_BALLOT`. A safe integer. */
  readonly counter: number
  readonly node: NodeId
}

export const NO_BALLOT: Ballot = { counter: 0, node: '' }

/** Negative, zero or positive, as `a` is below, equal to or above `b`. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.counter !== b.counter) return a.counter - b.counter
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0
}

export interface Member {
  readonly id: NodeId
  /** `host:port` */
  readonly address: string
}

/** Who votes. Every decree names the configuration that rules its slot. */
export interface Config {
  /** Hexadecimal SHA-256 of the initial members; the cluster's name for life. */
  readonly cluster: string
  /** 1 for the initial configuration; each change adds 1. */
  readonly version: number
  /** Sorted by id. */
  readonly members: readonly Member[]
}

export function majority(config: Config): number {
  return Math.floor(config.members.length / 2) + 1
}

export interface DecreeHeader {
  readonly config: Config
  /** Tombstones of slots up to this one may be dropped: every member is complete that far. */
  readonly collectable: number
  /** Transactions in the body. */
  readonly count: number
}

/** What consensus chooses for one slot. Only `header` means anything here; the body is somebody else's. */
export interface Decree {
  readonly header: DecreeHeader
  readonly body: Uint8Array
}

/** The latest decree that an acceptor accepted. It remembers no older one. */
export interface Accepted {
  readonly ballot: Ballot
  readonly slot: number
  /** The ballot in which this decree was first proposed for this slot; never above `ballot`. */
  readonly origin: Ballot
  readonly decree: Decree
}

/** How far a node has merged what was chosen. */
export interface Marks {
  /** Every patch of slots up to this one is merged. Never goes back. 0: none. */
  readonly complete: number
  /** First slot of the gapless run of merged slots that ends at `applied`. */
  readonly from: number
  /** Highest merged slot; at least `complete`. */
  readonly applied: number
  /** Highest slot whose tombstones may have been dropped here. */
  readonly floor: number
}

/** Nothing is merged: the run ends before it begins. */
export const NO_MARKS: Marks = { complete: 0, from: 1, applied: 0, floor: 0 }

/** How far a snapshot sync has come, kept so that it can go on after a restart or from another source. */
export interface SyncMark {
  /** The store's key of the last row received. */
  readonly cursor: string
  /** The lowest slot that any source's chunk so far stood for: where the sync may end. */
  readonly upTo: number
  readonly floor: number
}

/** A decree known to be chosen. */
export interface ChosenDecree {
  readonly slot: number
  readonly decree: Decree
}

/** What a node must find again after a crash: exactly what its durable writes said. */
export interface DurableState {
  readonly config: Config
  readonly promised: Ballot
  readonly accepted: Accepted | null
  readonly marks: Marks
  readonly sync: SyncMark | null
  /** The recent chosen decrees still held by the journal, by ascending slot; gaps are possible. */
  readonly recent: readonly ChosenDecree[]
}
