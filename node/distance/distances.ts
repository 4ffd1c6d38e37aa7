import type { Config, NodeId } from '../core/index.ts'
import type { PingMessage } from '../peer/index.ts'
import { type NearReport, Placement } from './placement.ts'
import { RoundTrips } from './round-trips.ts'
import { SlotTiming } from './slot-timing.ts'

/** Between measures of how far the peers are, ticks: 500 ms. */
const PING_TICKS = 50
/** Between looks at where the leader should be, ticks: 1 s. */
const LOOK_TICKS = 100

/** What a node knows of distances, and what follows from them. Times are monotonic, in ms. */
export class Distances {
  readonly timing = new SlotTiming()
  readonly #id: NodeId
  readonly #roundTrips: RoundTrips
  readonly #placement: Placement | null
  #ticks = 0

  /** `send`: to a peer. `isPlacing`: the leader is to be where its callers are. */
  constructor(id: NodeId, send: (ping: PingMessage) => void, isPlacing: boolean) {
    this.#id = id
    this.#roundTrips = new RoundTrips(id, send)
    this.#placement = isPlacing ? new Placement() : null
  }

  /** A tick. Gives who should lead in this node's place, if it does; null: nobody. */
  tick(config: Config, leads: boolean, nowMs: number): NodeId | null {
    this.#ticks += 1
    if (this.#ticks % PING_TICKS === 0) this.#roundTrips.ask(config, nowMs)
    if (this.#placement === null || this.#ticks % LOOK_TICKS > 0) return null
    if (leads) return this.#placement.look(this.#id, config, this.#roundTrips)
    this.#placement.forget()
    return null
  }

  hear(ping: PingMessage, config: Config, nowMs: number): void {
    this.#roundTrips.hear(ping, config, nowMs)
    this.timing.distanceMs = this.#roundTrips.majority(this.#id, config)
  }

  /** A caller has told where it is. */
  near(report: NearReport, config: Config): void {
    this.#placement?.near(report, config, this.#roundTrips)
  }
}
