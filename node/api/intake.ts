import { LIMITS } from '../limits.ts'

/**
 * Goes on, in a later turn of the event loop, with what a client has sent. It is to read requests of so many units (see
 * `requestUnits`), or one at least, and to give how many it has read. What is left then is added to the intake again.
 */
export type GoOn = (units: number) => number

/**
 * What clients have sent and a node has not yet read: its turns of the event loop read only so much of it, of one client
 * after the other, so that neither a large frame nor many of them hold up the others and the node's own messages.
 */
export class Intake {
  /** The first to go on first. */
  readonly #waiting: GoOn[] = []

  add(goOn: GoOn): void {
    this.#waiting.push(goOn)
    if (this.#waiting.length === 1) this.#schedule()
  }

  #schedule(): void {
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    let left: number = LIMITS.clientTurnBytesMax
    for (let goOn = this.#waiting[0]; goOn !== undefined && left > 0; goOn = this.#waiting[0]) {
      // What it adds comes behind the others, and does not schedule another turn: the first place is still taken.
      left -= goOn(Math.min(left, LIMITS.clientAtOnceBytesMax))
      this.#waiting.shift()
    }
    if (this.#waiting.length > 0) this.#schedule()
  }
}

/** What it takes to read a request of so many bytes, in units of a byte of a larger one. */
export function requestUnits(bytes: number): number {
  return bytes + REQUEST_UNITS
}

/** However short it is, to read it, hand it over and answer it takes as long as to read some bytes more. */
const REQUEST_UNITS = 64

/** What it takes, besides, to say why a request cannot be taken. */
export const REFUSAL_UNITS = 1_000
