import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { State } from '../../proto/gen/decree/v1/record.ts'
import { decodeHead, encodeHead } from './frame.ts'
import { encodePatch, openLmdbStore, StoreError } from './index.ts'
import { refuseTruncated } from './lmdb-probe.ts'

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const

describe('a data directory', () => {
  let parent: string
  let directory: string

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'decree-lmdb-'))
    directory = join(parent, 'data')
  })

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true })
  })

  /** Opens and closes a store with one key and one session in it. */
  async function fill(): Promise<void> {
    const store = await openLmdbStore(directory)
    const config = { cluster: 'c0ffee', version: 1, members: [{ id: '0123456789abcdef', address: '127.0.0.1:1' }] }
    const body = encodePatch({
      revision: 1,
      timeMs: 1,
      entries: new Map([['a', { revision: 1, version: 0, value: 'A'.repeat(20_000) }]]),
      sessions: new Map([['s1', { dropped: false, acked: 1, results: new Map() }]]),
    })
    await store.write([{ type: 'merge', slot: 1, decree: { header: { config, collectable: 0, count: 1 }, body } }])
    await store.close()
  }

  /** Changes a row behind the store's back. */
  async function tamper(table: string, key: Uint8Array, value: Uint8Array): Promise<void> {
    const root = open({ path: directory, noSubdir: false, overlappingSync: false, ...BINARY })
    await root.openDB<Uint8Array, Uint8Array>(table, BINARY).put(key, value)
    await root.close()
  }

  async function refusal(): Promise<StoreError> {
    const thrown: unknown = await openLmdbStore(directory).then(
      () => null,
      (error: unknown) => error,
    )
    expect(thrown).toBeInstanceOf(StoreError)
    const error = thrown as StoreError
    // One sentence that names the place.
    expect(error.message).toContain(directory)
    expect(error.message).toMatch(/^[^\n]+\.$/)
    return error
  }

  it('is made with its parents, and leaves no lock behind when closed', async () => {
    directory = join(directory, 'deep', 'er')
    await fill()
    expect(readdirSync(directory).sort()).toEqual(['data.mdb', 'journal-1', 'lock.mdb'])
  })

  it('may have a path longer than a socket address', async () => {
    directory = join(directory, 'long'.repeat(40), 'er'.repeat(50))
    const store = await openLmdbStore(directory)
    expect((await refusal()).code).toBe('locked')
    await store.close()
  })

  it('is opened by one of many that try at once, or by none', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => openLmdbStore(directory)))
    const opened = attempts.filter((attempt) => attempt.status === 'fulfilled')
    expect(opened.length).toBeLessThanOrEqual(1)
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'locked' })
      else await attempt.value.close()
    }
    await fill()
  })

  it('is refused with both formats when newer software wrote it', async () => {
    await fill()
    await tamper('state', Buffer.from('state'), State.encode({ ...State.decode(new Uint8Array()), format: 7 }).finish())
    const error = await refusal()
    expect(error.code).toBe('newer_format')
    expect(error.message).toMatch(/format 7.* formats up to 2/)
  })

  it.each([
    ['state', Buffer.from('state')],
    ['journal', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])],
    ['sessions', Buffer.from('s1')],
  ])('is refused when a record of its %s table is corrupt', async (table, key) => {
    await fill()
    await tamper(table, key, Buffer.from([0xff, 0xff, 0xff]))
    expect((await refusal()).code).toBe('corrupt')
    expect((await refusal()).code).toBe('corrupt')
  })

  it('is refused when the journal lacks the accepted decree', async () => {
    await fill()
    const ballot = { counter: 1, node: '0123456789abcdef' }
    const accepted = { ballot, slot: 9, origin: ballot, chosen: false }
    const state = { ...State.decode(new Uint8Array()), format: 1, promised: ballot, accepted }
    await tamper('state', Buffer.from('state'), State.encode(state).finish())
    expect((await refusal()).message).toContain('slot 9')
  })

  it('reports a corrupt entry when it is read', async () => {
    await fill()
    await tamper('entries', Buffer.from('a'), Buffer.from([0xff, 0xff, 0xff]))
    const store = await openLmdbStore(directory)
    expect(() => store.view.get('a')).toThrow(StoreError)
    expect(() => store.view.get('a')).toThrow(/entry of "a"/)
    await expect(store.hash()).rejects.toMatchObject({ code: 'corrupt' })
    await expect(store.chunk(0, '', 100)).rejects.toMatchObject({ code: 'corrupt' })
    await store.close()
  })

  it.each([0, 100, 5_000, 12_288, 40_000])('is refused when its data file is cut off after %i bytes', async (size) => {
    await fill()
    const file = join(directory, 'data.mdb')
    truncateSync(file, size)
    expect((await refusal()).code).toBe('corrupt')
  })

  it('may have a data file shorter than lmdb counts, when no page in use is missing', async () => {
    await fill()
    const env = { info: () => ({ lastPageNumber: 10_000 }), stat: () => ({ pageSize: 4096 }) }
    const root = { env } as unknown as Parameters<typeof refuseTruncated>[0]
    expect(() => refuseTruncated(root, directory)).not.toThrow()
    truncateSync(join(directory, 'data.mdb'), 12_288)
    expect(() => refuseTruncated(root, directory)).toThrow('cut off')
  })

  it('may hold what a first start that was cut short has left', async () => {
    mkdirSync(directory)
    for (const name of ['data.mdb', 'journal-new', 'journal-spare-3']) writeFileSync(join(directory, name), '')
    await fill()
    const store = await openLmdbStore(directory)
    expect(store.view.revision).toBe(1)
    await store.close()
  })

  it('is refused when its data file is gone and its journal is there', async () => {
    await fill()
    rmSync(join(directory, 'data.mdb'))
    expect((await refusal()).message).toMatch(/a journal but no data.mdb/)
  })

  it('is refused when its journal is gone', async () => {
    await fill()
    rmSync(join(directory, 'journal-1'))
    expect((await refusal()).message).toMatch(/lacks segment 1/)
    expect((await refusal()).code).toBe('corrupt')
  })

  it('is refused when its journal is that of another store', async () => {
    await fill()
    const own = directory
    directory = join(parent, 'other')
    await fill()
    copyFileSync(join(own, 'journal-1'), join(directory, 'journal-1'))
    expect((await refusal()).message).toMatch(/of another store/)
  })

  it('is refused when its journal is in a newer format', async () => {
    await fill()
    const file = join(directory, 'journal-1')
    const bytes = readFileSync(file)
    const head = decodeHead(bytes)
    if (head !== null) bytes.set(encodeHead({ ...head, format: 7 }))
    writeFileSync(file, bytes)
    expect((await refusal()).message).toMatch(/journal .*format 7.* formats up to 1/)
  })

  it('is refused when its data file is garbage', async () => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'data.mdb'), Buffer.alloc(50_000, 'garbage'))
    expect((await refusal()).code).toBe('corrupt')
  })

  it('is refused when its data file is in another version of lmdb’s format', async () => {
    await fill()
    const file = join(directory, 'data.mdb')
    const bytes = readFileSync(file)
    bytes.writeUInt32LE(1, 28)
    writeFileSync(file, bytes)
    expect((await refusal()).message).toContain('version 1')
  })

  it.each(['data.mdb', 'lock.mdb'])('is refused when %s is no file', async (name) => {
    mkdirSync(join(directory, name), { recursive: true })
    expect((await refusal()).code).toBe('unusable')
  })

  it('is refused, untouched, when it holds the files of another', async () => {
    mkdirSync(directory)
    writeFileSync(join(directory, 'thesis.tex'), 'years of work')
    const error = await refusal()
    expect(error.code).toBe('unusable')
    expect(error.message).toContain('thesis.tex')
    expect(readdirSync(directory)).toEqual(['thesis.tex'])
  })

  it('is refused when its data file is that of another program', async () => {
    const root = open({ path: directory, noSubdir: false })
    await root.openDB('recipes', {}).put('cake', 'flour')
    await root.close()
    const error = await refusal()
    expect(error.code).toBe('unusable')
    expect(error.message).toContain('recipes')
  })

  it('is refused when it is a file, or cannot be made', async () => {
    writeFileSync(directory, 'a file')
    expect((await refusal()).code).toBe('unusable')
    expect(readFileSync(directory, 'utf8')).toBe('a file')
    directory = join(directory, 'below')
    expect((await refusal()).code).toBe('unusable')
    expect(existsSync(directory)).toBe(false)
  })

  it('can be opened once what was refused is put right', async () => {
    await fill()
    const good = readFileSync(join(directory, 'data.mdb'))
    await tamper('sessions', Buffer.from('s1'), Buffer.from([0xff]))
    await refusal()
    writeFileSync(join(directory, 'data.mdb'), good)
    const store = await openLmdbStore(directory)
    expect(store.view.session('s1')?.slot).toBe(1)
    await store.close()
  })
})
