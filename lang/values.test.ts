import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add } from './add.ts'
import { Fault } from './errors.ts'
import { compareKeys, equalValues, limits, type Value, valueBytes } from './index.ts'
import { typeName } from './values.ts'

const bytes = (...items: number[]): Uint8Array => new Uint8Array(items)
const map = (items: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> => new Map(Object.entries(items))
const sum = (left: Value, right: Value): Value => add(left, right, 0, () => {})
const faultOf = (act: () => unknown): Fault => {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((float) => float + 0),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((items) => new Map(items)),
  ),
})).value

describe('equality', () => {
  test.each<[Value, Value]>([
    [null, ''],
    ['', null],
    [
      [null, ['']],
      ['', [null]],
    ],
    [map({ a: null }), map({ a: '' })],
    [1n, 1],
    [2 ** 53, 2n ** 53n],
    [bytes(1, 2), bytes(1, 2)],
    [map({ a: 1n, b: 2n }), map({ b: 2n, a: 1n })],
    [[], []],
  ])('%o equals %o', (a, b) => {
    expect(equalValues(a, b)).toBe(true)
  })

  test.each<[Value, Value]>([
    [null, false],
    [null, 0n],
    [null, []],
    ['', []],
    ['1', 1n],
    [true, 'true'],
    [1n, 1.5],
    [2n ** 53n + 1n, 2 ** 53],
    [bytes(1), [1n]],
    [bytes(1), bytes(2)],
    [bytes(1), bytes(1, 2)],
    [[1n], [1n, null]],
    [[], map({})],
    [map({ a: null }), map({})],
    [map({ a: null }), map({ b: null })],
    ['a', 'b'],
    [true, false],
  ])('%o differs from %o', (a, b) => {
    expect(equalValues(a, b)).toBe(false)
    expect(equalValues(b, a)).toBe(false)
  })

  test('holds between a value and its copy, and is symmetric', () => {
    fc.assert(fc.property(anyValue, (value) => equalValues(value, structuredClone(value))))
    fc.assert(fc.property(anyValue, anyValue, (a, b) => equalValues(a, b) === equalValues(b, a)))
  })
})

describe('addition', () => {
  test.each<[Value, Value, Value]>([
    ['a', 'b', 'ab'],
    [bytes(1), bytes(2, 3), bytes(1, 2, 3)],
    [[1n], ['x', null], [1n, 'x', null]],
    [1n, 2n, 3n],
    [1n, 0.5, 1.5],
    [0.5, 1n, 1.5],
    [0.1, 0.2, 0.1 + 0.2],
    [2n ** 63n - 1n, -(2n ** 63n), -1n],
  ])('%o + %o is %o', (left, right, both) => {
    expect(sum(left, right)).toEqual(both)
  })

  test('has null as its identity', () => {
    expect(sum(null, null)).toBe(null)
    fc.assert(fc.property(anyValue, (value) => sum(null, value) === value && sum(value, null) === value))
  })

  test('has no negative zero', () => {
    expect(Object.is(sum(-0, -0), 0)).toBe(true)
  })

  test.each<[Value, Value]>([
    [2n ** 63n - 1n, 1n],
    [-(2n ** 63n), -1n],
    [Number.MAX_VALUE, Number.MAX_VALUE],
  ])('%o + %o is out of range', (left, right) => {
    expect(faultOf(() => sum(left, right)).code).toBe('overflow')
  })

  test.each<[Value, Value, string]>([
    ['a', 1n, 'cannot add string and int; write str(n) to join'],
    [1.5, 'a', 'cannot add float and string; write str(n) to join'],
    [true, true, 'cannot add bool and bool'],
    ['a', bytes(1), 'cannot add string and bytes'],
    [[1n], 1n, 'cannot add list and int'],
    [map({}), map({}), 'cannot add map and map'],
  ])('%o + %o is no sum', (left, right, message) => {
    expect(faultOf(() => sum(left, right))).toMatchObject({ code: 'type_error', message })
  })

  test('is defined, or a fault, for all values', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (left, right) => {
        try {
          typeName(sum(left, right))
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
    )
  })
})

test('keys are ordered by code point, as their UTF-8 bytes are', () => {
  expect(['😀', '\uffff', '\ue000', 'z', 'a', '', 'ab', 'é'].sort(compareKeys)).toEqual([
    '',
    'a',
    'ab',
    'z',
    'é',
    '\ue000',
    '\uffff',
    '😀',
  ])
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('a', '\ue000', '\uffff', '\ud7ff', '😀', '𐀀'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
  )
})

test('the size of a value counts its parts', () => {
  expect(valueBytes('é'.repeat(100))).toBeGreaterThanOrEqual(200)
  expect(valueBytes(['a', new Map([['key', bytes(1, 2, 3)]])])).toBeGreaterThan(8)
  let deep: Value = null
  for (let depth = 0; depth <= limits.valueNestingMax; depth++) deep = [deep]
  expect(valueBytes(deep)).toBe(Number.POSITIVE_INFINITY)
})
