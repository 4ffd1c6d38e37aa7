import { unitsOf } from './characters.ts'

/**
 * Finds a pattern in a text, in time proportional to their lengths, whatever they are (Knuth, Morris, Pratt 1977).
 * `String.indexOf`, and what is built on it, takes the product of the lengths for some: seconds for a megabyte.
 *
 * It compares UTF-16 units. Where text and pattern are well-formed, a match begins and ends between characters.
 */
export class Search {
  readonly #text: Uint16Array
  readonly #pattern: Uint16Array
  /** For each length of a matched beginning: the length of its longest proper end that is a beginning too. */
  readonly #borders: Int32Array

  private constructor(text: string, pattern: string) {
    this.#text = unitsOf(text)
    this.#pattern = unitsOf(pattern)
    this.#borders = bordersOf(this.#pattern)
  }

  /** The pattern must not be empty. */
  static of(text: string, pattern: string): Pick<Search, 'next'> {
    // The product is no matter, but what it takes to prepare would be.
    if (text.length * pattern.length <= SMALL_PRODUCT) return { next: (from) => text.indexOf(pattern, from) }
    return new Search(text, pattern)
  }

  /** Where the first match at `from` or behind begins; -1 if there is none. */
  next(from: number): number {
    const [text, pattern, borders] = [this.#text, this.#pattern, this.#borders]
    let matched = 0
    for (let at = from; at < text.length; at++) {
      const unit = text[at]
      while (matched > 0 && pattern[matched] !== unit) matched = borders[matched] ?? 0
      if (pattern[matched] === unit) matched += 1
      if (matched === pattern.length) return at + 1 - matched
    }
    return -1
  }
}

function bordersOf(pattern: Uint16Array): Int32Array {
  const borders = new Int32Array(pattern.length + 1)
  let border = 0
  for (let at = 1; at < pattern.length; at++) {
    const unit = pattern[at]
    while (border > 0 && pattern[border] !== unit) border = borders[border] ?? 0
    if (pattern[border] === unit) border += 1
    borders[at + 1] = border
  }
  return borders
}

const SMALL_PRODUCT = 1_000
