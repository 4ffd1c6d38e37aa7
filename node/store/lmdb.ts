import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { prepareDirectory, ROOM_FILE, refuseFull } from './directory.ts'
import { openDiskStore } from './disk-store.ts'
import { StoreError } from './errors.ts'
import { openLmdbDisk } from './lmdb-disk.ts'
import { isLockFile, lockDirectory } from './lock.ts'
import type { Store } from './store.ts'

/**
 * A store in a directory, which is made if it does not exist and belongs to this store alone until it is closed.
 *
 * Rejects with a StoreError: `locked`, `newer_format`, `corrupt` or `unusable`.
 */
export async function openLmdbStore(directory: string): Promise<Store> {
  const path = resolve(directory)
  prepareDirectory(path)
  const unlock = await lockDirectory(path)
  try {
    refuseForeign(path)
    refuseFull(path)
    const disk = await openLmdbDisk(path, unlock)
    try {
      return openDiskStore(disk)
    } catch (thrown) {
      await disk.close()
      throw thrown
    }
  } catch (thrown) {
    await unlock()
    throw thrown
  }
}

const DATA_FILE = 'data.mdb'
/** What may lie in an empty directory: what was left by a start that was cut short, or put there by file systems. */
const HARMLESS = new Set(['lock.mdb', ROOM_FILE, 'lost+found', '.DS_Store'])

/** A directory without our data must be empty: somebody may have named the wrong one. */
function refuseForeign(path: string): void {
  const names = readdirSync(path)
  if (names.includes(DATA_FILE)) return
  const foreign = names.filter((name) => !HARMLESS.has(name) && !isLockFile(name))
  if (foreign.length === 0) return
  const some = foreign.slice(0, 3).join(', ')
  throw new StoreError(
    'unusable',
    `The data directory ${path} holds no data of Decree but other files (${some}); choose an empty or a new one.`,
  )
}
