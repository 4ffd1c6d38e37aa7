import { reasonOf } from '../reason.ts'
import type { Disk, FrozenRows, Row } from './disk.ts'
import { StoreError } from './errors.ts'
import { mergeEntry } from './merge.ts'
import { type Frozen, Overlay } from './overlay.ts'
import { decodeEntry, encodeEntry } from './rows.ts'
import type { Entry } from './store.ts'

/** The merged entries: what the disk does not hold yet, in front of it. */
export class Entries {
  readonly #disk: Pick<Disk, 'place' | 'get' | 'scan'>
  readonly #overlay = new Overlay<Entry>()

  constructor(disk: Pick<Disk, 'place' | 'get' | 'scan'>) {
    this.#disk = disk
  }

  /** Throws a StoreError `corrupt` on a row that cannot be read. */
  get(key: string): Entry | undefined {
    const held = this.#overlay.get(key)
    if (held !== undefined) return held
    const bytes = this.#disk.get('entries', Buffer.from(key))
    return bytes === undefined ? undefined : this.#decode(key, bytes)
  }

  /**
   * Those whose keys start with `prefix` and are above `after` (empty: all), by key, read as they are taken. Nothing may
   * be merged meanwhile. Throws a StoreError `corrupt` on a row that cannot be read.
   */
  scan(prefix: string, after: string): IterableIterator<readonly [key: string, entry: Entry]> {
    const rows = this.#disk.scan('entries', Buffer.from(prefix), Buffer.from(after))
    return this.#overlay.over<readonly [string, Entry]>(
      rows,
      prefix,
      after,
      (key, row) => [key, this.#decode(key, row.value)],
      (key, entry) => [key, entry],
    )
  }

  /** All behind the key `after` (empty: from the first), as rows. */
  rows(after: Uint8Array): IterableIterator<Row> {
    const rows = this.#disk.scan('entries', new Uint8Array(), after)
    return this.#overlay.over<Row>(
      rows,
      '',
      Buffer.from(after).toString(),
      (_, row) => row,
      (key, entry) => ({ key: Buffer.from(key), value: encodeEntry(entry) }),
    )
  }

  merge(key: string, arriving: Entry): void {
    const held = this.get(key)
    if (mergeEntry(held, arriving) !== held) this.#overlay.set(key, arriving)
  }

  /** Keys that have changed since the last `freeze`. */
  get changes(): number {
    return this.#overlay.changes
  }

  /** What is to be written, as of now: call `thaw` when it is. */
  freeze(): FrozenRows {
    const { size, inOrder } = this.#overlay.freeze()
    return { size, changes: entryChanges(inOrder) }
  }

  thaw(): void {
    this.#overlay.thaw()
  }

  #decode(key: string, bytes: Uint8Array): Entry {
    try {
      return decodeEntry(bytes)
    } catch (thrown) {
      const where = `the entry of ${JSON.stringify(key)} in ${this.#disk.place}`
      throw new StoreError('corrupt', `The record of ${where} cannot be read: ${reasonOf(thrown)}.`, thrown)
    }
  }
}

function* entryChanges(entries: Frozen<Entry>['inOrder']): FrozenRows['changes'] {
  for (const each of entries) {
    if (each === undefined) yield undefined
    else yield { table: 'entries', key: Buffer.from(each[0]), value: encodeEntry(each[1]) }
  }
}
