import type { Kind } from './actions.ts'
import type { Bounds } from './bounds.ts'

/** What of the bounds has been used up, and what else is true of a cluster as a whole. */
export interface Spent {
  readonly ballots: number
  readonly crashes: number
  readonly reads: number
  readonly syncs: number
  /** Highest slot that some leader may have answered to its clients. 0 once there are no more reads to see it. */
  readonly answered: number
  /** Who has ever stood: a bit for each node. */
  readonly stood: number
}

export const NOTHING_SPENT: Spent = { ballots: 0, crashes: 0, reads: 0, syncs: 0, answered: 0, stood: 0 }

/** The same when nothing has been. */
export function spend(spent: Spent, kind: Kind, node: number, answered: number, bounds: Bounds): Spent {
  const { ballots, crashes, reads, syncs, stood } = spent
  const told = reads < bounds.reads ? Math.max(spent.answered, answered) : 0
  switch (kind) {
    case 'stand':
      return { ...spent, ballots: ballots + 1, stood: stood | (1 << node) }
    case 'crash':
      return { ...spent, crashes: crashes + 1 }
    case 'read':
      return { ...spent, reads: reads + 1, answered: reads + 1 < bounds.reads ? spent.answered : 0 }
    case 'catchUp':
      return { ...spent, syncs: syncs + 1 }
    case 'deliver':
    case 'persist':
    case 'propose':
    case 'tick':
      return told === spent.answered ? spent : { ...spent, answered: told }
    default:
      return kind satisfies never
  }
}

const FIELD_BITS = 5

export function pack({ ballots, crashes, reads, syncs, answered, stood }: Spent): number {
  let packed = 0
  for (const field of [ballots, crashes, reads, syncs, answered, stood]) packed = (packed << FIELD_BITS) | field
  return packed
}

export function unpack(packed: number): Spent {
  const field = (place: number) => (packed >>> (place * FIELD_BITS)) & ((1 << FIELD_BITS) - 1)
  return {
    ballots: field(5),
    crashes: field(4),
    reads: field(3),
    syncs: field(2),
    answered: field(1),
    stood: field(0),
  }
}

/** What may still come, of what a node's state need only tell while it may. */
export interface Ahead {
  readonly ballots: boolean
  readonly reads: boolean
  readonly syncs: boolean
}

export function ahead(spent: Spent, bounds: Bounds): Ahead {
  return {
    ballots: spent.ballots < bounds.ballots,
    reads: spent.reads < bounds.reads,
    syncs: spent.syncs < bounds.syncs,
  }
}
