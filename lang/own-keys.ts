import { compareKeys } from './values.ts'

/** Keys in order, of which some came since they were last asked for. */
export class OwnKeys {
  #sorted: string[]
  #added: string[] = []

  constructor(keys: Iterable<string>) {
    this.#sorted = [...keys].sort(compareKeys)
  }

  /** A key that may be there already. */
  add(key: string): void {
    this.#added.push(key)
  }

  /** All of them, in order, each once. Good until the next call. */
  sorted(): readonly string[] {
    if (this.#added.length > INSERTED_MAX) {
      const all = this.#sorted.concat(this.#added.sort(compareKeys)).sort(compareKeys)
      this.#sorted = all.filter((key, index) => key !== all[index - 1])
    } else for (const key of this.#added) this.#insert(key)
    this.#added = []
    return this.#sorted
  }

  #insert(key: string): void {
    const index = firstIndex(this.#sorted, key)
    if (this.#sorted[index] !== key) this.#sorted.splice(index, 0, key)
  }
}

/** Where the first key at or behind `key` is. */
export function firstIndex(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareKeys(sorted[middle] ?? '', key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** More are sorted and merged: to insert one moves all that are behind it. */
const INSERTED_MAX = 16
