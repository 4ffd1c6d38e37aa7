import type { Disk, RowChange, Snapshot, Table } from '../../node/store/disk.ts'
import { TABLES } from '../../node/store/disk.ts'
import { MemoryTable } from '../../node/store/memory-table.ts'
import type { LogFiles } from '../../node/store/segment-log.ts'
import type { Random } from '../support/random.ts'
import { SimFiles } from './files.ts'
import type { Schedule } from './schedule.ts'

/** How a disk behaves at present. */
export interface DiskManners {
  /** A write takes from half of this to one and a half times it, ms. */
  commitMs: number
  /** How the next write fails; null: it does not. */
  failure: DiskFailure | null
}

export type DiskFailure = 'fsync' | 'full'

/**
 * - `kill`: the process ends, the operating system lives on: what was written is read by the next process, synced or not.
 * - `power`: of what was not synced, anything may be there.
 */
export type CrashKind = 'kill' | 'power'

/** What a process sees of a disk. */
export interface OpenDisk {
  readonly tables: Disk
  readonly files: LogFiles
}

/** What a process that opens a disk is to the disk. */
export interface DiskUser {
  /** Runs something in the process: now, later or never. */
  act(run: () => void): void
  /** These bytes of a log are handed over. What it returns is called when they are certain to survive. */
  wrote(bytes: Uint8Array): () => void
  /** The disk has failed: a write of the log, or the making of a segment. */
  failed(failure: DiskFailure): void
}

/**
 * A simulated disk with tables, whose commits are whole or not there after a crash, each for itself, and with the files of a
 * log, of whose last write anything may be there.
 */
export class SimDisk {
  readonly place: string
  readonly manners: DiskManners = { commitMs: 1, failure: null }
  readonly #schedule: Schedule
  readonly #random: Random
  #tables = new Map<Table, MemoryTable>()
  #files: SimFiles
  #commits = new Set<readonly RowChange[]>()
  /** Of the process that has it: what was planned before a crash does not happen. */
  #life = 0

  constructor(place: string, schedule: Schedule, random: Random) {
    this.place = place
    this.#schedule = schedule
    this.#random = random
    this.#files = new SimFiles(place, random.stream('files'))
  }

  /** For the process that has it from now on. */
  open(user: DiskUser): OpenDisk {
    this.#life += 1
    const life = this.#life
    const take = (run: (failure: DiskFailure | null) => void, share: number): void => {
      this.#schedule.after(this.manners.commitMs * share * (0.5 + this.#random.fraction()), () => {
        if (life === this.#life) run(this.manners.failure)
      })
    }
    return {
      tables: {
        ...this.#reads(),
        commit: (changes, done) => {
          this.#commits.add(changes)
          take((failure) => {
            this.#commits.delete(changes)
            // After a failed fsync nobody knows what the disk holds.
            if (failure === null || (failure === 'fsync' && this.#random.chance(0.5))) this.#land(changes)
            user.act(() => done(failure))
          }, 2)
        },
      },
      files: this.#files.open(take, user),
    }
  }

  /** What a process would find after a power cut, and could not change. */
  durable(): OpenDisk {
    const refuse = (): never => {
      throw new Error(`${this.place} is only looked at`)
    }
    return { tables: { ...this.#reads(), commit: refuse }, files: this.#files.durable(refuse) }
  }

  /** Commits under way, which a crash may lose. */
  get commits(): number {
    return this.#commits.size
  }

  crash(kind: CrashKind): void {
    this.#life += 1
    for (const commit of this.#commits) if (this.#random.chance(0.3)) this.#land(commit)
    this.#commits.clear()
    this.#files.crash(kind)
    this.manners.failure = null
  }

  /** Everything is gone. */
  wipe(): void {
    this.crash('power')
    this.#tables = new Map()
    this.#files = new SimFiles(this.place, this.#random.stream('files again'))
  }

  #reads(): Omit<Disk, 'commit'> {
    return {
      place: this.place,
      get: (table, key) => this.#tables.get(table)?.get(key),
      scan: (table, prefix, after) => this.#tables.get(table)?.scan(prefix, after) ?? [],
      snapshot: () => this.#snapshot(),
    }
  }

  #snapshot(): Snapshot {
    const tables = new Map(TABLES.map((table) => [table, this.#table(table).shared()]))
    return {
      get: (table, key) => tables.get(table)?.get(key),
      rows: (table, after) => tables.get(table)?.rows(after) ?? [],
      release: () => tables.clear(),
    }
  }

  #land(changes: readonly RowChange[]): void {
    for (const { table, key, value } of changes) this.#tables.set(table, this.#table(table).changed(key, value))
  }

  #table(table: Table): MemoryTable {
    return this.#tables.get(table) ?? new MemoryTable()
  }
}
