import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS_SEEN_MAX, decodeChunk } from './chunk.ts'
import { openMemoryStore } from './index.ts'
import { chunks, describeStores, hashOf, marks, merge, type PatchParts, result } from './testing/conformance.ts'

describeStores('a store', (subject) => {
  describe('chunks', () => {
    const content: PatchParts[] = [
      { entries: { a: 'A', '\uFFFD': 'B', '\u{1F600}': 'C' }, sessions: { s1: {}, s9: { dropped: true } } },
      { entries: { b: 'x'.repeat(500), a: null }, sessions: { s2: { results: new Map([[1, result('r')]]) } } },
      { entries: { c: 3n }, sessions: { s1: { acked: 2 } } },
    ]
    const fill = () => subject.store.write(content.map((parts, index) => merge(index + 1, parts)))

    it.each([1, 60, 1_000_000])('of at most %i bytes rebuild an equal store elsewhere', async (bytesMax) => {
      // Not awaited: what was written before the call must be in it.
      const durable = fill()
      const other = await openMemoryStore()
      const pieces = await chunks(subject.store, 0, bytesMax)
      for (const write of pieces) await other.write([write])
      await durable
      expect(await hashOf(other)).toBe(await hashOf(subject.store))
      expect(other.view.get('a')).toEqual(subject.store.view.get('a'))
      expect(other.view.session('s9')).toEqual(subject.store.view.session('s9'))
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
      for (const write of await chunks(subject.store, 2, 100)) await other.write([write])
      expect(other.view.get('c')?.value).toBe(3n)
      expect(other.view.get('b')).toBeUndefined()
      expect(other.view.session('s1')).toEqual(subject.store.view.session('s1'))
      expect(other.view.session('s2')).toBeUndefined()
      await other.close()
    })

    it('come now and then also while nothing of many rows is new', async () => {
      const old = Object.fromEntries(Array.from({ length: CHUNK_ROWS_SEEN_MAX + 1 }, (_, n) => [`k${n}`, 'old']))
      await subject.store.write([merge(1, { entries: old }), merge(2, { entries: { z: 'new' } })])
      const first = await subject.store.chunk(1, '', 1_000_000)
      expect(decodeChunk(first.chunk).entries).toEqual([])
      expect(first.cursor).not.toBe('')
      const second = await subject.store.chunk(1, first.cursor, 1_000_000)
      expect(decodeChunk(second.chunk).entries.map(([key]) => key)).toEqual(['z'])
      expect(second.cursor).toBe('')
    })

    it('are merged without rows of slots up to `after`', async () => {
      await fill()
      const other = await openMemoryStore()
      const [all] = await chunks(subject.store, 0, 1_000_000)
      if (all?.type === 'chunk') await other.write([{ ...all, after: 2 }])
      expect(other.view.get('c')?.value).toBe(3n)
      expect(other.view.get('b')).toBeUndefined()
      await other.close()
    })

    it('do not bring back what is older than what is held', async () => {
      await fill()
      const [old] = await chunks(subject.store, 0, 1_000_000)
      await subject.store.write([merge(4, { entries: { b: 'new' } })])
      if (old !== undefined) await subject.store.write([old])
      expect(subject.store.view.get('b')?.value).toBe('new')
      expect(subject.store.view.revision).toBe(4)
    })

    it('refuse a cursor that is none', async () => {
      await expect(subject.store.chunk(0, 'x', 100)).rejects.toThrow('not a cursor')
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
      await subject.store.write(writes)
      for (const index of [2, 0, 2, 1, 0]) await other.write(writes.slice(index, index + 1))
      expect(await hashOf(subject.store)).toBe(await hashOf(other))
      await subject.reopen()
      expect(await hashOf(subject.store)).toBe(await hashOf(other))
      await other.close()
    })

    it('is of the state up to `applied`, writes before the call included', async () => {
      const before = await hashOf(subject.store)
      void subject.store.write([...writes, marks(3)])
      const { slot, hash } = await subject.store.hash()
      expect(slot).toBe(3)
      expect(Buffer.from(hash).toString('hex')).not.toBe(before)
    })

    it('leaves out tombstones and dropped sessions', async () => {
      const before = await hashOf(subject.store)
      await subject.store.write([merge(1, { entries: { gone: null }, sessions: { s1: { dropped: true } } })])
      expect(await hashOf(subject.store)).toBe(before)
    })

    it('tells every difference', async () => {
      const seen = new Set([await hashOf(subject.store)])
      for (const [slot, parts] of [
        [1, { entries: { a: 'A' } }],
        [2, { entries: { a: 'A' } }],
        [3, { sessions: { s1: {} } }],
        [4, { sessions: { s1: { acked: 2 } } }],
      ] as const) {
        await subject.store.write([merge(slot, parts)])
        seen.add(await hashOf(subject.store))
      }
      expect(seen.size).toBe(5)
    })

    it('lets the event loop turn while it reads', async () => {
      const entries = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'v']))
      await subject.store.write([merge(1, { entries })])
      let turns = 0
      let isDone = false
      const turn = (): void => {
        turns += 1
        if (!isDone) setImmediate(turn)
      }
      setImmediate(turn)
      const before = await hashOf(subject.store)
      isDone = true
      expect(turns).toBeGreaterThan(5)
      expect(await hashOf(subject.store)).toBe(before)
    })

    it('is of one moment, whatever is written meanwhile', async () => {
      const entries = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'v']))
      await subject.store.write([merge(1, { entries }), marks(1)])
      const before = await hashOf(subject.store)
      const reading = subject.store.hash()
      await new Promise((resolve) => setImmediate(resolve))
      await subject.store.write([merge(2, { entries: { k0: 'w', k4999: 'w' } }), marks(2)])
      const { slot, hash } = await reading
      expect(slot).toBe(1)
      expect(Buffer.from(hash).toString('hex')).toBe(before)
    })
  })
})
