import { type Database, open, type RootDatabase } from 'lmdb'
import { lackOfRoom } from './directory.ts'
import { type Disk, type Row, type RowChange, type Snapshot, TABLES, type Table } from './disk.ts'
import { reason, StoreError } from './errors.ts'
import { refuseTruncated, refuseUnopenable } from './lmdb-probe.ts'

type Rows = Database<Uint8Array, Uint8Array>
type Root = RootDatabase<Uint8Array, Uint8Array>

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const

/**
 * The tables of one lmdb environment in `directory`. `release` is called once it is closed, not when this throws.
 *
 * Rejects with a StoreError `corrupt` or `unusable`.
 */
export async function openLmdbDisk(directory: string, release: () => Promise<void>): Promise<Disk> {
  refuseUnopenable(directory)
  const root = openRoot(directory)
  try {
    refuseTruncated(root, directory)
    refuseForeign(root, directory)
    const tables = Object.fromEntries(TABLES.map((table) => [table, root.openDB(table, BINARY)]))
    return new LmdbDisk(directory, root, tables as Record<Table, Rows>, release)
  } catch (thrown) {
    await root.close()
    if (thrown instanceof StoreError) throw thrown
    throw new StoreError('corrupt', `The data file in ${directory} cannot be read: ${reason(thrown)}.`, thrown)
  }
}

function openRoot(directory: string): Root {
  try {
    return open<Uint8Array, Uint8Array>({
      path: directory,
      noSubdir: false,
      maxDbs: TABLES.length + 4,
      // With overlapping syncs, lmdb's default, a commit resolves when it is visible; without, when it is durable.
      overlappingSync: false,
      ...BINARY,
    })
  } catch (thrown) {
    const isCorrupt = /MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(reason(thrown))
    const message = `The data file in ${directory} cannot be opened: ${reason(thrown)}.`
    throw new StoreError(isCorrupt ? 'corrupt' : 'unusable', message, thrown)
  }
}

/** The environment of another program has other tables. */
function refuseForeign(root: Root, directory: string): void {
  const names = [...root.getKeys()].map((key) => Buffer.from(key).toString().replace(/\0$/, ''))
  if (names.length === 0 || names.includes('state')) return
  throw new StoreError(
    'unusable',
    `The data file in ${directory} is not Decree's: it holds ${names.slice(0, 3).join(', ')}.`,
  )
}

class LmdbDisk implements Disk {
  readonly place: string
  /** Never: a disk that fails rejects the commits under way. */
  readonly lost = new Promise<void>(() => undefined)
  readonly #root: Root
  readonly #tables: Readonly<Record<Table, Rows>>
  readonly #release: () => Promise<void>
  /** The last commit given to lmdb or waiting for its turn. */
  #underWay: Promise<void> = Promise.resolve()
  /** What goes to lmdb when the commit under way has ended. */
  #waiting: { readonly changes: RowChange[]; readonly durable: Promise<void> } | null = null

  constructor(directory: string, root: Root, tables: Readonly<Record<Table, Rows>>, release: () => Promise<void>) {
    this.place = directory
    this.#root = root
    this.#tables = tables
    this.#release = release
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#tables[table].getBinaryFast(key)
  }

  scan(table: Table, prefix: Uint8Array, after: Uint8Array): Iterable<Row> {
    const isBehind = after.length > 0 && Buffer.compare(after, prefix) >= 0
    const start = isBehind ? after : prefix
    return this.#tables[table].getRange({
      ...(start.length === 0 ? {} : { start, exclusiveStart: isBehind }),
      ...(prefix.length === 0 ? {} : { end: behindAll(prefix) }),
    })
  }

  /**
   * One at a time: what comes meanwhile waits and goes together. If lmdb had several in its queue, a later one could
   * succeed where an earlier one found no room.
   */
  commit(changes: readonly RowChange[]): Promise<void> {
    if (this.#waiting === null) {
      const changes: RowChange[] = []
      const durable = this.#underWay.then(() => {
        this.#waiting = null
        return this.#put(changes)
      })
      this.#waiting = { changes, durable }
      this.#underWay = durable
    }
    for (const change of changes) this.#waiting.changes.push(change)
    return this.#waiting.durable
  }

  /**
   * A batch is one block of instructions to lmdb's writing thread, which does not commit inside a block. A change
   * that fails makes the whole commit fail.
   */
  async #put(changes: readonly RowChange[]): Promise<void> {
    for (const { table, key } of changes) checkKey(table, key)
    try {
      await this.#root.batch(() => {
        for (const { table, key, value } of changes) {
          if (value === null) this.#tables[table].remove(key)
          else this.#tables[table].put(key, value)
        }
      })
    } catch (thrown) {
      const cause = await causeOf(thrown)
      throw new Error(`${reason(cause)}${lackOfRoom(this.place)}`, { cause })
    }
  }

  snapshot(): Snapshot {
    const transaction = this.#root.useReadTransaction()
    return {
      get: (table, key) => this.#tables[table].get(key, { transaction }),
      rows: (table, after): Iterable<Row> => {
        const behind = after.length === 0 ? {} : { start: after, exclusiveStart: true }
        return this.#tables[table].getRange({ transaction, ...behind })
      },
      release: () => transaction.done(),
    }
  }

  async close(): Promise<void> {
    try {
      await this.#root.close()
    } finally {
      await this.#release()
    }
  }
}

/** lmdb's bound on keys where pages have 4 KiB. */
const KEY_BYTES_MAX = 1978

/** Before the batch: what was put before an error in the middle of it would be committed. */
function checkKey(table: Table, key: Uint8Array): void {
  if (key.length > 0 && key.length <= KEY_BYTES_MAX) return
  throw new Error(`a key of ${key.length} bytes for ${table}; the bounds are 1 and ${KEY_BYTES_MAX}`)
}

/** The first key behind all that begin with `prefix`, which is UTF-8: no byte of it is the highest one. */
function behindAll(prefix: Uint8Array): Uint8Array {
  const end = Buffer.from(prefix)
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1)
  return end
}

/** lmdb's own error says that there is another one, a promise that rejects with it. */
async function causeOf(thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error && 'commitError' in thrown)) return thrown
  try {
    await thrown.commitError
    return thrown
  } catch (cause) {
    return cause
  }
}
