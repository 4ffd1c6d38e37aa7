import { accessSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { openDiskStore } from './disk-store.ts'
import { reason, StoreError } from './errors.ts'
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
  prepare(path)
  const unlock = await lockDirectory(path)
  try {
    refuseForeign(path)
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

/** Makes the directory and checks that it can be used. */
function prepare(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
    if (!statSync(path).isDirectory()) throw new Error('it is no directory')
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (thrown) {
    throw new StoreError('unusable', `The data directory ${path} cannot be used: ${reason(thrown)}.`, thrown)
  }
}

const DATA_FILE = 'data.mdb'
/** What may lie in an empty directory: lmdb's own, and what file systems put there unasked. */
const HARMLESS = new Set(['lock.mdb', 'lost+found', '.DS_Store'])

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
