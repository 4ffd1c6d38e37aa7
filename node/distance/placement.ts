import type { Config, NodeId } from '../core/index.ts'
import type { RoundTrips } from './round-trips.ts'

/** How far a caller is from nodes, by their addresses, ms, and how many calls it has made since it told that last. */
export interface NearReport {
  readonly calls: number
  readonly distances: ReadonlyMap<string, number>
}

/** What a change must gain at least, in ms and in parts of what a call takes now. */
const GAIN_MS_MIN = 5
const GAIN_MIN = 0.2
/** Looks in a row, one each second, at which the same node must have been the better one. */
const LOOKS_MIN = 3
/** What is left of earlier calls at each look: those of the last ten seconds or so count. */
const KEPT = 0.9
/** Fewer calls than this say nothing. */
const CALLS_MIN = 10

/**
 * Where the leader would be best: where the mean latency of recent calls is least. One takes the caller's round trip to the
 * leader, and the leader's to a majority.
 */
export class Placement {
  /** By node: the calls' round trips to it, summed up. */
  #sums = new Map<NodeId, number>()
  #calls = 0
  #better: NodeId | null = null
  #looks = 0

  /** What a caller has told. */
  near({ calls, distances }: NearReport, { members }: Config, roundTrips: RoundTrips): void {
    const all = members.map(({ id, address }) => {
      const direct = distances.get(address)
      if (direct !== undefined) return { id, ms: direct }
      // It cannot go there: whatever it wants of that node goes by way of another one.
      const detours = members.map((other) => {
        const known = distances.get(other.address)
        const onwards = roundTrips.between(other.id, id)
        return known === undefined || onwards === null ? Number.POSITIVE_INFINITY : known + onwards
      })
      return { id, ms: Math.min(...detours) }
    })
    if (!all.every(({ ms }) => ms >= 0 && Number.isFinite(ms))) return
    for (const { id, ms } of all) this.#sums.set(id, (this.#sums.get(id) ?? 0) + ms * calls)
    this.#calls += calls
  }

  /** To be asked by the leader, `self`, once a second. Gives who should lead in its place; null: it should go on. */
  look(self: NodeId, config: Config, roundTrips: RoundTrips): NodeId | null {
    const now = this.#cost(self, config, roundTrips)
    let best: { readonly id: NodeId; readonly ms: number } | null = null
    for (const { id } of config.members) {
      const ms = this.#cost(id, config, roundTrips)
      if (ms !== null && (best === null || ms < best.ms)) best = { id, ms }
    }
    const isBetter = now !== null && best !== null && now - best.ms >= Math.max(GAIN_MS_MIN, GAIN_MIN * now)
    const better = isBetter ? (best?.id ?? null) : null
    this.#looks = better !== null && better === this.#better ? this.#looks + 1 : 1
    this.#better = better
    this.#calls *= KEPT
    for (const [id, sum] of this.#sums) this.#sums.set(id, sum * KEPT)
    if (better === null || this.#looks < LOOKS_MIN) return null
    this.#looks = 0
    return better
  }

  /** Another node leads: who calls that one is not known here. */
  forget(): void {
    this.#sums.clear()
    this.#calls = 0
    this.#better = null
    this.#looks = 0
  }

  /** Of a call if `node` led, ms; null: not enough is known. */
  #cost(node: NodeId, config: Config, roundTrips: RoundTrips): number | null {
    const sum = this.#sums.get(node)
    const majorityMs = roundTrips.majority(node, config)
    return this.#calls < CALLS_MIN || sum === undefined || majorityMs === null ? null : sum / this.#calls + majorityMs
  }
}
