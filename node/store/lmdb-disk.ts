import { type Database, open, type RootDatabase } from 'lmdb'
import { reasonOf } from '../reason.ts'
import { lackOfRoom } from './directory.ts'
import { type Disk, type Row, type RowChange, type Snapshot, TABLES, type Table } from './disk.ts'
import { StoreError } from './errors.ts'
import { refuseTruncated, refuseUnopenable } from './lmdb-probe.ts'

type Rows = Database<Uint8Array, Uint8Array>
type Root = RootDatabase<Uint8Array, Uint8Array>

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const

/** Tables that can be closed. */
export interface ClosingDisk extends Disk {
  close(): Promise<void>
}

/**
 * The tables of one lmdb environment in `directory`.
 *
 * Rejects with a StoreError `corrupt` or `unusable`.
 */
export async function openLmdbDisk(directory: string): Promise<ClosingDisk> {
  refuseUnopenable(directory)
  const root = openRoot(directory)
  try {
    refuseTruncated(root, directory)
    refuseForeign(root, directory)
    const tables = Object.fromEntries(TABLES.map((table) => [table, root.openDB(table, BINARY)]))
    return new LmdbDisk(directory, root, tables as Record<Table, Rows>)
  } catch (thrown) {
    await root.close()
    if (thrown instanceof StoreError) throw thrown
    throw new StoreError('corrupt', `The data file in ${directory} cannot be read: ${reasonOf(thrown)}.`, thrown)
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
    const isCorrupt = /MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(reasonOf(thrown))
    const message = `The data file in ${directory} cannot be opened: ${reasonOf(thrown)}.`
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

class LmdbDisk implements ClosingDisk {
  readonly place: string
  readonly #root: Root
  readonly #tables: Readonly<Record<Table, Rows>>

  constructor(directory: string, root: Root, tables: Readonly<Record<Table, Rows>>) {
    this.place = directory
    this.#root = root
    this.#tables = tables
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
   * A batch is one block of instructions to lmdb's writing thread, which does not commit inside a block. A change
   * that fails makes the whole commit fail.
   */
  commit(changes: readonly RowChange[], done: (failure: unknown) => void): void {
    this.#put(changes).then(() => done(null), done)
  }

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
      throw new Error(`${reasonOf(cause)}${lackOfRoom(this.place)}`, { cause })
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

  /** After the commits under way have ended and all snapshots are released. */
  close(): Promise<void> {
    return this.#root.close()
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
