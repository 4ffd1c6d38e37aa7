import { SortedKeys } from '../sorted-keys.ts'
import type { Row } from './disk.ts'

/** Rows in key order, in memory. Once shared with a snapshot it never changes: a change then gives another table. */
export class MemoryTable {
  /** Keys as text of one character for each byte, so that text order is byte order. */
  readonly #rows: Map<string, Uint8Array>
  /** The keys in order; null until somebody has asked for them. */
  #keys: SortedKeys | null
  #isShared = false

  constructor(rows = new Map<string, Uint8Array>(), keys: SortedKeys | null = null) {
    this.#rows = rows
    this.#keys = keys
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(textOf(key))
  }

  /** The rows behind `after` (empty: from the first) in key order. */
  rows(after: Uint8Array): IterableIterator<Row> {
    return this.scan(new Uint8Array(), after)
  }

  /** The rows whose keys begin with `prefix` and are behind `after` (empty: all), in key order. */
  *scan(prefix: Uint8Array, after: Uint8Array): IterableIterator<Row> {
    this.#keys ??= new SortedKeys(this.#rows.keys())
    for (const key of this.#keys.scan(textOf(prefix), textOf(after))) {
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
    if (this.#isShared) return new MemoryTable(new Map(this.#rows), this.#keys?.copy()).changed(key, value)
    const text = textOf(key)
    if (value === null) {
      this.#rows.delete(text)
      this.#keys?.delete(text)
    } else {
      if (!this.#rows.has(text)) this.#keys?.add(text)
      this.#rows.set(text, value)
    }
    return this
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
