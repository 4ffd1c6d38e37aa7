import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Entry, Store } from './index.ts'
import { describeStores, merge, result } from './testing/conformance.ts'

/** Keys of every length in UTF-8, whose UTF-16 units sort otherwise than their bytes. */
const HOSTILE = [
  'a',
  'a\u0001',
  'aa',
  'a\u007f',
  'aé',
  'a\ud7ff',
  'a\ue000',
  'a\uffff',
  'a😀',
  'a\u{10ffff}',
  'a\u{10ffff}b',
  'b',
  '\u{10ffff}',
  '\u{10ffff}z',
]

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const keysOf = (entries: Iterable<readonly [string, Entry]>): string[] => Array.from(entries, ([key]) => key)

const valuesOf = (entries: Iterable<readonly [string, Entry]>) =>
  Array.from(entries, ([key, { value }]) => [key, value])

/** What `view.get` says of all keys, put into order by other means. */
function expected(store: Store, keys: readonly string[], prefix: string, after: string) {
  return [...keys]
    .sort(bytewise)
    .filter((key) => key.startsWith(prefix) && (after === '' || bytewise(key, after) > 0))
    .flatMap((key) => {
      const entry = store.view.get(key)
      return entry === undefined ? [] : [[key, entry]]
    })
}

function expectScans(store: Store, keys: readonly string[]): void {
  for (const prefix of ['', ...keys, 'zz']) {
    for (const after of ['', '\u0001', ...keys, 'zz']) {
      expect([...store.view.scan(prefix, after)]).toEqual(expected(store, keys, prefix, after))
    }
  }
}

const entriesOf = (keys: readonly string[], value: string | null) => Object.fromEntries(keys.map((key) => [key, value]))

describeStores('a store', (subject) => {
  describe('scanning', () => {
    it('shows nothing in an empty store', () => {
      expect([...subject.store.view.scan('', '')]).toEqual([])
      expect([...subject.store.view.scan('a', 'b')]).toEqual([])
    })

    it('gives entries in the byte order of their keys, by any prefix, behind any key', async () => {
      await subject.store.write([merge(1, { entries: entriesOf(HOSTILE, 'v') })])
      expectScans(subject.store, HOSTILE)
      await subject.reopen()
      expectScans(subject.store, HOSTILE)
      expect(keysOf(subject.store.view.scan('a\uffff', ''))).toEqual(['a\uffff'])
      expect(keysOf(subject.store.view.scan('a\u{10ffff}', ''))).toEqual(['a\u{10ffff}', 'a\u{10ffff}b'])
      expect(keysOf(subject.store.view.scan('\u{10ffff}', '\u{10ffff}'))).toEqual(['\u{10ffff}z'])
      expect(keysOf(subject.store.view.scan('a', 'b'))).toEqual([])
      expect(keysOf(subject.store.view.scan('b', 'a'))).toEqual(['b'])
    })

    it('shows what is not yet durable in its place among what is, each key once, the latest state of it', async () => {
      const even = HOSTILE.filter((_, n) => n % 2 === 0)
      const some = HOSTILE.filter((_, n) => n % 3 === 0)
      await subject.store.write([merge(1, { entries: entriesOf(even, 'durable') })])
      const durable = subject.store.write([merge(2, { entries: entriesOf(some, 'dirty') })])
      expectScans(subject.store, HOSTILE)
      await durable
      expectScans(subject.store, HOSTILE)
    })

    it('shows tombstones, durable or not', async () => {
      await subject.store.write([merge(1, { entries: { a: 'A', b: 'B', c: 'C' } })])
      const durable = subject.store.write([merge(2, { entries: { b: null } })])
      const shown = [
        ['a', 'A'],
        ['b', null],
        ['c', 'C'],
      ]
      expect(valuesOf(subject.store.view.scan('', ''))).toEqual(shown)
      await durable
      await subject.reopen()
      expect(valuesOf(subject.store.view.scan('', ''))).toEqual(shown)
    })

    it('agrees with get at every moment while commits are under way', async () => {
      const keys = Array.from({ length: 40 }, (_, n) => `k${n}`)
      const writes: Promise<void>[] = []
      for (let slot = 1; slot <= 60; slot += 1) {
        const some = keys.filter((_, n) => (n * slot) % 7 === 1)
        writes.push(
          subject.store.write([merge(slot, { entries: entriesOf(some, slot % 5 === 0 ? null : `v${slot}`) })]),
        )
        expect([...subject.store.view.scan('k', '')]).toEqual(expected(subject.store, keys, 'k', ''))
        if (slot % 3 === 0) await nextTurn()
        expect([...subject.store.view.scan('k1', 'k11')]).toEqual(expected(subject.store, keys, 'k1', 'k11'))
      }
      await Promise.all(writes)
      expect([...subject.store.view.scan('', '')]).toEqual(expected(subject.store, keys, '', ''))
    })

    it('may be left early, or never begun, as often as one likes', async () => {
      await subject.store.write([merge(1, { entries: entriesOf(HOSTILE, 'v') })])
      for (let n = 0; n < 500; n += 1) {
        subject.store.view.scan('a', '')
        for (const [key] of subject.store.view.scan('a', 'a')) {
          expect(key).toBe('a\u0001')
          break
        }
        // Two at once, the one inside the other.
        for (const [outer] of subject.store.view.scan('', '')) {
          const [inner] = subject.store.view.scan('', outer)
          expect(inner?.[0]).toBe('a\u0001')
          break
        }
      }
      await subject.store.write([merge(2, { entries: { a: 'new' } })])
      expect(subject.store.view.get('a')?.value).toBe('new')
      const [first] = subject.store.view.scan('', '')
      expect(first?.[1].value).toBe('new')
    })

    it('sees nothing but entries', async () => {
      await subject.store.write([
        merge(1, { entries: { s1: 'A' }, sessions: { s1: { results: new Map([[1, result('r')]]) } } }),
      ])
      expect(keysOf(subject.store.view.scan('', ''))).toEqual(['s1'])
    })
  })
})

describe('the order of keys', () => {
  it('is hostile here: no two of the orders that one may think of are the same', () => {
    expect([...HOSTILE].sort(bytewise)).not.toEqual([...HOSTILE].sort())
  })
})
