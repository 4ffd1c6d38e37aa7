import type { Row, RowChange, Snapshot, Table } from '../../node/store/disk.ts'
import { TABLES } from '../../node/store/disk.ts'
import { MemoryTable } from '../../node/store/memory-table.ts'
import type { Random } from '../support/random.ts'
import type { Schedule } from './schedule.ts'

/** How a disk behaves at present. */
export interface DiskManners {
  /** A commit takes from half of this to one and a half times it, ms. */
  commitMs: number
  /** How the next commit fails; null: it does not. */
  failure: 'fsync' | 'full' | null
}

interface Job {
  /** Makes its rows durable; null: a reading that waits for the commits before it. */
  readonly changes: readonly RowChange[] | null
  /** Its rows have reached the disk. */
  readonly landed: () => void
  /** Its owner hears so, or that it failed. */
  readonly done: (failure: 'fsync' | 'full' | null) => void
}

/**
 * A simulated disk. Commits become durable one after the other, each some time after it was asked for; a crash loses those
 * that are not, save perhaps the first ones, of which nobody has heard yet. Each is whole or not there.
 */
export class SimDisk {
  readonly place: string
  readonly manners: DiskManners = { commitMs: 1, failure: null }
  readonly #schedule: Schedule
  readonly #random: Random
  #tables = new Map<Table, MemoryTable>()
  #jobs: Job[] = []
  /** Of the machine that has it: what was planned before a crash does not happen. */
  #life = 0

  constructor(place: string, schedule: Schedule, random: Random) {
    this.place = place
    this.#schedule = schedule
    this.#random = random
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#tables.get(table)?.get(key)
  }

  scan(table: Table, prefix: Uint8Array, after: Uint8Array): Iterable<Row> {
    return this.#tables.get(table)?.scan(prefix, after) ?? []
  }

  snapshot(): Snapshot {
    const tables = new Map(TABLES.map((table) => [table, this.#table(table).shared()]))
    return {
      get: (table, key) => tables.get(table)?.get(key),
      rows: (table, after) => tables.get(table)?.rows(after) ?? [],
      release: () => tables.clear(),
    }
  }

  /**
   * Makes the rows durable, all or none, after those of earlier calls. `landed`: they have reached the disk, whether or
   * not anybody hears of it. `done`: the machine hears how it ended; after a failure, no commit under way goes on.
   */
  commit(changes: readonly RowChange[], landed: () => void, done: (failure: 'fsync' | 'full' | null) => void): void {
    this.#add({ changes, landed, done })
  }

  /** Calls `read` when everything committed so far is durable. */
  read(read: () => void): void {
    this.#add({ changes: null, landed: () => undefined, done: read })
  }

  /** Commits under way. */
  get pending(): number {
    return this.#jobs.filter(({ changes }) => changes !== null).length
  }

  /** The machine stops at once. `survivors`: so many of the commits under way had reached the disk. */
  crash(survivors: number): void {
    const commits = this.#jobs.filter(({ changes }) => changes !== null)
    for (const commit of commits.slice(0, survivors)) this.#land(commit)
    this.#jobs = []
    this.#life += 1
    this.manners.failure = null
  }

  /** Everything is gone. */
  wipe(): void {
    this.crash(0)
    this.#tables = new Map()
  }

  #add(job: Job): void {
    this.#jobs.push(job)
    if (this.#jobs.length === 1) this.#next()
  }

  #next(): void {
    const job = this.#jobs[0]
    if (job === undefined) return
    const life = this.#life
    const { commitMs } = this.manners
    const delayMs = job.changes === null ? 0.2 : commitMs * (0.5 + this.#random.fraction())
    this.#schedule.after(delayMs, () => {
      if (life !== this.#life) return
      const { failure } = this.manners
      if (failure !== null && job.changes !== null) {
        // Nothing becomes durable behind a gap. After a failed fsync nobody knows what the disk holds.
        const isThere = failure === 'fsync' && this.#random.chance(0.5)
        this.crash(isThere ? 1 : 0)
        return job.done(failure)
      }
      this.#land(job)
      this.#jobs.shift()
      this.#next()
      job.done(null)
    })
  }

  #land({ changes, landed }: Job): void {
    for (const { table, key, value } of changes ?? []) this.#tables.set(table, this.#table(table).changed(key, value))
    landed()
  }

  #table(table: Table): MemoryTable {
    return this.#tables.get(table) ?? new MemoryTable()
  }
}
