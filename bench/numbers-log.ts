/** A multiple of what is pushed together, so that no operation of the ledger is cut. */
const CHUNK = 5 * 16_384

/** Numbers that are appended one after the other, millions of them, without ever copying those before. */
export class NumbersLog {
  #chunks: Float64Array[] = []
  #last = new Float64Array(0)
  #used = 0

  push(value: number): void {
    if (this.#used === this.#last.length) {
      this.#last = new Float64Array(CHUNK)
      this.#chunks.push(this.#last)
      this.#used = 0
    }
    this.#last[this.#used++] = value
  }

  /** Gives all of them, in pieces, and forgets them. A piece has `CHUNK` numbers, the last one fewer. */
  take(): readonly Float64Array[] {
    const taken = this.#chunks.map((chunk) => (chunk === this.#last ? chunk.slice(0, this.#used) : chunk))
    this.#chunks = []
    this.#last = new Float64Array(0)
    this.#used = 0
    return taken
  }
}

/** All pieces as one. */
export function joined(pieces: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
