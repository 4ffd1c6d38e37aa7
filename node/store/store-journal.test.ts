import { describe, expect, it } from 'vitest'
import { accepted, ballot, decree, describeStores, marks, merge } from './testing/conformance.ts'

describeStores('a store', (subject) => {
  describe('the journal', () => {
    const restored = () => ({
      accepted: subject.store.restored.accepted?.slot,
      ballot: subject.store.restored.accepted?.ballot.counter,
      recent: subject.store.restored.recent.map(({ slot }) => slot),
    })
    const one = decree(1, { entries: { a: 'one' } })
    const rival = decree(1, { entries: { a: 'rival' } })
    const two = decree(2)

    it('does not count an accepted decree as chosen', async () => {
      await subject.store.write([accepted(1, one)])
      await subject.reopen()
      expect(subject.store.restored.accepted).toEqual({ ballot: ballot(1), slot: 1, origin: ballot(1), decree: one })
      expect(restored().recent).toEqual([])
      expect(subject.store.view.get('a')).toBeUndefined()
    })

    it('flags the accepted decree when it is merged, and keeps it when the next is accepted', async () => {
      await subject.store.write([accepted(1, one)])
      await subject.store.write([{ type: 'merge', slot: 1, decree: { ...one } }, marks(1), accepted(2, two)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1] })
      expect(subject.store.restored.recent).toEqual([{ slot: 1, decree: one }])
      await subject.store.write([{ type: 'merge', slot: 2, decree: two }, marks(2)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1, 2] })
    })

    it('keeps the latest of the chosen decrees over a checkpoint, as far as they are not too large', async () => {
      const large = 'x'.repeat(700_000)
      for (const slot of [1, 2, 3, 4, 5]) {
        await subject.store.write([merge(slot, { entries: { [`key ${slot}`]: large } }), marks(slot)])
      }
      await subject.store.hash()
      await subject.reopen()
      expect(restored().recent).toEqual([4, 5])
      await subject.store.write([merge(6), marks(6)])
      await subject.store.hash()
      await subject.reopen()
      expect(restored().recent).toEqual([4, 5, 6])
      expect(subject.store.view.get('key 1')?.value).toBe(large)
    })

    it('discards an older accepted decree that is not merged', async () => {
      await subject.store.write([accepted(1, one)])
      await subject.store.write([merge(2), accepted(3, decree(3))])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 3, ballot: 1, recent: [2] })
    })

    it('replaces the accepted decree of the same slot', async () => {
      await subject.store.write([accepted(1, one)])
      await subject.store.write([accepted(1, rival, 2)])
      await subject.reopen()
      expect(subject.store.restored.accepted).toEqual({ ballot: ballot(2), slot: 1, origin: ballot(1), decree: rival })
      expect(restored().recent).toEqual([])
    })

    it('keeps the flag of a chosen decree that is accepted again in a higher ballot', async () => {
      await subject.store.write([accepted(1, one)])
      await subject.store.write([{ type: 'merge', slot: 1, decree: one }])
      await subject.store.write([accepted(1, { ...one }, 3)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 1, ballot: 3, recent: [1] })
    })

    it('keeps an accepted decree beside another one that was chosen for its slot', async () => {
      await subject.store.write([accepted(1, rival)])
      await subject.store.write([{ type: 'merge', slot: 1, decree: one }])
      await subject.reopen()
      expect(subject.store.restored.accepted?.decree).toEqual(rival)
      expect(subject.store.restored.recent).toEqual([{ slot: 1, decree: one }])
      expect(subject.store.view.get('a')?.value).toBe('one')
      await subject.store.write([accepted(2, two)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 1, recent: [1] })
      expect(subject.store.restored.recent).toEqual([{ slot: 1, decree: one }])
    })

    it('keeps a decree that is accepted after it was learnt to be chosen', async () => {
      await subject.store.write([{ type: 'merge', slot: 1, decree: one }])
      await subject.store.write([accepted(1, one, 2)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 1, ballot: 2, recent: [1] })
      await subject.store.write([accepted(2, two, 2)])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 2, ballot: 2, recent: [1] })
    })

    it('lists what was merged out of order in the order of slots', async () => {
      for (const slot of [3, 1, 2 ** 40, 2]) await subject.store.write([merge(slot)])
      await subject.reopen()
      expect(restored().recent).toEqual([1, 2, 3, 2 ** 40])
    })

    it('forgets chosen decrees, never the accepted slot’s', async () => {
      for (const slot of [1, 2, 3]) await subject.store.write([merge(slot, { entries: { [`k${slot}`]: 'v' } })])
      await subject.store.write([accepted(4, decree(4))])
      await subject.store.write([{ type: 'forget', through: 2 }])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 4, ballot: 1, recent: [3] })
      await subject.store.write([
        { type: 'merge', slot: 4, decree: decree(4) },
        { type: 'forget', through: 9 },
      ])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 4, ballot: 1, recent: [4] })
      await subject.store.write([accepted(5, decree(5)), { type: 'forget', through: 9 }])
      await subject.reopen()
      expect(restored()).toEqual({ accepted: 5, ballot: 1, recent: [] })
      expect(subject.store.view.get('k1')?.value).toBe('v')
    })
  })
})
