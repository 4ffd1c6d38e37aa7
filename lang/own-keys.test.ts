import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys } from './index.ts'
import { firstIndex, OwnKeys } from './own-keys.ts'

test('keys are in order, each once, however they came', () => {
  const key = fc.constantFrom('a', 'b', 'ab', '\ue000', '😀', ...Array.from({ length: 40 }, (_, index) => `k${index}`))
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.array(fc.array(key, { maxLength: 30 })), (first, rounds) => {
      const keys = new OwnKeys(first)
      const all = new Set(first)
      for (const added of rounds) {
        for (const each of added) {
          keys.add(each)
          all.add(each)
        }
        expect(keys.sorted()).toEqual([...all].sort(compareKeys))
      }
    }),
  )
})

test('the first index is that of the key, or of what follows it', () => {
  const sorted = ['b', 'd', 'f']
  expect(['', 'b', 'c', 'd', 'f', 'g'].map((key) => firstIndex(sorted, key))).toEqual([0, 0, 1, 1, 2, 3])
  expect(firstIndex([], 'a')).toBe(0)
})
