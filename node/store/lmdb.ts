import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { prepareDirectory, ROOM_FILE, refuseFull } from './directory.ts'
import { type DiskStoreOptions, type Medium, openDiskStore } from './disk-store.ts'
import { StoreError } from './errors.ts'
import { STORE_BYTES } from './frame.ts'
import { type ClosingDisk, openLmdbDisk } from './lmdb-disk.ts'
import { isLockFile, lockDirectory } from './lock.ts'
import type { LogPlace } from './log.ts'
import { DirectoryLogFiles, isSegmentFile, isSpareFile } from './log-files.ts'
import { SEGMENT_LOG_DEFAULTS, type SegmentLogOptions, SegmentLogPlace } from './segment-log.ts'
import type { Store } from './store.ts'

/**
 * A store in a directory, which is made if it does not exist and belongs to this store alone until it is closed.
 *
 * Rejects with a StoreError: `locked`, `newer_format`, `corrupt` or `unusable`.
 */
export async function openLmdbStore(directory: string, options: Partial<LmdbStoreOptions> = {}): Promise<Store> {
  const path = resolve(directory)
  prepareDirectory(path)
  const unlock = await lockDirectory(path)
  try {
    refuseForeign(path)
    refuseFull(path)
    const medium = new Directory(path, await openLmdbDisk(path), unlock, { ...SEGMENT_LOG_DEFAULTS, ...options })
    try {
      return await openDiskStore(medium, () => new Uint8Array(randomBytes(STORE_BYTES)), options)
    } catch (thrown) {
      await medium.close()
      throw thrown
    }
  } catch (thrown) {
    await unlock()
    throw thrown
  }
}

/** For tests: the defaults suit everybody. */
export interface LmdbStoreOptions extends DiskStoreOptions, SegmentLogOptions {}

/** The tables in lmdb's file, the log in files of its own. */
class Directory implements Medium {
  readonly place: string
  readonly disk: ClosingDisk
  readonly log: LogPlace
  /** Never: a disk that fails says so. */
  readonly lost = new Promise<void>(() => undefined)
  onFailure: (failure: unknown) => void = () => undefined
  readonly #files: DirectoryLogFiles
  readonly #unlock: () => Promise<void>

  constructor(path: string, disk: ClosingDisk, unlock: () => Promise<void>, options: SegmentLogOptions) {
    this.place = path
    this.disk = disk
    this.#unlock = unlock
    this.#files = new DirectoryLogFiles(path, (failure) => this.onFailure(failure))
    this.log = new SegmentLogPlace(this.#files, (run) => void setImmediate(run), options)
  }

  async close(): Promise<void> {
    try {
      await this.#files.close()
      await this.disk.close()
    } finally {
      await this.#unlock()
    }
  }
}

const DATA_FILE = 'data.mdb'
/** What may lie in an empty directory: what was left by a start that was cut short, or put there by file systems. */
const HARMLESS = new Set(['lock.mdb', ROOM_FILE, 'lost+found', '.DS_Store'])

/** A directory without our data must be empty: somebody may have named the wrong one. */
function refuseForeign(path: string): void {
  const names = readdirSync(path)
  if (names.includes(DATA_FILE)) return
  if (names.some(isSegmentFile)) {
    throw new StoreError(
      'corrupt',
      `The data directory ${path} holds a journal but no ${DATA_FILE}, without which it is of no use.`,
    )
  }
  const foreign = names.filter((name) => !HARMLESS.has(name) && !isLockFile(name) && !isSpareFile(name))
  if (foreign.length === 0) return
  const some = foreign.slice(0, 3).join(', ')
  throw new StoreError(
    'unusable',
    `The data directory ${path} holds no data of Decree but other files (${some}); choose an empty or a new one.`,
  )
}
