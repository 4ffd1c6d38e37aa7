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
 * Every call that is not settled. Those that may have been executed have numbers; one of which nothing is on its way
 * waits without: the cluster keeps the results of all numbers above the lowest that is in use.
 *
 * Numbers come in sequence and mostly go in sequence, so that calls lie in arrays by number. A map of them would be made anew
 * every few hundred calls, and each table that it has left behind keeps what it held from the collector's quick rounds.
 */
export class Calls implements Iterable<Call> {
  readonly #chunks = new Map<number, Chunk>()
  #numbered = 0
  #nextNumber = 1
  /** Those without a number. */
  readonly #waiting = new Set<Call>()

  get size(): number {
    return this.#numbered + this.#waiting.size
  }

  /** No number below this one is in use, or will be. */
  get settledBelow(): number {
    for (const chunk of this.#chunks.values()) {
      for (; chunk.from < chunk.calls.length; chunk.from++) {
        const call = chunk.calls[chunk.from]
        if (call !== undefined) return call.number
      }
    }
    return this.#nextNumber
  }

  get(number: number): Call | undefined {
    return this.#chunkOf(number)?.calls[number % CHUNK_CALLS]
  }

  has(call: Call): boolean {
    return call.number === 0 ? this.#waiting.has(call) : this.get(call.number) === call
  }

  /** Gives the call the next number, if it has none. */
  number(call: Call): void {
    if (call.number !== 0) return
    this.#waiting.delete(call)
    call.number = this.#nextNumber++
    this.#put(call)
  }

  /** Takes in a call that is not to be sent yet. */
  enrol(call: Call): void {
    this.#waiting.add(call)
  }

  /** Lets the call wait without a number; one that it had is never used again. */
  wait(call: Call): void {
    if (!this.#remove(call)) return
    call.number = 0
    this.#waiting.add(call)
  }

  /** The other call goes on under the one's number. */
  replace(one: Call, other: Call): void {
    const chunk = this.#chunkOf(one.number)
    const place = one.number % CHUNK_CALLS
    if (chunk?.calls[place] !== one) return
    other.number = one.number
    // In its place: chunks are in the order of numbers.
    chunk.calls[place] = other
  }

  /** False if it is not there. */
  delete(call: Call): boolean {
    return call.number === 0 ? this.#waiting.delete(call) : this.#remove(call)
  }

  /** Those that are there when it begins. */
  *[Symbol.iterator](): IterableIterator<Call> {
    const waiting = [...this.#waiting]
    for (const { calls } of [...this.#chunks.values()]) {
      for (const call of [...calls]) if (call !== undefined && this.has(call)) yield call
    }
    for (const call of waiting) if (this.has(call)) yield call
  }

  #put(call: Call): void {
    const place = call.number % CHUNK_CALLS
    let chunk = this.#chunkOf(call.number)
    if (chunk === undefined) {
      chunk = { calls: [], size: 0, from: place }
      this.#chunks.set(indexOf(call.number), chunk)
    }
    while (chunk.calls.length < place) chunk.calls.push(undefined)
    chunk.calls[place] = call
    chunk.size += 1
    this.#numbered += 1
  }

  #remove(call: Call): boolean {
    const chunk = this.#chunkOf(call.number)
    const place = call.number % CHUNK_CALLS
    if (chunk?.calls[place] !== call) return false
    chunk.calls[place] = undefined
    chunk.size -= 1
    this.#numbered -= 1
    if (chunk.size === 0) this.#chunks.delete(indexOf(call.number))
    return true
  }

  #chunkOf(number: number): Chunk | undefined {
    return this.#chunks.get(indexOf(number))
  }
}

function indexOf(number: number): number {
  return Math.floor(number / CHUNK_CALLS)
}
