import type { ReadView } from '../store/index.ts'
import { type Answer, Layers } from './layers.ts'
import { Pace } from './pace.ts'
import { WaitingReads } from './reads.ts'

/** What a node holds for the time of one ballot in which it leads. All of it is forgotten with the ballot. */
export class Term {
  /** The re-proposed slot is chosen: answering is allowed. */
  established = false
  readonly layers: Layers
  readonly reads = new WaitingReads()
  /** Recorded results that were found merged, waiting for `established`. */
  held: Answer[] = []
  /** What those take in memory, roughly. */
  heldBytes = 0
  /** The first request of the queue does not fit into the batch being built. */
  full = false
  /** The last slot chosen in this ballot; 0: none. */
  chosenSlot = 0

  readonly pace: Pace

  /** `nowMs`: the monotonic time, ms, as far as it is known. */
  constructor(view: ReadView, slot: number, reproposed: Uint8Array | null, nowMs: number) {
    this.layers = new Layers(view, slot, reproposed)
    this.pace = new Pace(nowMs)
  }

  /** Requests that have been executed and wait for what makes their answers certain. */
  get underWay(): number {
    const { building, flight } = this.layers
    return building.answers.length + (flight?.answers.length ?? 0) + this.reads.size
  }
}
