import type { Condition, Network, Path } from '../chaos/network.ts'

/** A place with a node, and a caller beside it. */
export interface Region {
  readonly name: string
  /** Of one increment there, as the CASPaxos paper (Rystsov, arXiv 1802.07000, section 3.2) gives it, ms. */
  readonly paper: { readonly gryadka: number; readonly etcd: number; readonly mongodb: number }
  /** What is wanted of one increment there with the leader in the best place, ms. */
  readonly wantedMsMax: number
}

export const REGIONS = [
  { name: 'West US 2', paper: { gryadka: 47, etcd: 679, mongodb: 1_086 }, wantedMsMax: 30 },
  { name: 'West Central US', paper: { gryadka: 47, etcd: 718, mongodb: 1_168 }, wantedMsMax: 47 },
  { name: 'Southeast Asia', paper: { gryadka: 356, etcd: 339, mongodb: 739 }, wantedMsMax: 200 },
] as const satisfies readonly Region[]

/** Where the node itself listens, behind its proxy: who is beside it reaches it there. */
export function besideOf(network: Network, region: number): string {
  return network.launch(network.addresses[region] ?? '').options[1] ?? ''
}

/** Between each two regions, in the order of `REGIONS`, as the paper gives them, ms. */
export const ROUND_TRIPS_MS: readonly (readonly [number, number, number])[] = [
  [0, 1, 21.8],
  [0, 2, 169],
  [1, 2, 189.2],
]

/** By this name the network knows who calls from a region. */
export function callersOf(region: number): string {
  return `callers in ${REGIONS[region]?.name}`
}

/**
 * Moves nodes and callers as far apart as their regions are, until the returned function is called. `ownMs`: what the
 * network adds to each round trip by itself, in the order of `ROUND_TRIPS_MS`.
 */
export function moveApart(network: Network, ownMs: readonly number[]): () => void {
  const mends = ROUND_TRIPS_MS.map(([one, other, roundTripMs], index) => {
    const condition: Condition = { type: 'delayed', delayMs: (roundTripMs - (ownMs[index] ?? 0)) / 2 }
    const [here, there] = [partiesOf(network, one), partiesOf(network, other)]
    const paths = here.flatMap((from) =>
      there.flatMap((to): Path[] => [
        { from, to },
        { from: to, to: from },
      ]),
    )
    return network.impose(paths, condition)
  })
  return () => {
    for (const mend of mends) mend()
  }
}

function partiesOf(network: Network, index: number): readonly string[] {
  return [network.addresses[index] ?? '', callersOf(index)]
}
