import { statSync } from 'node:fs'
import { type Database, open, type RootDatabase } from 'lmdb'
import { type Disk, type RowChange, type Snapshot, TABLES, type Table } from './disk.ts'
import { reason, StoreError } from './errors.ts'

type Rows = Database<Uint8Array, Uint8Array>

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const

/**
 * The tables of one lmdb environment in `directory`.
 *
 * Throws a StoreError `corrupt` or `unusable`.
 */
export async function openLmdbDisk(directory: string): Promise<Disk> {
  let root: RootDatabase<Uint8Array, Uint8Array>
  try {
    root = open<Uint8Array, Uint8Array>({
      path: directory,
      noSubdir: false,
      maxDbs: TABLES.length + 4,
      // A commit resolves when it is on the disk, not when it is visible: with overlapping syncs it is the latter.
      overlappingSync: false,
      ...BINARY,
    })
  } catch (thrown) {
    const code = /MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(reason(thrown)) ? 'corrupt' : 'unusable'
    throw new StoreError(code, `The data file in ${directory} cannot be opened: ${reason(thrown)}.`, thrown)
  }
  try {
    refuseTruncated(root, directory)
    refuseForeign(root, directory)
    const tables = new Map(TABLES.map((name) => [name, root.openDB<Uint8Array, Uint8Array>(name, BINARY)]))
    return new LmdbDisk(directory, root, tables)
  } catch (thrown) {
    await root.close()
    if (thrown instanceof StoreError) throw thrown
    throw new StoreError('corrupt', `The data file in ${directory} cannot be read: ${reason(thrown)}.`, thrown)
  }
}
