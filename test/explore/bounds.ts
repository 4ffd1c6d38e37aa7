/** How far to go. Everything else is explored in full: see `main.ts` for what there is. */
export interface Bounds {
  /** Candidacies, of all nodes together. Each opens one ballot. */
  readonly ballots: number
  /**
   * How many of the three nodes may stand, those with the lowest identities. With as many of them as ballots, or all
   * three, nothing is lost: only the order of identities matters, so that any two candidates can be called A and B.
   */
  readonly proposers: number
  /** No leader proposes for a higher slot. */
  readonly slots: number
  /** Crashes with a restart, of all nodes together. */
  readonly crashes: number
  /** Reads, each with a round that confirms them; the heartbeats of those rounds also tell what is chosen. */
  readonly reads: number
  /** How often followers that are behind ask their leaders for what they lack, all together. */
  readonly syncs: number
  /** How often in one life a node that won a ballot asks others for what it lacks, when the answers did not help. */
  readonly questions: number
  /** Chosen decrees that a node keeps for others; with fewer than slots, others get snapshots. */
  readonly ring: number
  readonly depthMax: number
  readonly statesMax: number
  readonly minutes: number
}

export const DEFAULT_BOUNDS: Bounds = {
  ballots: 2,
  proposers: 2,
  slots: 2,
  crashes: 1,
  reads: 0,
  syncs: 0,
  questions: 1,
  ring: 256,
  depthMax: 1_000,
  statesMax: 30_000_000,
  minutes: 1,
}
