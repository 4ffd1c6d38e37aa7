import { compareKeys } from '../../lang/values.ts'
import { asBuffer } from '../records.ts'
import { SortedKeys } from '../sorted-keys.ts'
import type { Row } from './disk.ts'

/**
 * The rows of one table that the disk does not hold yet, in front of it, in two generations: the frozen ones are being
 * written, as they were at one moment; the others have changed since.
 */
export class Overlay<T> {
  #changed = new Generation<T>(false)
  #frozen: Generation<T> | null = null

  get(key: string): T | undefined {
    return this.#changed.rows.get(key) ?? this.#frozen?.rows.get(key)
  }

  set(key: string, value: T): void {
    this.#changed.set(key, value)
  }

  /** How many have changed since the last `freeze`. */
  get changes(): number {
    return this.#changed.rows.size
  }

  /** All that has changed so far, to be written; none may be frozen already. */
  freeze(): Frozen<T> {
    if (this.#frozen !== null) throw new Error(`${this.#frozen.rows.size} rows are frozen already`)
    this.#frozen = this.#changed
    this.#changed = new Generation(this.#frozen.wasScanned)
    return { size: this.#frozen.rows.size, inOrder: this.#frozen.inOrder() }
  }

  /** The disk holds what was frozen. */
  thaw(): void {
    this.#frozen = null
  }

  /**
   * What is here and the disk's `rows` in key order, each key once, those that start with `prefix` and are above `after`
   * (empty: all). `rows` are the disk's of the same range. Nothing may be set meanwhile.
   */
  *over<R>(
    rows: Iterable<Row>,
    prefix: string,
    after: string,
    ofRow: (key: string, row: Row) => R,
    ofValue: (key: string, value: T) => R,
  ): IterableIterator<R> {
    const front = newest(this.#changed.scan(prefix, after), this.#frozen?.scan(prefix, after) ?? [][Symbol.iterator]())
    let first = front.next()
    for (const row of rows) {
      const key = asBuffer(row.key).toString()
      for (; !first.done && compareKeys(first.value[0], key) < 0; first = front.next()) yield ofValue(...first.value)
      if (first.done || first.value[0] !== key) yield ofRow(key, row)
    }
    for (; !first.done; first = front.next()) yield ofValue(...first.value)
  }
}

/** Rows of one moment. */
export interface Frozen<T> {
  readonly size: number
  /**
   * By key: neighbours share pages of the disk, each of which is then written once. Undefined now and then, where
   * it is well to pause.
   */
  readonly inOrder: Iterable<readonly [key: string, value: T] | undefined>
}

/** Keys that are put in order between two pauses: about a millisecond's work. */
const KEYS_AT_ONCE = 500

class Generation<T> {
  readonly rows = new Map<string, T>()
  wasScanned = false
  /** Their keys in order; null until somebody asks for them. */
  #keys: SortedKeys | null

  /** `isScanned`: the one before was, so that this one will be; whoever does not scan any more does not pay for long. */
  constructor(isScanned: boolean) {
    this.#keys = isScanned ? new SortedKeys([]) : null
  }

  set(key: string, value: T): void {
    if (this.#keys !== null && !this.rows.has(key)) this.#keys.add(key)
    this.rows.set(key, value)
  }

  *scan(prefix: string, after: string): IterableIterator<readonly [key: string, value: T]> {
    this.wasScanned = true
    this.#keys ??= new SortedKeys(this.rows.keys())
    yield* this.#valued(this.#keys.scan(prefix, after))
  }

  /** Nothing may be set any more. */
  *inOrder(): Iterable<readonly [key: string, value: T] | undefined> {
    let keys = this.#keys
    if (keys === null) {
      keys = new SortedKeys([])
      let added = 0
      for (const key of this.rows.keys()) {
        keys.add(key)
        added += 1
        if (added % KEYS_AT_ONCE === 0) yield undefined
      }
      this.#keys = keys
    }
    yield* this.#valued(keys.scan('', ''))
  }

  *#valued(keys: Iterable<string>): IterableIterator<readonly [key: string, value: T]> {
    for (const key of keys) {
      const value = this.rows.get(key)
      if (value !== undefined) yield [key, value]
    }
  }
}

/** Both in key order, each key once: of a key that both have, the first one's. */
function* newest<T>(
  newer: Iterator<readonly [key: string, value: T]>,
  older: Iterator<readonly [key: string, value: T]>,
): Generator<readonly [key: string, value: T], undefined> {
  let [a, b] = [newer.next(), older.next()]
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareKeys(a.value[0], b.value[0])
    if (order <= 0 && !a.done) yield a.value
    else if (!b.done) yield b.value
    if (order <= 0) a = newer.next()
    if (order >= 0) b = older.next()
  }
  return undefined
}
