import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits, type Value } from '../index.ts'
import { anyText, anyValue, call, faultOf, mapOf } from '../testing/builtins.ts'

const key = fc.oneof(anyText, fc.constantFrom('', 'a', '__proto__', 'constructor', '\uffff', '😀'))
const anyMap = fc.array(fc.tuple(key, anyValue), { maxLength: 8 }).map(mapOf)
const entries = (map: Value): readonly (readonly [string, Value])[] => [...(map as ReadonlyMap<string, Value>)]

test('append puts an element behind the others', () => {
  fc.assert(
    fc.property(fc.array(anyValue), anyValue, (list, x) => {
      expect(call('append', [list, x])).toEqual([...list, x])
    }),
  )
})

test('set replaces an element of a list', () => {
  expect(call('set', [[1n, 2n], 1n, null])).toEqual([1n, null])
  expect(call('set', [[1n], 0n, 2n])).toEqual([2n])
})

test.each([-1n, 1n, 2n ** 63n - 1n, -(2n ** 63n)])('a list of one element has none at %d to be set', (index) => {
  expect(faultOf('set', [['a'], index, 'b'])).toMatchObject({
    code: 'invalid_argument',
    message: `set(x, k, v): the index ${index} is outside a list of 1 element`,
  })
})

test('set puts an entry at its place, unset takes it away', () => {
  fc.assert(
    fc.property(anyMap, key, anyValue, (map, k, v) => {
      expect(entries(call('set', [map, k, v]))).toEqual(entries(mapOf([...map, [k, v]])))
      expect(entries(call('unset', [map, k]))).toEqual(entries(map).filter(([other]) => other !== k))
    }),
    { numRuns: 1_000 },
  )
})

test('maps are in the order of code points', () => {
  const map = ['😀', 'b', '\uffff', '__proto__', ''].reduce<Value>((grown, k) => call('set', [grown, k, k]), new Map())
  expect(call('keys', [map])).toEqual(['', '__proto__', 'b', '\uffff', '😀'])
  expect(call('values', [map])).toEqual(['', '__proto__', 'b', '\uffff', '😀'])
})

test('a map can hold null', () => {
  expect(call('set', [new Map(), 'a', null])).toEqual(new Map([['a', null]]))
})

test('lists and maps have at most so many elements', () => {
  const list = Array.from({ length: limits.elementsMax }, () => null)
  const map = new Map(list.map((element, index) => [String(index).padStart(6, '0'), element]))
  const limit = { name: 'elementsMax', bound: limits.elementsMax, asked: limits.elementsMax + 1 }
  expect(faultOf('append', [list, null])).toMatchObject({ code: 'limit_exceeded', limit })
  expect(faultOf('set', [map, 'new', null])).toMatchObject({ code: 'limit_exceeded', limit })
  expect(call('set', [map, '000000', 1n])).toBeInstanceOf(Map)
  expect(call('set', [list, 0n, 1n])).toHaveLength(limits.elementsMax)
})

test('sort takes many of any kind', () => {
  const ints = Array.from({ length: 10_000 }, (_, index) => BigInt((index * 7919) % 10_007))
  const ascending = [...ints].sort((a, b) => Number(a - b))
  expect(call('sort', [ints])).toEqual(ascending)
  expect(call('sort', [ints.map(Number)])).toEqual(ascending.map(Number))
  const mixed = ints.map((int, index) => (index % 2 === 0 ? int : Number(int)))
  expect((call('sort', [mixed]) as readonly Value[]).map(Number)).toEqual(ascending.map(Number))
  expect(call('sort', [[]])).toEqual([])
})
