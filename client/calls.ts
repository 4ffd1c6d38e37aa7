import type { Call } from './call.ts'

/** Calls of one chunk. */
const CHUNK_CALLS = 1_024

interface Chunk {
  readonly calls: (Call | undefined)[]
  /** How many are in it. */
  size: number
  /** No call lies before this place. */
  from: number
}

/**
 * Every call that is not settled, by number; ascending.
 *
 * Numbers come in sequence and mostly go in sequence, so that they lie in arrays. A map of them would be made anew every
 * few hundred calls, and each table that it has left behind keeps what it held from the collector's quick rounds.
 */
export class Calls implements Iterable<Call> {
  readonly #chunks = new Map<number, Chunk>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one with the lowest number. */
  get first(): Call | undefined {
    for (const chunk of this.#chunks.values()) {
      for (; chunk.from < chunk.calls.length; chunk.from++) {
        const call = chunk.calls[chunk.from]
        if (call !== undefined) return call
      }
    }
    return undefined
  }

  get(number: number): Call | undefined {
    return this.#chunks.get(Math.floor(number / CHUNK_CALLS))?.calls[number % CHUNK_CALLS]
  }

  has(call: Call): boolean {
    return this.get(call.number) === call
  }

  /** Its number is the highest so far, or that of a call whose place it takes. */
  put(call: Call): void {
    const index = Math.floor(call.number / CHUNK_CALLS)
    let chunk = this.#chunks.get(index)
    if (chunk === undefined) {
      chunk = { calls: [], size: 0, from: call.number % CHUNK_CALLS }
      this.#chunks.set(index, chunk)
    }
    const place = call.number % CHUNK_CALLS
    while (chunk.calls.length < place) chunk.calls.push(undefined)
    if (chunk.calls[place] === undefined) {
      chunk.size += 1
      this.#size += 1
    }
    chunk.calls[place] = call
  }

  /** False if it is not there. */
  delete(call: Call): boolean {
    if (!this.has(call)) return false
    const index = Math.floor(call.number / CHUNK_CALLS)
    const chunk = this.#chunks.get(index)
    if (chunk === undefined) return false
    chunk.calls[call.number % CHUNK_CALLS] = undefined
    chunk.size -= 1
    this.#size -= 1
    if (chunk.size === 0) this.#chunks.delete(index)
    return true
  }

  /** Those that are there when it begins. */
  *[Symbol.iterator](): IterableIterator<Call> {
    for (const { calls } of [...this.#chunks.values()]) {
      for (const call of [...calls]) if (call !== undefined && this.has(call)) yield call
    }
  }
}
