import { compareKeys } from '../lang/values.ts'

/** Keys to a piece: halved when it has grown to twice as many. */
const PIECE_KEYS = 512

/**
 * Keys in code point order, which is the byte order of their UTF-8. They are kept in pieces, so that adding one costs
 * little however many there are, and whether or not they are looked at between.
 */
export class SortedKeys {
  /** None is empty, and each is above the one before. */
  readonly #pieces: string[][] = []

  /** `keys`: each once, in any order. */
  constructor(keys: Iterable<string>) {
    const sorted = [...keys].sort(compareKeys)
    for (let from = 0; from < sorted.length; from += PIECE_KEYS)
      this.#pieces.push(sorted.slice(from, from + PIECE_KEYS))
  }

  copy(): SortedKeys {
    const copy = new SortedKeys([])
    for (const piece of this.#pieces) copy.#pieces.push(piece.slice())
    return copy
  }

  /** A key that is here already stays once. */
  add(key: string): void {
    const at = this.#pieceOf(key)
    const piece = this.#pieces[at]
    if (piece === undefined) {
      this.#pieces.push([key])
      return
    }
    const index = lowerBound(piece, key)
    if (piece[index] === key) return
    piece.splice(index, 0, key)
    if (piece.length >= 2 * PIECE_KEYS) this.#pieces.splice(at + 1, 0, piece.splice(PIECE_KEYS))
  }

  /** Nothing if it is not here. */
  delete(key: string): void {
    const at = this.#pieceOf(key)
    const piece = this.#pieces[at]
    if (piece === undefined) return
    const index = lowerBound(piece, key)
    if (piece[index] !== key) return
    piece.splice(index, 1)
    if (piece.length === 0) this.#pieces.splice(at, 1)
  }

  /** Those that start with `prefix` and are above `after` (empty: all). They must not change while they are read. */
  *scan(prefix: string, after: string): IterableIterator<string> {
    const isBehind = after !== '' && compareKeys(after, prefix) >= 0
    const start = isBehind ? after : prefix
    let at = this.#pieceOf(start)
    let index = lowerBound(this.#pieces[at] ?? [], start)
    for (; at < this.#pieces.length; at += 1) {
      const piece = this.#pieces[at] ?? []
      for (; index < piece.length; index += 1) {
        const key = piece[index] ?? ''
        if (isBehind && key === after) continue
        // Keys with one prefix stand together, and all of them at or behind `start` have been passed or have it.
        if (!key.startsWith(prefix)) return
        yield key
      }
      index = 0
    }
  }

  /** The last piece whose first key is not above `key`; the first one if there is none. */
  #pieceOf(key: string): number {
    let low = 0
    let high = this.#pieces.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(this.#pieces[middle]?.[0] ?? '', key) <= 0) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}

/** The index of the first of the sorted `keys` that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(keys[middle] ?? '', key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
