import { Fifo } from './fifo.ts'
import type { Layer } from './layers.ts'
import type { Respond, Response } from './requests.ts'

interface WaitingRead {
  readonly respond: Respond
  readonly response: Response
  /** The highest layer that it saw and that was not yet chosen. */
  readonly saw: Layer | null
  /** What the response takes in memory, roughly. */
  readonly bytes: number
}

/**
 * Answers that leave no record (reads, refusals). Each waits until (1) what it saw is chosen in this ballot and (2)
 * a round that started after its arrival, or the choice of a slot proposed after it, has shown that this node was
 * still the leader then.
 *
 * Reads are numbered as they arrive. Both conditions reach reads in that order: a later read never saw less, and
 * whatever confirms it confirms all before it. So those that may be answered are always the first ones.
 */
export class WaitingReads {
  readonly #waiting = new Fifo<WaitingRead>()
  #arrived = 0
  #bytes = 0
  /** So many of the reads that have arrived are confirmed. */
  #confirmed = 0
  /** So many will be, by the rounds that have started. */
  #started = 0
  /** Rounds under way: each with the reads that had arrived when it started. Ascending. */
  #rounds: { readonly round: number; readonly arrived: number }[] = []

  /** Reads that have arrived so far, answered or not. */
  get arrived(): number {
    return this.#arrived
  }

  /** Reads that wait. */
  get size(): number {
    return this.#waiting.length
  }

  /** What the responses of those take in memory, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  add(respond: Respond, response: Response, saw: Layer | null, bytes = 0): void {
    this.#waiting.push({ respond, response, saw, bytes })
    this.#bytes += bytes
    this.#arrived += 1
  }

  /** Round `round` starts now. */
  roundStarted(round: number): void {
    if (this.#arrived === this.#started) return
    this.#rounds.push({ round, arrived: this.#arrived })
    this.#started = this.#arrived
  }

  /** This round, and with it all that started before it, has shown a majority with no higher promise. */
  roundConfirmed(round: number): void {
    let first = this.#rounds[0]
    while (first !== undefined && first.round <= round) {
      this.#confirm(first.arrived)
      this.#rounds.shift()
      first = this.#rounds[0]
    }
  }

  /** A proposal of this node was chosen: `layer.readsBefore` reads had arrived before it was made. */
  layerChosen(layer: Layer): void {
    this.#confirm(layer.readsBefore)
  }

  /** Whether a read waits that neither a round under way nor the choice of `flight` will confirm. */
  isUncovered(flight: Layer | null): boolean {
    return this.size > 0 && this.#arrived > Math.max(this.#confirmed, this.#started, flight?.readsBefore ?? 0)
  }

  /** Takes the next read that may be answered; undefined: none now. */
  next(): WaitingRead | undefined {
    const read = this.#waiting.first
    if (read === undefined) return undefined
    const number = this.#arrived - this.size
    if (number >= this.#confirmed || (read.saw !== null && !read.saw.chosen)) return undefined
    this.#bytes -= read.bytes
    return this.#waiting.removeFirst()
  }

  /** Takes all that wait: this node leads no longer. */
  takeAll(): readonly WaitingRead[] {
    this.#bytes = 0
    return this.#waiting.takeAll()
  }

  #confirm(count: number): void {
    this.#confirmed = Math.max(this.#confirmed, count)
  }
}
