import { describe, expect, it } from 'vitest'
import type { Value } from '../../lang/index.ts'
import type { Write } from '../core/index.ts'
import { accepted, ballot, CONFIG, decree, describeStores, LATER, merge, NODE, result } from './testing/conformance.ts'

describeStores('a store', (subject) => {
  describe('when empty', () => {
    it('restores nothing', () => {
      expect(subject.store.restored).toEqual({
        identity: null,
        pledge: null,
        config: null,
        promised: { counter: 0, node: '' },
        accepted: null,
        marks: { complete: 0, from: 1, applied: 0, floor: 0 },
        sync: null,
        recent: [],
      })
    })

    it('shows nothing', () => {
      expect(subject.store.view.get('a')).toBeUndefined()
      expect(subject.store.view.session('s1')).toBeUndefined()
      expect([...subject.store.view.idleSessions('')]).toEqual([])
      expect(subject.store.view.revision).toBe(0)
      expect(subject.store.view.timeMs).toBe(0)
    })

    it('gives one empty chunk', async () => {
      const { chunk, cursor } = await subject.store.chunk(0, '', 1000)
      expect(cursor).toBe('')
      await subject.store.write([{ type: 'chunk', after: 0, chunk, sync: null }])
      expect(subject.store.view.revision).toBe(0)
    })
  })

  describe('a write', () => {
    it('is visible when the call returns, before it is durable', async () => {
      const durable = subject.store.write([merge(1, { entries: { a: 'A' }, sessions: { s1: {} } })])
      expect(subject.store.view.get('a')).toEqual({ slot: 1, revision: 1, version: 0, value: 'A' })
      expect(subject.store.view.session('s1')?.slot).toBe(1)
      expect(subject.store.view.revision).toBe(1)
      expect(subject.store.view.timeMs).toBe(10)
      await durable
      expect(subject.store.view.get('a')).toEqual({ slot: 1, revision: 1, version: 0, value: 'A' })
    })

    it('shows its newest value while older ones become durable', async () => {
      const durable = [1, 2, 3, 4, 5].map((slot) =>
        subject.store.write([merge(slot, { entries: { a: BigInt(slot) } })]),
      )
      for (const each of durable) {
        await each
        expect(subject.store.view.get('a')?.value).toBe(5n)
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
      await subject.store.write([merge(1, { entries: { all: { revision: 1, version: 7, value }, 'k\u{1F600}': 'x' } })])
      await subject.reopen()
      expect(subject.store.view.get('all')).toEqual({ slot: 1, revision: 1, version: 7, value })
      expect(subject.store.view.get('k\u{1F600}')?.value).toBe('x')
      expect(subject.store.view.revision).toBe(1)
      expect(subject.store.view.timeMs).toBe(10)
    })

    it('takes keys of 1,024 bytes and values of a mebibyte', async () => {
      const key = '\u{1F600}'.repeat(256)
      await subject.store.write([merge(1, { entries: { [key]: 'x'.repeat(1024 * 1024) } })])
      await subject.reopen()
      expect(String(subject.store.view.get(key)?.value).length).toBe(1024 * 1024)
    })

    it('holds all of a batch or, when one of its patches cannot be read, nothing of it', async () => {
      const broken: Write = { type: 'merge', slot: 2, decree: { ...decree(2), body: result('\u00ff') } }
      await expect(subject.store.write([merge(1, { entries: { a: 'A' } }), broken])).rejects.toThrow(
        /^The decree of slot 2 cannot be read: .*; a newer node may have written it\.$/,
      )
      expect(subject.store.view.get('a')).toBeUndefined()
      await subject.reopen()
      expect(subject.store.view.get('a')).toBeUndefined()
      expect(subject.store.restored.recent).toEqual([])
    })

    it('is refused after one has failed, and after closing', async () => {
      const broken: Write = { type: 'chunk', after: 0, chunk: result('\u00ff'), sync: null }
      await expect(subject.store.write([broken])).rejects.toThrow(/^A piece of a snapshot cannot be read: /)
      await expect(subject.store.write([merge(1)])).rejects.toThrow()
      await subject.reopen()
      await subject.store.close()
      await expect(subject.store.write([merge(1)])).rejects.toThrow('closed')
      await expect(subject.store.chunk(0, '', 100)).rejects.toThrow('closed')
      await expect(subject.store.hash()).rejects.toThrow('closed')
    })
  })

  describe('closing', () => {
    it('waits for the writes under way', async () => {
      void subject.store.write([merge(1, { entries: { a: 'A' } })])
      void subject.store.write([merge(2, { entries: { b: 'B' } })])
      await subject.reopen()
      expect(subject.store.view.get('a')?.value).toBe('A')
      expect(subject.store.view.get('b')?.value).toBe('B')
    })

    it('waits for the reads under way', async () => {
      const entries = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`k${index}`, 'v']))
      await subject.store.write([merge(1, { entries })])
      const reading = subject.store.hash()
      await subject.store.close()
      expect((await reading).hash.length).toBe(32)
    })

    it('is idempotent', async () => {
      await Promise.all([subject.store.close(), subject.store.close()])
      await subject.store.close()
    })
  })

  describe('the durable state', () => {
    it('is restored as it was written', async () => {
      await subject.store.write([{ type: 'identity', id: NODE }])
      await subject.store.write([{ type: 'pledge', config: CONFIG }])
      await subject.store.write([{ type: 'formed', config: CONFIG }])
      await subject.store.write([
        { type: 'promised', ballot: ballot(2 ** 50) },
        { type: 'marks', complete: 2, from: 4, applied: 5, floor: 1 },
        {
          type: 'chunk',
          after: 2,
          chunk: (await subject.store.chunk(0, '', 100)).chunk,
          sync: { cursor: 'eé', upTo: 7, floor: 1 },
        },
      ])
      await subject.reopen()
      expect(subject.store.restored).toEqual({
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
      await subject.store.write([{ type: 'formed', config: CONFIG }])
      await subject.store.write([accepted(1, decree(1, {}, LATER))])
      await subject.reopen()
      expect(subject.store.restored.config).toEqual(LATER)
    })
  })

  it('is used by one at a time', async () => {
    await expect(subject.openAgain()).rejects.toMatchObject({ name: 'StoreError', code: 'locked' })
    await subject.store.write([merge(1)])
    await subject.reopen()
    expect(subject.store.view.revision).toBe(1)
  })
})
