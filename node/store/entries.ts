import { asBuffer } from '../records.ts'
import { SortedKeys } from '../sorted-keys.ts'
import { compareKeys } from '../values.ts'
import type { Disk, RowChange } from './disk.ts'
import { reason, StoreError } from './errors.ts'
import { mergeEntry } from './merge.ts'
import { decodeEntry, encodeEntry } from './rows.ts'
import type { Entry } from './store.ts'

interface Dirty {
  readonly entry: Entry
  /** The commit that makes it durable. */
  commit: number
}

/** The merged entries: what is not yet durable, in front of the disk. */
export class Entries {
  readonly #disk: Pick<Disk, 'place' | 'get' | 'scan'>
  readonly #dirty = new Map<string, Dirty>()
  /** The keys of those in order; null until somebody has asked for them. */
  #dirtyKeys: SortedKeys | null = null
  /** Keys changed since `collect`. */
  #changed = new Set<string>()

  constructor(disk: Pick<Disk, 'place' | 'get' | 'scan'>) {
    this.#disk = disk
  }

  /** Throws a StoreError `corrupt` on a row that cannot be read. */
  get(key: string): Entry | undefined {
    const dirty = this.#dirty.get(key)
    if (dirty !== undefined) return dirty.entry
    const bytes = this.#disk.get('entries', Buffer.from(key))
    return bytes === undefined ? undefined : this.#decode(key, bytes)
  }

  /**
   * Those whose keys start with `prefix` and are above `after` (empty: all), by key, read as they are taken. Nothing may
   * be merged meanwhile. Throws a StoreError `corrupt` on a row that cannot be read.
   */
  *scan(prefix: string, after: string): IterableIterator<readonly [key: string, entry: Entry]> {
    this.#dirtyKeys ??= new SortedKeys(this.#dirty.keys())
    const dirty = this.#dirtyEntries(this.#dirtyKeys.scan(prefix, after))
    let first = dirty.next()
    for (const row of this.#disk.scan('entries', Buffer.from(prefix), Buffer.from(after))) {
      const key = asBuffer(row.key).toString()
      for (; !first.done && compareKeys(first.value[0], key) < 0; first = dirty.next()) yield first.value
      if (first.done || first.value[0] !== key) yield [key, this.#decode(key, row.value)]
    }
    for (; !first.done; first = dirty.next()) yield first.value
  }

  *#dirtyEntries(keys: Iterable<string>): IterableIterator<readonly [key: string, entry: Entry]> {
    for (const key of keys) {
      const dirty = this.#dirty.get(key)
      if (dirty !== undefined) yield [key, dirty.entry]
    }
  }

  #decode(key: string, bytes: Uint8Array): Entry {
    try {
      return decodeEntry(bytes)
    } catch (thrown) {
      const where = `the entry of ${JSON.stringify(key)} in ${this.#disk.place}`
      throw new StoreError('corrupt', `The record of ${where} cannot be read: ${reason(thrown)}.`, thrown)
    }
  }

  merge(key: string, arriving: Entry): void {
    const held = this.get(key)
    if (mergeEntry(held, arriving) === held) return
    if (!this.#dirty.has(key)) this.#dirtyKeys?.add(key)
    this.#dirty.set(key, { entry: arriving, commit: Number.POSITIVE_INFINITY })
    this.#changed.add(key)
  }

  /** The changes since the last call, as part of commit number `commit`; call `committed` once it is durable. */
  collect(commit: number): { readonly changes: readonly RowChange[]; readonly committed: () => void } {
    const keys = this.#changed
    this.#changed = new Set()
    const changes: RowChange[] = []
    for (const key of keys) {
      const dirty = this.#dirty.get(key)
      if (dirty === undefined) continue
      dirty.commit = commit
      changes.push({ table: 'entries', key: Buffer.from(key), value: encodeEntry(dirty.entry) })
    }
    const committed = (): void => {
      for (const key of keys) {
        if (this.#dirty.get(key)?.commit !== commit) continue
        this.#dirty.delete(key)
        this.#dirtyKeys?.delete(key)
      }
      // Whoever does not scan any more does not pay for it.
      if (this.#dirty.size === 0) this.#dirtyKeys = null
    }
    return { changes, committed }
  }
}
