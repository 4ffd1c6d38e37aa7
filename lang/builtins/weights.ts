import { costs } from '../limits.ts'
import type { Spend } from '../values.ts'

/**
 * What work weighs that is not in proportion to bytes, as if it were that many: 256 of them cost 1 unit and should take
 * at most a microsecond on a small machine. Each is measured with the largest arguments that are allowed.
 */
export const weights = {
  /** An element of a list that is copied as it is. */
  element: 2,
  /** An entry of a map that is put into another, up to `SMALL_ENTRIES` of them. */
  entry: 16,
  /** An entry of a larger map: the processor's caches do not hold it. */
  scatteredEntry: 56,
  /** A key or value taken out of a map. */
  taken: 4,
  /** A comparison of two elements, to which the bytes come that are equal. */
  comparison: 12,
  /** A comparison where the machine sorts numbers. */
  sortedInt: 3,
  /** An element that is looked at: its type, its number. */
  visit: 16,
  /** A string cut out of another. */
  piece: 24,
  /** A call of the machine's, such as to compare bytes. */
  call: 64,
  /** A value of a JSON text. */
  jsonRead: 40,
  jsonWritten: 64,
  /** A map made from a JSON text, and a key in it. */
  jsonMap: 128,
  jsonKey: 64,
  /** A float, string or bytes written as JSON, besides its length. */
  jsonPart: 64,
  /** A unit of a string with escapes in it, read or written. */
  escaped: 4,
  /** A unit of a text or pattern in a search. */
  searched: 2,
} as const

/** What it weighs to put so many entries into a map. */
export function entriesWeight(count: number): number {
  return count * (count <= SMALL_ENTRIES ? weights.entry : weights.scatteredEntry)
}

const SMALL_ENTRIES = 2_000

/** Adds up what work weighs and spends whole units for it, before it is done. */
export class Meter {
  readonly #spend: Spend
  #weight = 0

  constructor(spend: Spend) {
    this.#spend = spend
  }

  add(weight: number): void {
    this.#weight += weight
    if (this.#weight < costs.bytesPerUnit) return
    const units = Math.floor(this.#weight / costs.bytesPerUnit)
    this.#weight -= units * costs.bytesPerUnit
    this.#spend(units)
  }
}
