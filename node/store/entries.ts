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
  readonly #disk: Pick<Disk, 'place' | 'get'>
  readonly #dirty = new Map<string, Dirty>()
  /** Keys changed since `collect`. */
  #changed = new Set<string>()

  constructor(disk: Pick<Disk, 'place' | 'get'>) {
    this.#disk = disk
  }

  /** Throws a StoreError `corrupt` on a row that cannot be read. */
  get(key: string): Entry | undefined {
    const dirty = this.#dirty.get(key)
    if (dirty !== undefined) return dirty.entry
    const bytes = this.#disk.get('entries', Buffer.from(key))
    if (bytes === undefined) return undefined
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
      for (const key of keys) if (this.#dirty.get(key)?.commit === commit) this.#dirty.delete(key)
    }
    return { changes, committed }
  }
}
