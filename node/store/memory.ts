import { type Disk, type RowChange, TABLES, type Table } from './disk.ts'
import { type DiskStoreOptions, type Medium, openDiskStore } from './disk-store.ts'
import { StoreError } from './errors.ts'
import { STORE_BYTES } from './frame.ts'
import type { Log, LogPlace, LogPosition } from './log.ts'
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
  return new MemoryMedium()
}

/**
 * A store in memory, for tests and for nodes that keep nothing. Writes become durable one by one, in order, each
 * in a later turn of the event loop. Without `disk`, all is gone when it is closed.
 *
 * Rejects with a StoreError `locked` if another store has the disk open.
 */
export async function openMemoryStore(
  disk: MemoryDisk = createMemoryDisk(),
  options: Partial<DiskStoreOptions> = {},
): Promise<Store> {
  if (!(disk instanceof MemoryMedium)) throw new TypeError('A memory disk is made by createMemoryDisk().')
  const opened = disk.open()
  try {
    // Nobody can confuse what is in memory.
    return await openDiskStore(opened, () => new Uint8Array(STORE_BYTES), options)
  } catch (thrown) {
    await opened.close()
    throw thrown
  }
}

/** What stays: the tables, the log, and who has them open. */
class MemoryMedium implements MemoryDisk {
  readonly #tables = new Map<Table, MemoryTable>()
  /** Records by their numbers, ascending. */
  records: MemoryRecord[] = []
  #opened: OpenMedium | null = null

  open(): OpenMedium {
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

interface MemoryRecord {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The medium as one store has it open. */
class OpenMedium implements Medium {
  readonly place = 'the memory disk'
  readonly lost: Promise<void>
  readonly disk: Disk
  readonly log: LogPlace
  onFailure: (failure: unknown) => void = () => undefined
  readonly #medium: MemoryMedium
  #log: MemoryLog | null = null
  #lose: () => void = () => undefined
  #isLost = false

  constructor(medium: MemoryMedium) {
    this.#medium = medium
    this.lost = new Promise((resolve) => {
      this.#lose = resolve
    })
    this.disk = {
      place: this.place,
      get: (table, key) => medium.table(table).get(key),
      scan: (table, prefix, after) => medium.table(table).scan(prefix, after),
      commit: (changes, done) => {
        this.#later(() => {
          medium.apply(changes)
          done(null)
        })
      },
      snapshot: () => {
        const tables = new Map(TABLES.map((table) => [table, medium.table(table).shared()]))
        return {
          get: (table, key) => tables.get(table)?.get(key),
          rows: (table, after) => tables.get(table)?.rows(after) ?? [],
          release: () => tables.clear(),
        }
      },
    }
    this.log = {
      hasRecords: () => medium.records.length > 0,
      read: (_, from) => ({
        records: () => medium.records.filter(({ number }) => number > from.sequence).map(({ bytes }) => bytes),
        resume: (done) => done(this.#open(medium.records.at(-1)?.number ?? from.sequence)),
        isTorn: false,
        hasRemains: false,
      }),
      begin: (_, done) => this.#later(() => done(this.#open(0))),
    }
  }

  crash(survivors: number): void {
    this.#log?.crash(survivors)
    this.#isLost = true
    this.#lose()
  }

  async close(): Promise<void> {
    if (!this.#isLost) this.#medium.closed()
  }

  #open(last: number): MemoryLog {
    this.#log = new MemoryLog(this.#medium, last, (run) => this.#later(run))
    return this.#log
  }

  /** In a later turn, unless the medium is lost by then. */
  #later(run: () => void): void {
    setImmediate(() => {
      if (!this.#isLost) run()
    })
  }
}

/** Records become durable one by one, each in a turn of its own. */
class MemoryLog implements Log {
  bytes = 0
  readonly #medium: MemoryMedium
  readonly #later: (run: () => void) => void
  #last: number
  #waiting: { readonly record: Uint8Array; readonly durable: () => void }[] = []
  #quiet: (() => void)[] = []

  constructor(medium: MemoryMedium, last: number, later: (run: () => void) => void) {
    this.#medium = medium
    this.#last = last
    this.#later = later
    this.bytes = medium.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  get position(): LogPosition {
    return { segment: 1, offset: 0, sequence: this.#last }
  }

  append(record: Uint8Array, durable: () => void): void {
    this.#waiting.push({ record, durable })
    this.bytes += record.length
    if (this.#waiting.length === 1) this.#later(() => this.#next())
  }

  whenQuiet(run: () => void): void {
    if (this.#waiting.length === 0) run()
    else this.#quiet.push(run)
  }

  truncate({ sequence }: LogPosition): void {
    this.#medium.records = this.#medium.records.filter(({ number }) => number > sequence)
  }

  crash(survivors: number): void {
    for (const { record } of this.#waiting.splice(0).slice(0, survivors)) this.#keep(record)
  }

  #keep(record: Uint8Array): void {
    this.#last += 1
    this.#medium.records.push({ number: this.#last, bytes: record })
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#keep(next.record)
    if (this.#waiting.length === 0) for (const run of this.#quiet.splice(0)) run()
    next.durable()
    if (this.#waiting.length > 0) this.#later(() => this.#next())
  }
}
