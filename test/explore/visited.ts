import { mix } from './hash.ts'

const INITIAL_SLOTS = 1 << 16

/**
 * The set of states seen, as 64 bits of hash each, in one open-addressed table: eight bytes a state, times at most
 * three for the free places. Among n states, the chance that any two share a hash, so that one is overlooked, is
 * about n² / 2⁶⁵.
 */
export class Visited {
  #high = new Int32Array(INITIAL_SLOTS)
  #low = new Int32Array(INITIAL_SLOTS)
  #mask = INITIAL_SLOTS - 1
  size = 0

  /** False when it was there already. */
  add(high: number, low: number): boolean {
    // Two zeros are a free place.
    const safeLow = high === 0 && low === 0 ? 1 : low
    let place = mix(high ^ safeLow) & this.#mask
    while (this.#high[place] !== 0 || this.#low[place] !== 0) {
      if (this.#high[place] === high && this.#low[place] === safeLow) return false
      place = (place + 1) & this.#mask
    }
    this.#high[place] = high
    this.#low[place] = safeLow
    this.size += 1
    if (this.size * 3 > this.#mask * 2) this.#grow()
    return true
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low]
    this.#high = new Int32Array(high.length * 2)
    this.#low = new Int32Array(high.length * 2)
    this.#mask = high.length * 2 - 1
    for (let old = 0; old < high.length; old += 1) {
      const [oldHigh = 0, oldLow = 0] = [high[old], low[old]]
      if (oldHigh === 0 && oldLow === 0) continue
      let place = mix(oldHigh ^ oldLow) & this.#mask
      while (this.#high[place] !== 0 || this.#low[place] !== 0) place = (place + 1) & this.#mask
      this.#high[place] = oldHigh
      this.#low[place] = oldLow
    }
  }
}

/** Whole numbers in a row that grows, in pieces: no number is ever moved. */
export class Numbers {
  static readonly #PIECE_BITS = 16
  static readonly #PIECE = 1 << Numbers.#PIECE_BITS
  readonly #pieces: Int32Array[] = []
  length = 0

  push(value: number): void {
    const offset = this.length & (Numbers.#PIECE - 1)
    if (offset === 0 && this.length >>> Numbers.#PIECE_BITS === this.#pieces.length) {
      this.#pieces.push(new Int32Array(Numbers.#PIECE))
    }
    const piece = this.#pieces[this.length >>> Numbers.#PIECE_BITS] as Int32Array
    piece[offset] = value
    this.length += 1
  }

  at(index: number): number {
    return this.#pieces[index >>> Numbers.#PIECE_BITS]?.[index & (Numbers.#PIECE - 1)] ?? 0
  }

  /** Forgets all, and keeps the memory. */
  clear(): void {
    this.length = 0
  }
}
