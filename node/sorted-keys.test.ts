import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedKeys } from './sorted-keys.ts'

/** Few characters, of every length in UTF-8, whose UTF-16 units sort otherwise than their code points. */
const key = fc
  .array(fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'), { maxLength: 4 })
  .map((parts) => parts.join(''))

const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const expected = (keys: ReadonlySet<string>, prefix: string, after: string): string[] =>
  [...keys].sort(bytewise).filter((one) => one.startsWith(prefix) && (after === '' || bytewise(one, after) > 0))

test('keys that come and go are scanned in byte order, from anywhere', () => {
  const change = fc.record({ key, isThere: fc.boolean() })
  fc.assert(
    fc.property(fc.array(key), fc.array(change), fc.array(fc.tuple(key, key)), (first, changes, scans) => {
      const model = new Set(first)
      const original = new SortedKeys(model)
      const before = [...model]
      const keys = original.copy()
      for (const { key: one, isThere } of changes) {
        if (isThere) keys.add(one)
        else keys.delete(one)
        if (isThere) model.add(one)
        else model.delete(one)
      }
      for (const [prefix, after] of scans) expect([...keys.scan(prefix, after)]).toEqual(expected(model, prefix, after))
      expect([...original.scan('', '')]).toEqual(before.sort(bytewise))
    }),
    { numRuns: 500 },
  )
})

test('many keys, in pieces, are scanned from anywhere', () => {
  const all = new Set(Array.from({ length: 5_000 }, (_, n) => `k${(n * 7919) % 5_000}`))
  const keys = new SortedKeys(['k1', 'k22', 'k333'])
  for (const one of all) keys.add(one)
  for (const one of all) keys.add(one)
  const check = () => {
    for (const [prefix, after] of [
      ['', ''],
      ['k', 'k2'],
      ['k4', ''],
      ['k4', 'k4999'],
      ['k49', 'a'],
      ['k0', 'x'],
    ] as const) {
      expect([...keys.scan(prefix, after)]).toEqual(expected(all, prefix, after))
    }
  }
  check()
  for (const one of [...all]) {
    if (one.endsWith('7') || one.startsWith('k3')) continue
    keys.delete(one)
    all.delete(one)
  }
  check()
  for (const one of [...all]) keys.delete(one)
  expect([...keys.scan('', '')]).toEqual([])
})

test('adding and scanning by turns is far from quadratic', () => {
  // Sorted anew for each look, they would take minutes.
  const keys = new SortedKeys([])
  let seen = 0
  for (let n = 0; n < 40_000; n += 1) {
    const one = `k${(n * 7919) % 40_000}`
    keys.add(one)
    for (const found of keys.scan(one, '')) {
      seen += found === one ? 1 : 0
      break
    }
  }
  expect(seen).toBe(40_000)
}, 5_000)
