import { describe, expect, it } from 'vitest'
import { describeStores, merge, result } from './testing/conformance.ts'

describeStores('a store', (subject) => {
  describe('merging entries', () => {
    it('keeps the higher revision, in whatever order they arrive', async () => {
      await subject.store.write([merge(5, { entries: { a: 'five', b: 'five' } })])
      await subject.store.write([merge(3, { entries: { a: 'three', c: 'three' } })])
      await subject.store.write([merge(5, { entries: { a: 'five', b: 'five' } })])
      expect(subject.store.view.get('a')).toEqual({ slot: 5, revision: 5, version: 0, value: 'five' })
      expect(subject.store.view.get('c')?.value).toBe('three')
      expect(subject.store.view.revision).toBe(5)
      expect(subject.store.view.timeMs).toBe(50)
    })

    it('shows a tombstone as an entry with the value null', async () => {
      await subject.store.write([merge(1, { entries: { a: 'A' } })])
      await subject.store.write([merge(2, { entries: { a: null } })])
      expect(subject.store.view.get('a')).toEqual({ slot: 2, revision: 2, version: 0, value: null })
      await subject.reopen()
      expect(subject.store.view.get('a')).toEqual({ slot: 2, revision: 2, version: 0, value: null })
    })
  })

  describe('merging sessions', () => {
    it('unites results at or above the highest number acked', async () => {
      const results = (numbers: number[]) => new Map(numbers.map((number) => [number, result(`r${number}`)]))
      await subject.store.write([merge(1, { sessions: { s1: { acked: 1, results: results([2, 1]) } } })])
      await subject.store.write([merge(3, { sessions: { s1: { acked: 3, results: results([4]) } } })])
      await subject.store.write([merge(2, { sessions: { s1: { acked: 2, results: results([3]) } } })])
      const expected = { slot: 3, timeMs: 30, dropped: false, acked: 3, results: results([3, 4]) }
      expect(subject.store.view.session('s1')).toEqual(expected)
      await subject.reopen()
      expect(subject.store.view.session('s1')).toEqual(expected)
      expect([...(subject.store.view.session('s1')?.results.keys() ?? [])]).toEqual([3, 4])
    })

    it('keeps a dropped session dropped, even when older news of it arrives later', async () => {
      await subject.store.write([merge(4, { sessions: { s1: { dropped: true } } })])
      await subject.store.write([merge(3, { sessions: { s1: { results: new Map([[1, result('late')]]) } } })])
      await subject.store.write([merge(5, { sessions: { s1: {} } })])
      expect(subject.store.view.session('s1')).toMatchObject({ slot: 5, dropped: true, results: new Map() })
      await subject.reopen()
      expect(subject.store.view.session('s1')).toMatchObject({ slot: 5, dropped: true, results: new Map() })
    })

    it.each(['l', 'x'])('lets a one-request session (%s…) be opened anew in a later slot', async (letter) => {
      await subject.store.write([merge(4, { sessions: { [`${letter}7`]: { dropped: true } } })])
      await subject.store.write([
        merge(6, { sessions: { [`${letter}7`]: { results: new Map([[1, result('new')]]) } } }),
      ])
      await subject.store.write([
        merge(2, { sessions: { [`${letter}7`]: { results: new Map([[1, result('old')]]) } } }),
      ])
      expect(subject.store.view.session(`${letter}7`)).toMatchObject({
        slot: 6,
        dropped: false,
        results: new Map([[1, result('new')]]),
      })
    })

    it('lists the idle ones, the longest unchanged first, dropped ones left out', async () => {
      const ids = () => [...subject.store.view.idleSessions('s')].map(([id]) => id)
      await subject.store.write([merge(1, { sessions: { s1: {}, l1: {} } })])
      await subject.store.write([merge(2, { sessions: { s2: {} } })])
      await subject.store.write([merge(3, { sessions: { s3: {} } })])
      await subject.store.write([merge(4, { sessions: { s1: { acked: 2 } } })])
      expect(ids()).toEqual(['s2', 's3', 's1'])
      await subject.store.write([merge(6, { sessions: { s3: { dropped: true }, s6: {} } })])
      await subject.store.write([merge(5, { sessions: { s5: {} } })])
      expect(ids()).toEqual(['s2', 's1', 's5', 's6'])
      await subject.reopen()
      expect(ids()).toEqual(['s2', 's1', 's5', 's6'])
      await subject.store.write([merge(7, { sessions: { s2: { acked: 2 } } })])
      expect(ids()).toEqual(['s1', 's5', 's6', 's2'])
      expect([...subject.store.view.idleSessions('l')].map(([id]) => id)).toEqual(['l1'])
    })
  })
})
