import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { reason, StoreError, type StoreErrorCode } from './errors.ts'

// lmdb does not survive some data files: it ends the process, without a word, instead of throwing an error. They are
// told apart before it sees them.

/** lmdb's first two pages say where everything is; none is smaller than this. */
const PAGE_BYTES_MIN = 4096
/** Where the first one has lmdb's mark, then the version of its format, both as 32 bits, little-endian. */
const MARK_AT = 24
const MARK = 0xbeefc0de
const VERSION = 2

/** Throws a StoreError, `corrupt` or `unusable`, when the files in the directory would keep lmdb from opening. */
export function refuseUnopenable(directory: string): void {
  const refuse = (why: string, code: StoreErrorCode = 'corrupt'): never => {
    throw new StoreError(code, `The data file in ${directory} ${why}.`)
  }
  let head: Buffer
  try {
    head = readHead(join(directory, 'data.mdb'))
    readHead(join(directory, 'lock.mdb'))
  } catch (thrown) {
    return refuse(`cannot be opened: ${reason(thrown)}`, 'unusable')
  }
  // An empty file is what a process leaves that was killed before its first write.
  if (head.length === 0) return
  if (head.length < 2 * PAGE_BYTES_MIN) refuse(`is cut off: only ${head.length} bytes are there`)
  if (head.readUInt32LE(MARK_AT) !== MARK) refuse('is not Decree’s, or its beginning is destroyed')
  const version = head.readUInt32LE(MARK_AT + 4)
  if (version !== VERSION) refuse(`is in version ${version} of lmdb's format; this software reads version ${VERSION}`)
}

/** The first bytes of a file that can be read and written, none if there is no file. */
function readHead(file: string): Buffer {
  if (!existsSync(file)) return Buffer.alloc(0)
  const descriptor = openSync(file, 'r+')
  try {
    const head = Buffer.alloc(2 * PAGE_BYTES_MIN)
    return head.subarray(0, readSync(descriptor, head))
  } finally {
    closeSync(descriptor)
  }
}

/** Reads everything: all tables, and by the statistics also the list of free pages. */
const READ_ALL = `
import { open } from ${JSON.stringify(import.meta.resolve('lmdb'))}
const binary = { encoding: 'binary', keyEncoding: 'binary' }
const root = open({ path: process.argv[1], noSubdir: false, readOnly: true, maxDbs: 100, ...binary })
root.getStats()
const names = [...root.getKeys()].map((name) => Buffer.from(name).toString().replace(/\\0$/, ''))
const tables = names.map((name) => root.openDB(name, binary))
for (const table of tables) for (const { value } of table.getRange()) value.at(-1)`

/**
 * Throws a StoreError `corrupt` when the end of the data file is missing.
 *
 * Reading behind the end of a mapped file kills the process, without a word. The size alone does not tell: lmdb
 * counts pages that it took and freed in one commit and never wrote. A short file is therefore read by another
 * process first; sound files are short only now and then.
 */
export function refuseTruncated(root: RootDatabase<Uint8Array, Uint8Array>, directory: string): void {
  const { env } = root as unknown as { env: { info(): { lastPageNumber: number }; stat(): { pageSize: number } } }
  const expected = (env.info().lastPageNumber + 1) * env.stat().pageSize
  const { size } = statSync(join(directory, 'data.mdb'))
  if (size >= expected) return
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', READ_ALL, directory], {
    stdio: 'ignore',
  })
  if (status === 0) return
  const message = `The data file in ${directory} is cut off: of ${expected} bytes ${size} are there.`
  throw new StoreError('corrupt', message, new Error(`reading all of it ended with ${signal ?? status}`))
}
