import { accessSync, closeSync, constants, mkdirSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { reasonOf } from '../reason.ts'
import { StoreError } from './errors.ts'

/** Makes the directory, with its parents, and checks that it can be used. Throws a StoreError `unusable`. */
export function prepareDirectory(path: string): void {
  try {
    make(path)
    if (!statSync(path).isDirectory()) throw new Error('it is a file')
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (thrown) {
    throw new StoreError('unusable', `The data directory ${path} cannot be used: ${reasonOf(thrown)}.`, thrown)
  }
}

/**
 * One level at a time: Node's own `recursive` goes round for ever where a directory is there but says that it is not
 * when something is to be made in it, as /proc does.
 */
function make(path: string): void {
  try {
    makeOne(path)
  } catch (thrown) {
    const parent = dirname(path)
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw thrown
    make(parent)
    makeOne(path)
  }
}

/** It may be there, and may appear at any time: another process can be making the same one. */
function makeOne(path: string): void {
  try {
    mkdirSync(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
  }
}

/** Where room is looked for; nothing is left there. */
export const ROOM_FILE = 'room.tmp'

/** What lmdb needs to open a new environment, and some more. */
const ROOM_BYTES = 256 * 1024

/**
 * Throws a StoreError `unusable` when nothing more can be written to the directory: lmdb, which maps its files to
 * memory, would end the process without a word. Writing finds every reason for it: disks, quotas, limits of processes.
 */
export function refuseFull(directory: string): void {
  const file = join(directory, ROOM_FILE)
  try {
    const descriptor = openSync(file, 'w')
    try {
      rmSync(file)
      const zeros = Buffer.alloc(ROOM_BYTES)
      for (let done = 0; done < ROOM_BYTES; ) done += writeSync(descriptor, zeros, done)
    } finally {
      closeSync(descriptor)
    }
  } catch (thrown) {
    const message = `The data directory ${directory} has no room for ${ROOM_BYTES / 1024} KiB: ${reasonOf(thrown)}.`
    throw new StoreError('unusable', message, thrown)
  }
}

/** Less than this is likely to be the reason for a write that failed: a commit with a large decree takes as much. */
const ROOM_BYTES_MIN = 16 * 1024 * 1024

/**
 * What is added to the reason for a failed write where the file system is nearly full, empty elsewhere: lmdb reports
 * any write that fell short as an input/output error.
 */
export function lackOfRoom(directory: string): string {
  try {
    const { bavail, bsize } = statfsSync(directory)
    const freeBytes = bavail * bsize
    if (freeBytes >= ROOM_BYTES_MIN) return ''
    return `, with ${Math.floor(freeBytes / 1024)} KiB left on its file system; make room and start the node again`
  } catch {
    // The disk that cannot be asked is the one whose failure is being reported.
    return ''
  }
}
