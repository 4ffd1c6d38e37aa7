import type { Row } from './disk.ts'

/** Rows in key order, in memory. Once shared with a snapshot it never changes: a change then gives another table. */
export class MemoryTable {
  /** Keys as text of one character for each byte, so that text order is byte order. */
  readonly #rows: Map<string, Uint8Array>
  /** The keys in order; null when one has come or gone since they were sorted. */
  #keys: readonly string[] | null
  #isShared = false

  constructor(rows = new Map<string, Uint8Array>(), keys: readonly string[] | null = null) {
    this.#rows = rows
    this.#keys = keys
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(textOf(key))
  }

  /** The rows behind `after` (empty: from the first) in key order. */
  *rows(after: Uint8Array): IterableIterator<Row> {
    this.#keys ??= [...this.#rows.keys()].sort()
    const keys = this.#keys
    for (let index = after.length === 0 ? 0 : behind(keys, textOf(after)); index < keys.length; index++) {
      const key = keys[index] ?? ''
      const value = this.#rows.get(key)
      if (value !== undefined) yield { key: Buffer.from(key, 'latin1'), value }
    }
  }

  shared(): MemoryTable {
    this.#isShared = true
    return this
  }

  /** With this row, or without it if `value` is null: this table itself unless it is shared. */
  changed(key: Uint8Array, value: Uint8Array | null): MemoryTable {
    if (this.#isShared) return new MemoryTable(new Map(this.#rows), this.#keys).changed(key, value)
    const text = textOf(key)
    if (this.#rows.has(text) !== (value !== null)) this.#keys = null
    if (value === null) this.#rows.delete(text)
    else this.#rows.set(text, value)
    return this
  }
}

/** The index of the first of the sorted `keys` that is above `key`. */
function behind(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') <= key) low = middle + 1
    else high = middle
  }
  return low
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
