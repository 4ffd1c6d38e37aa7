import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { reasonOf } from '../reason.ts'
import { StoreError } from './errors.ts'
import { faultOf } from './lmdb-meta.ts'

// lmdb does not survive some data files: it ends the process, without a word, instead of throwing an error. They are
// told apart before it sees them.

/** Throws a StoreError, `corrupt` or `unusable`, when the files in the directory would keep lmdb from opening. */
export function refuseUnopenable(directory: string): void {
  let fault: string | null
  try {
    fault = inspect(join(directory, 'data.mdb'), faultOf)
    inspect(join(directory, 'lock.mdb'), () => null)
  } catch (thrown) {
    const message = `The data file in ${directory} cannot be opened: ${reasonOf(thrown)}.`
    throw new StoreError('unusable', message, thrown)
  }
  if (fault !== null) throw new StoreError('corrupt', `The data file in ${directory} ${fault}.`)
}

/** Looks at a file that can be read and written; null if there is none. */
function inspect(file: string, look: (descriptor: number) => string | null): string | null {
  if (!existsSync(file)) return null
  const descriptor = openSync(file, 'r+')
  try {
    return look(descriptor)
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
