import { type Disk, type Row, type RowChange, type Snapshot, TABLES, type Table } from './disk.ts'
import { openDiskStore } from './disk-store.ts'
import { StoreError } from './errors.ts'
import { MemoryTable } from './memory-table.ts'
import type { Store } from './store.ts'

/** What a memory store leaves behind: open it again on the same disk and everything durable is there. */
export interface MemoryDisk {
  /**
   * Ends the store that has it open as a crash would: of the writes under way, in order, the first `survivors`
   * (default 0) become durable, the others are lost. No write of that store settles any more, nor is it kept.
   */
  crash(survivors?: number): void
}

/** An empty disk in memory. */
export function createMemoryDisk(): MemoryDisk {
  return new Medium()
}

/**
 * A store in memory, for tests and for nodes that keep nothing. Writes become durable one by one, in order, each
 * in a later turn of the event loop. Without `disk`, all is gone when it is closed.
 *
 * Rejects with a StoreError `locked` if another store has the disk open.
 */
export async function openMemoryStore(disk: MemoryDisk = createMemoryDisk()): Promise<Store> {
  if (!(disk instanceof Medium)) throw new TypeError('A memory disk is made by createMemoryDisk().')
  const opened = disk.open()
  try {
    return openDiskStore(opened)
  } catch (thrown) {
    await opened.close()
    throw thrown
  }
}

/** What stays: the tables, and who has them open. */
class Medium implements MemoryDisk {
  readonly #tables = new Map<Table, MemoryTable>()
  #opened: OpenMedium | null = null

  open(): Disk {
    if (this.#opened !== null) throw new StoreError('locked', 'The memory disk is in use by another store.')
    this.#opened = new OpenMedium(this)
    return this.#opened
  }

  closed(): void {
    this.#opened = null
  }

  crash(survivors = 0): void {
    this.#opened?.crash(survivors)
    this.#opened = null
  }

  table(table: Table): MemoryTable {
    return this.#tables.get(table) ?? new MemoryTable()
  }

  apply(changes: readonly RowChange[]): void {
    for (const { table, key, value } of changes) this.#tables.set(table, this.table(table).changed(key, value))
  }
}

interface Commit {
  readonly changes: readonly RowChange[]
  readonly resolve: () => void
}

/** The medium as one store has it open. */
class OpenMedium implements Disk {
  readonly place = 'the memory disk'
  readonly lost: Promise<void>
  readonly #medium: Medium
  readonly #waiting: Commit[] = []
  #lose: () => void = () => undefined
  #isLost = false

  constructor(medium: Medium) {
    this.#medium = medium
    this.lost = new Promise((resolve) => {
      this.#lose = resolve
    })
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#medium.table(table).get(key)
  }

  scan(table: Table, prefix: Uint8Array, after: Uint8Array): Iterable<Row> {
    return this.#medium.table(table).scan(prefix, after)
  }

  commit(changes: readonly RowChange[]): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isLost) return
      this.#waiting.push({ changes, resolve })
      if (this.#waiting.length === 1) setImmediate(() => this.#next())
    })
  }

  snapshot(): Snapshot {
    const tables = new Map(TABLES.map((table) => [table, this.#medium.table(table).shared()]))
    return {
      get: (table, key) => tables.get(table)?.get(key),
      rows: (table, after) => tables.get(table)?.rows(after) ?? [],
      release: () => tables.clear(),
    }
  }

  crash(survivors: number): void {
    for (const { changes } of this.#waiting.splice(0).slice(0, survivors)) this.#medium.apply(changes)
    this.#isLost = true
    this.#lose()
  }

  async close(): Promise<void> {
    if (!this.#isLost) this.#medium.closed()
  }

  #next(): void {
    const commit = this.#waiting.shift()
    if (commit === undefined) return
    this.#medium.apply(commit.changes)
    commit.resolve()
    if (this.#waiting.length > 0) setImmediate(() => this.#next())
  }
}
