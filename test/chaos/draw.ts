import type { Random } from '../support/random.ts'
import { WORKLOADS, type Workload } from '../workload/index.ts'
import type { Manners } from './callers.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { Network } from './network.ts'

/** What a round has drawn: it meets some kinds of trouble much, and others not at all. */
export interface Drawn {
  readonly stormMs: number
  readonly rotate: string
  readonly manners: Manners
  readonly workloads: readonly Workload[]
  readonly faults: readonly Fault[]
  /** Between two strikes of one hand, at most, ms. */
  readonly restMs: number
}

export interface Wishes {
  readonly stormMs: number
  /** As the servers are told it; undefined: drawn. */
  readonly rotate: string | undefined
}

/** Each kind of fault needs about this much of a storm: a kind that is drawn has to strike. */
const STORM_MS_PER_KIND = 3_000
const KINDS_MIN = 3
const KINDS_MAX = 10

export function draw(random: Random, { can, addresses }: Network, { stormMs, rotate }: Wishes): Drawn {
  const possible = FAULTS.filter(
    ({ needs, nodesMin = 0 }) => (needs === undefined || can.has(needs)) && addresses.length >= nodesMin,
  )
  const kinds = Math.min(KINDS_MAX, Math.max(KINDS_MIN, Math.floor(stormMs / STORM_MS_PER_KIND)))
  const makers = shuffled(random, WORKLOADS).slice(0, 2 + random.below(WORKLOADS.length - 1))
  return {
    stormMs,
    rotate: rotate ?? random.pick(['1s', '5s', 'off']),
    manners: {
      clients: 2 + random.below(3),
      lanes: 2 + random.below(3),
      timeoutMs: random.pick([400, 1_000, 2_000]),
      thinkMs: random.pick([30, 60, 100]),
    },
    workloads: makers.map((make) => make()),
    faults: shuffled(random, possible).slice(0, kinds),
    restMs: random.pick([200, 800, 2_000]),
  }
}

export function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
