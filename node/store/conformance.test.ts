import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Value } from '../../lang/index.ts'
import type { Ballot, Config, Decree, Write } from '../core/index.ts'
import {
  createMemoryDisk,
  encodePatch,
  openLmdbStore,
  openMemoryStore,
  type PatchEntry,
  type SessionUpdate,
  type Store,
} from './index.ts'

const NODE = '0123456789abcdef'
const CONFIG: Config = { cluster: 'c0ffee', version: 1, members: [{ id: NODE, address: '127.0.0.1:50051' }] }
const LATER: Config = { ...CONFIG, version: 2 }

interface PatchParts {
  readonly revision?: number
  readonly timeMs?: number
  readonly entries?: Record<string, Value | PatchEntry>
  readonly sessions?: Record<string, Partial<SessionUpdate>>
}

/** A decree whose transactions all have the slot as their revision unless they say otherwise. */
function decree(slot: number, parts: PatchParts = {}, config = CONFIG): Decree {
  const { revision = slot, timeMs = slot * 10, entries = {}, sessions = {} } = parts
  const body = encodePatch({
    revision,
    timeMs,
    entries: new Map(
      Object.entries(entries).map(([key, entry]): [string, PatchEntry] => [
        key,
        entry !== null && typeof entry === 'object' && 'revision' in entry
          ? entry
          : { revision, version: 0, value: entry },
      ]),
    ),
    sessions: new Map(
      Object.entries(sessions).map(([id, update]) => [id, { dropped: false, acked: 1, results: new Map(), ...update }]),
    ),
  })
  return { header: { config, collectable: 0, count: 1 }, body }
}

function merge(slot: number, parts: PatchParts = {}): Write {
  return { type: 'merge', slot, decree: decree(slot, parts) }
}

function ballot(counter: number): Ballot {
  return { counter, node: NODE }
}

function accepted(slot: number, its: Decree, counter = 1): Write {
  return { type: 'accepted', ballot: ballot(counter), slot, origin: ballot(1), decree: its }
}

function marks(applied: number): Write {
  return { type: 'marks', complete: applied, from: 1, applied, floor: 0 }
}

const result = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** All chunks of the store, as writes for another. */
async function chunks(store: Store, after: number, bytesMax: number): Promise<Write[]> {
  const writes: Write[] = []
  let cursor = ''
  do {
    const { chunk, cursor: next } = await store.chunk(after, cursor, bytesMax)
    writes.push({ type: 'chunk', after, chunk, sync: next === '' ? null : { cursor: next, upTo: 9, floor: 0 } })
    cursor = next
  } while (cursor !== '')
  return writes
}

async function hashOf(store: Store): Promise<string> {
  return Buffer.from((await store.hash()).hash).toString('hex')
}

/** One place that a store can be opened on again and again. */
interface Place {
  open(): Promise<Store>
  remove(): void
}

const KINDS: readonly [name: string, place: () => Place][] = [
  [
    'memory',
    () => {
      const disk = createMemoryDisk()
      return { open: () => openMemoryStore(disk), remove: () => undefined }
    },
  ],
  [
    'lmdb',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'decree-store-'))
      return {
        open: () => openLmdbStore(directory),
        remove: () => rmSync(directory, { recursive: true, force: true }),
      }
    },
  ],
]

describe.each(KINDS)('a store (%s)', (_kind, createPlace) => {
  let place: Place
  let store: Store

  beforeEach(async () => {
    place = createPlace()
    store = await place.open()
  })

  afterEach(async () => {
    await store.close()
    place.remove()
  })

  async function reopen(): Promise<void> {
    await store.close()
    store = await place.open()
  }

  describe('when empty', () => {
    it('restores nothing', () => {
      expect(store.restored).toEqual({
        identity: null,
        pledge: null,
        config: null,
        promised: { counter: 0, node: '' },
        accepted: null,
        marks: { complete: 0, from: 0, applied: 0, floor: 0 },
        sync: null,
        recent: [],
      })
    })

    it('shows nothing', () => {
      expect(store.view.get('a')).toBeUndefined()
      expect(store.view.session('s1')).toBeUndefined()
      expect([...store.view.idleSessions('')]).toEqual([])
      expect(store.view.revision).toBe(0)
      expect(store.view.timeMs).toBe(0)
    })

    it('gives one empty chunk', async () => {
      const { chunk, cursor } = await store.chunk(0, '', 1000)
      expect(cursor).toBe('')
      await store.write([{ type: 'chunk', after: 0, chunk, sync: null }])
      expect(store.view.revision).toBe(0)
    })
  })

  describe('a write', () => {
    it('is visible when the call returns, before it is durable', async () => {
      const durable = store.write([merge(1, { entries: { a: 'A' }, sessions: { s1: {} } })])
      expect(store.view.get('a')).toEqual({ slot: 1, revision: 1, version: 0, value: 'A' })
      expect(store.view.session('s1')?.slot).toBe(1)
      expect(store.view.revision).toBe(1)
      expect(store.view.timeMs).toBe(10)
      await durable
      expect(store.view.get('a')).toEqual({ slot: 1, revision: 1, version: 0, value: 'A' })
    })

    it('shows its newest value while older ones become durable', async () => {
      const durable = [1, 2, 3, 4, 5].map((slot) => store.write([merge(slot, { entries: { a: BigInt(slot) } })]))
      for (const each of durable) {
        await each
        expect(store.view.get('a')?.value).toBe(5n)
      }
    })

    it('is there after reopening, values of every type included', async () => {
      const value = new Map<string, Value>([
        ['bytes', new Uint8Array([0, 255])],
        ['float', 1.5],
        ['int', -(2n ** 63n)],
        ['list', [null, true, 'é', new Map()]],
        ['\uFFFD', 1n],
        ['\u{1F600}', 2n],
      ])
      await store.write([merge(1, { entries: { all: { revision: 1, version: 7, value }, 'k\u{1F600}': 'x' } })])
      await reopen()
      expect(store.view.get('all')).toEqual({ slot: 1, revision: 1, version: 7, value })
      expect(store.view.get('k\u{1F600}')?.value).toBe('x')
      expect(store.view.revision).toBe(1)
      expect(store.view.timeMs).toBe(10)
    })

    it('takes keys of 1,024 bytes and values of a mebibyte', async () => {
      const key = '\u{1F600}'.repeat(256)
      await store.write([merge(1, { entries: { [key]: 'x'.repeat(1024 * 1024) } })])
      await reopen()
      expect(String(store.view.get(key)?.value).length).toBe(1024 * 1024)
    })

    it('holds all of a batch or, when one of its patches cannot be read, nothing of it', async () => {
      const broken: Write = { type: 'merge', slot: 2, decree: { ...decree(2), body: result('\u00ff') } }
      await expect(store.write([merge(1, { entries: { a: 'A' } }), broken])).rejects.toThrow()
      expect(store.view.get('a')).toBeUndefined()
      await reopen()
      expect(store.view.get('a')).toBeUndefined()
      expect(store.restored.recent).toEqual([])
    })

    it('is refused after one has failed, and after closing', async () => {
      const broken: Write = { type: 'chunk', after: 0, chunk: result('\u00ff'), sync: null }
      await expect(store.write([broken])).rejects.toThrow()
      await expect(store.write([merge(1)])).rejects.toThrow()
      await reopen()
      await store.close()
      await expect(store.write([merge(1)])).rejects.toThrow('closed')
      await expect(store.chunk(0, '', 100)).rejects.toThrow('closed')
      await expect(store.hash()).rejects.toThrow('closed')
    })
  })

  describe('closing', () => {
    it('waits for the writes under way', async () => {
      void store.write([merge(1, { entries: { a: 'A' } })])
      void store.write([merge(2, { entries: { b: 'B' } })])
      await reopen()
      expect(store.view.get('a')?.value).toBe('A')
      expect(store.view.get('b')?.value).toBe('B')
    })

    it('waits for the reads under way', async () => {
      const entries = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`k${index}`, 'v']))
      await store.write([merge(1, { entries })])
      const reading = store.hash()
      await store.close()
      expect((await reading).hash.length).toBe(32)
    })

    it('is idempotent', async () => {
      await Promise.all([store.close(), store.close()])
      await store.close()
    })
  })

  describe('merging entries', () => {
    it('keeps the higher revision, in whatever order they arrive', async () => {
      await store.write([merge(5, { entries: { a: 'five', b: 'five' } })])
      await store.write([merge(3, { entries: { a: 'three', c: 'three' } })])
      await store.write([merge(5, { entries: { a: 'five', b: 'five' } })])
      expect(store.view.get('a')).toEqual({ slot: 5, revision: 5, version: 0, value: 'five' })
      expect(store.view.get('c')?.value).toBe('three')
      expect(store.view.revision).toBe(5)
      expect(store.view.timeMs).toBe(50)
    })

    it('shows a tombstone as an entry with the value null', async () => {
      await store.write([merge(1, { entries: { a: 'A' } })])
      await store.write([merge(2, { entries: { a: null } })])
      expect(store.view.get('a')).toEqual({ slot: 2, revision: 2, version: 0, value: null })
      await reopen()
      expect(store.view.get('a')).toEqual({ slot: 2, revision: 2, version: 0, value: null })
    })
  })

  describe('merging sessions', () => {
    it('unites results at or above the highest number acked', async () => {
      const results = (numbers: number[]) => new Map(numbers.map((number) => [number, result(`r${number}`)]))
      await store.write([merge(1, { sessions: { s1: { acked: 1, results: results([2, 1]) } } })])
      await store.write([merge(3, { sessions: { s1: { acked: 3, results: results([4]) } } })])
      await store.write([merge(2, { sessions: { s1: { acked: 2, results: results([3]) } } })])
      const expected = { slot: 3, timeMs: 30, dropped: false, acked: 3, results: results([3, 4]) }
      expect(store.view.session('s1')).toEqual(expected)
      await reopen()
      expect(store.view.session('s1')).toEqual(expected)
      expect([...(store.view.session('s1')?.results.keys() ?? [])]).toEqual([3, 4])
    })

    it('keeps a dropped session dropped, even when older news of it arrives later', async () => {
      await store.write([merge(4, { sessions: { s1: { dropped: true } } })])
      await store.write([merge(3, { sessions: { s1: { results: new Map([[1, result('late')]]) } } })])
      await store.write([merge(5, { sessions: { s1: {} } })])
      expect(store.view.session('s1')).toMatchObject({ slot: 5, dropped: true, results: new Map() })
      await reopen()
      expect(store.view.session('s1')).toMatchObject({ slot: 5, dropped: true, results: new Map() })
    })

    it('lets a one-request session be opened anew in a later slot', async () => {
      await store.write([merge(4, { sessions: { l7: { dropped: true } } })])
      await store.write([merge(6, { sessions: { l7: { results: new Map([[1, result('new')]]) } } })])
      await store.write([merge(2, { sessions: { l7: { results: new Map([[1, result('old')]]) } } })])
      expect(store.view.session('l7')).toMatchObject({
        slot: 6,
        dropped: false,
        results: new Map([[1, result('new')]]),
      })
    })

    it('lists the idle ones, the longest unchanged first, dropped ones left out', async () => {
      const ids = () => [...store.view.idleSessions('s')].map(([id]) => id)
      await store.write([merge(1, { sessions: { s1: {}, l1: {} } })])
      await store.write([merge(2, { sessions: { s2: {} } })])
      await store.write([merge(3, { sessions: { s3: {} } })])
      await store.write([merge(4, { sessions: { s1: { acked: 2 } } })])
      expect(ids()).toEqual(['s2', 's3', 's1'])
      await store.write([merge(6, { sessions: { s3: { dropped: true }, s6: {} } })])
      await store.write([merge(5, { sessions: { s5: {} } })])
      expect(ids()).toEqual(['s2', 's1', 's5', 's6'])
      await reopen()
      expect(ids()).toEqual(['s2', 's1', 's5', 's6'])
      await store.write([merge(7, { sessions: { s2: { acked: 2 } } })])
      expect(ids()).toEqual(['s1', 's5', 's6', 's2'])
      expect([...store.view.idleSessions('l')].map(([id]) => id)).toEqual(['l1'])
    })
  })

  describe('the durable state', () => {
    it('is restored as it was written', async () => {
      await store.write([{ type: 'identity', id: NODE }])
      await store.write([{ type: 'pledge', config: CONFIG }])
      await store.write([{ type: 'formed', config: CONFIG }])
      await store.write([
        { type: 'promised', ballot: ballot(2 ** 50) },
        { type: 'marks', complete: 2, from: 4, applied: 5, floor: 1 },
        {
          type: 'chunk',
          after: 2,
          chunk: (await store.chunk(0, '', 100)).chunk,
          sync: { cursor: 'eé', upTo: 7, floor: 1 },
        },
      ])
      await reopen()
      expect(store.restored).toEqual({
        identity: NODE,
        pledge: CONFIG,
        config: CONFIG,
        promised: ballot(2 ** 50),
        accepted: null,
        marks: { complete: 2, from: 4, applied: 5, floor: 1 },
        sync: { cursor: 'eé', upTo: 7, floor: 1 },
        recent: [],
      })
    })

    it('takes over the config of an accepted decree', async () => {
      await store.write([{ type: 'formed', config: CONFIG }])
      await store.write([accepted(1, decree(1, {}, LATER))])
      await reopen()
      expect(store.restored.config).toEqual(LATER)
    })
  })

  describe('the journal', () => {
    const restored = () => ({
      accepted: store.restored.accepted?.slot,
      ballot: store.restored.accepted?.ballot.counter,
      recent: store.restored.recent.map(({ slot }) => slot),
    })
    const one = decree(1, { entries: { a: 'one' } })
    const rival = decree(1, { entries: { a: 'rival' } })
    const two = decree(2)

    it('does not count an accepted decree as chosen', async () => {
      await store.write([accepted(1, one)])
      await reopen()
      expect(store.restored.accepted).toEqual({ ballot: ballot(1), slot: 1, origin: ballot(1), decree: one })
      expect(restored().recent).toEqual([])
      expect(store.view.get('a')).toBeUndefined()
    })

    it('flags the accepted decree when it is merged, and keeps it when the next is accepted', async () => {
      await store.write([accepted(1, one)])
      await store.write([{ type: 'merge', slot: 1, decree: { ...one } }, marks(1), accepted(2, two)])
      await reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1] })
      expect(store.restored.recent).toEqual([{ slot: 1, decree: one }])
      await store.write([{ type: 'merge', slot: 2, decree: two }, marks(2)])
      await reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1, 2] })
    })

    it('discards an older accepted decree that is not merged', async () => {
      await store.write([accepted(1, one)])
      await store.write([merge(2), accepted(3, decree(3))])
      await reopen()
      expect(restored()).toEqual({ accepted: 3, ballot: 1, recent: [2] })
    })

    it('replaces the accepted decree of the same slot', async () => {
      await store.write([accepted(1, one)])
      await store.write([accepted(1, rival, 2)])
      await reopen()
      expect(store.restored.accepted).toEqual({ ballot: ballot(2), slot: 1, origin: ballot(1), decree: rival })
      expect(restored().recent).toEqual([])
    })

    it('keeps the flag of a chosen decree that is accepted again in a higher ballot', async () => {
      await store.write([accepted(1, one)])
      await store.write([{ type: 'merge', slot: 1, decree: one }])
      await store.write([accepted(1, { ...one }, 3)])
      await reopen()
      expect(restored()).toEqual({ accepted: 1, ballot: 3, recent: [1] })
    })

    it('keeps an accepted decree beside another one that was chosen for its slot', async () => {
      await store.write([accepted(1, rival)])
      await store.write([{ type: 'merge', slot: 1, decree: one }])
      await reopen()
      expect(store.restored.accepted?.decree).toEqual(rival)
      expect(store.restored.recent).toEqual([{ slot: 1, decree: one }])
      expect(store.view.get('a')?.value).toBe('one')
      await store.write([accepted(2, two)])
      await reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1] })
      expect(store.restored.recent).toEqual([{ slot: 1, decree: one }])
    })

    it('keeps a decree that is accepted after it was learnt to be chosen', async () => {
      await store.write([{ type: 'merge', slot: 1, decree: one }])
      await store.write([accepted(1, one, 2)])
      await reopen()
      expect(restored()).toEqual({ accepted: 1, ballot: 2, recent: [1] })
      await store.write([accepted(2, two, 2)])
      await reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 2, recent: [1] })
    })

    it('lists what was merged out of order in the order of slots', async () => {
      for (const slot of [3, 1, 2 ** 40, 2]) await store.write([merge(slot)])
      await reopen()
      expect(restored().recent).toEqual([1, 2, 3, 2 ** 40])
    })

    it('forgets chosen decrees, never the accepted slot’s', async () => {
      for (const slot of [1, 2, 3]) await store.write([merge(slot, { entries: { [`k${slot}`]: 'v' } })])
      await store.write([accepted(4, decree(4))])
      await store.write([{ type: 'forget', through: 2 }])
      await reopen()
      expect(restored()).toEqual({ accepted: 4, ballot: 1, recent: [3] })
      await store.write([
        { type: 'merge', slot: 4, decree: decree(4) },
        { type: 'forget', through: 9 },
      ])
      await reopen()
      expect(restored()).toEqual({ accepted: 4, ballot: 1, recent: [4] })
      await store.write([accepted(5, decree(5)), { type: 'forget', through: 9 }])
      await reopen()
      expect(restored()).toEqual({ accepted: 5, ballot: 1, recent: [] })
      expect(store.view.get('k1')?.value).toBe('v')
    })
  })

  describe('chunks', () => {
    const content: PatchParts[] = [
      { entries: { a: 'A', '\uFFFD': 'B', '\u{1F600}': 'C' }, sessions: { s1: {}, s9: { dropped: true } } },
      { entries: { b: 'x'.repeat(500), a: null }, sessions: { s2: { results: new Map([[1, result('r')]]) } } },
      { entries: { c: 3n }, sessions: { s1: { acked: 2 } } },
    ]
    const fill = () => store.write(content.map((parts, index) => merge(index + 1, parts)))

    it.each([1, 60, 1_000_000])('of at most %i bytes rebuild an equal store elsewhere', async (bytesMax) => {
      // Not awaited: what was written before the call must be in it.
      const durable = fill()
      const other = await openMemoryStore()
      const pieces = await chunks(store, 0, bytesMax)
      for (const write of pieces) await other.write([write])
      await durable
      expect(await hashOf(other)).toBe(await hashOf(store))
      expect(other.view.get('a')).toEqual(store.view.get('a'))
      expect(other.view.session('s9')).toEqual(store.view.session('s9'))
      expect(other.view.revision).toBe(3)
      expect(other.view.timeMs).toBe(30)
      expect(other.restored.sync).toBeNull()
      if (bytesMax === 1) expect(pieces.length).toBe(8)
      if (bytesMax === 1_000_000) expect(pieces.length).toBe(1)
      await other.close()
    })

    it('hold only rows of slots above `after`', async () => {
      await fill()
      const other = await openMemoryStore()
      for (const write of await chunks(store, 2, 100)) await other.write([write])
      expect(other.view.get('c')?.value).toBe(3n)
      expect(other.view.get('b')).toBeUndefined()
      expect(other.view.session('s1')).toEqual(store.view.session('s1'))
      expect(other.view.session('s2')).toBeUndefined()
      await other.close()
    })

    it('are merged without rows of slots up to `after`', async () => {
      await fill()
      const other = await openMemoryStore()
      const [all] = await chunks(store, 0, 1_000_000)
      if (all?.type === 'chunk') await other.write([{ ...all, after: 2 }])
      expect(other.view.get('c')?.value).toBe(3n)
      expect(other.view.get('b')).toBeUndefined()
      await other.close()
    })

    it('do not bring back what is older than what is held', async () => {
      await fill()
      const [old] = await chunks(store, 0, 1_000_000)
      await store.write([merge(4, { entries: { b: 'new' } })])
      if (old !== undefined) await store.write([old])
      expect(store.view.get('b')?.value).toBe('new')
      expect(store.view.revision).toBe(4)
    })

    it('refuse a cursor that is none', async () => {
      await expect(store.chunk(0, 'x', 100)).rejects.toThrow('not a cursor')
    })
  })

  describe('the hash', () => {
    const content: PatchParts[] = [
      { entries: { a: 'A', b: 'B' }, sessions: { s1: { results: new Map([[1, result('1')]]) } } },
      { entries: { a: 'AA' }, sessions: { s1: { acked: 2, results: new Map([[2, result('2')]]) }, l5: {} } },
      { entries: { b: 'BB', c: new Map([['z', 1.5]]) }, sessions: { s3: {}, l5: { dropped: true } } },
    ]
    const writes = content.map((parts, index) => merge(index + 1, parts))

    it('is the same in whatever order, and however often, decrees are merged', async () => {
      const other = await openMemoryStore()
      await store.write(writes)
      for (const index of [2, 0, 2, 1, 0]) await other.write(writes.slice(index, index + 1))
      expect(await hashOf(store)).toBe(await hashOf(other))
      await reopen()
      expect(await hashOf(store)).toBe(await hashOf(other))
      await other.close()
    })

    it('is of the state up to `applied`, writes before the call included', async () => {
      const before = await hashOf(store)
      void store.write([...writes, marks(3)])
      const { slot, hash } = await store.hash()
      expect(slot).toBe(3)
      expect(Buffer.from(hash).toString('hex')).not.toBe(before)
    })

    it('leaves out tombstones and dropped sessions', async () => {
      const before = await hashOf(store)
      await store.write([merge(1, { entries: { gone: null }, sessions: { s1: { dropped: true } } })])
      expect(await hashOf(store)).toBe(before)
    })

    it('tells every difference', async () => {
      const seen = new Set([await hashOf(store)])
      for (const [slot, parts] of [
        [1, { entries: { a: 'A' } }],
        [2, { entries: { a: 'A' } }],
        [3, { sessions: { s1: {} } }],
        [4, { sessions: { s1: { acked: 2 } } }],
      ] as const) {
        await store.write([merge(slot, parts)])
        seen.add(await hashOf(store))
      }
      expect(seen.size).toBe(5)
    })

    it('lets the event loop turn while it reads', async () => {
      const entries = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'v']))
      await store.write([merge(1, { entries })])
      let turns = 0
      let isDone = false
      const turn = (): void => {
        turns += 1
        if (!isDone) setImmediate(turn)
      }
      setImmediate(turn)
      const before = await hashOf(store)
      isDone = true
      expect(turns).toBeGreaterThan(5)
      expect(await hashOf(store)).toBe(before)
    })

    it('is of one moment, whatever is written meanwhile', async () => {
      const entries = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'v']))
      await store.write([merge(1, { entries }), marks(1)])
      const before = await hashOf(store)
      const reading = store.hash()
      await new Promise((resolve) => setImmediate(resolve))
      await store.write([merge(2, { entries: { k0: 'w', k4999: 'w' } }), marks(2)])
      const { slot, hash } = await reading
      expect(slot).toBe(1)
      expect(Buffer.from(hash).toString('hex')).toBe(before)
    })
  })

  it('is used by one at a time', async () => {
    await expect(place.open()).rejects.toMatchObject({ name: 'StoreError', code: 'locked' })
    await store.write([merge(1)])
    await reopen()
    expect(store.view.revision).toBe(1)
  })
})
