import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeys, equalValues, limits, type Value, valueBytes } from './index.ts'
import { costs } from './limits.ts'
import { faultOf } from './testing/faults.ts'
import { anyValue } from './testing/values.ts'
import { spendRead } from './values.ts'

const bytes = (...items: number[]): Uint8Array => new Uint8Array(items)
const map = (items: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> => new Map(Object.entries(items))
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

/** Lists around a value. */
function nested(levels: number, inner: Value): Value {
  let value = inner
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

/** A list of two lists, which are one, of two lists …: small in memory, and not when written out. */
function shared(levels: number): Value {
  let value: Value = [1n]
  for (let level = 0; level < levels; level++) value = [value, value]
  return value
}

describe('the size of a value', () => {
  test('counts its parts', () => {
    expect(valueBytes('é'.repeat(100))).toBeGreaterThanOrEqual(200)
    expect(valueBytes(['a', new Map([['key', bytes(1, 2, 3)]])])).toBeGreaterThan(8)
    fc.assert(fc.property(anyValue, anyValue, (a, b) => valueBytes([a, b]) > valueBytes([a]) + valueBytes(b)))
  })

  test('is infinite where it is nested too deeply, as canonical parameters are refused', () => {
    for (const inner of [null, 'a', [], map({}), bytes(1)]) {
      expect(valueBytes(nested(limits.valueNestingMax, inner))).toBeLessThan(1_000)
      expect(valueBytes(nested(limits.valueNestingMax + 1, inner))).toBe(Number.POSITIVE_INFINITY)
    }
  })

  test('is counted no further than somewhere above the bound', () => {
    const list = [null, 'abc', map({ a: 1n })]
    expect(valueBytes(list, 1_000)).toBe(valueBytes(list))
    expect(valueBytes(shared(25), 1_000)).toBeGreaterThan(1_000)
    expect(valueBytes(shared(25), 1_000)).toBeLessThan(2_000)
    expect(valueBytes(shared(25))).toBeGreaterThan(limits.resultBytesMax)
  })
})

describe('the cost', () => {
  const cost = (act: (spend: (units: number) => void) => void): number => {
    let sum = 0
    act((units) => {
      sum += units
    })
    return sum
  }

  test('of comparing strings is that of their bytes, also when they are one', () => {
    const text = 'x'.repeat(10 * costs.bytesPerUnit)
    expect(cost((spend) => equalValues(text, text, spend))).toBe(10)
    expect(cost((spend) => equalValues(text, `${text}y`, spend))).toBe(0)
  })

  test('of comparing shared lists is spent as they are walked', () => {
    const limited = (units: number) => {
      let left = 1_000
      return (spent: number) => {
        left -= spent * units
        if (left < 0) throw new Error('spent')
      }
    }
    expect(() => equalValues(shared(25), shared(25), limited(1))).toThrow('spent')
    const one = shared(25)
    expect(equalValues([one], [one])).toBe(true)
  })

  test('of reading lists is above that of reading strings', () => {
    expect(cost((spend) => spendRead('x'.repeat(100_000), spend))).toBe(Math.floor(100_006 / costs.bytesReadPerUnit))
    expect(cost((spend) => spendRead(['x'.repeat(100_000)], spend))).toBeGreaterThan(700)
    expect(cost((spend) => spendRead('small', spend))).toBe(0)
  })
})

test('values that are nested too deeply are not compared', () => {
  const deepest = [nested(limits.valueNestingMax, 1n), nested(limits.valueNestingMax, 1n)] as const
  expect(equalValues(...deepest)).toBe(true)
  const fault = faultOf(() => equalValues([deepest[0]], [deepest[1]], () => {}, 7))
  expect(fault).toMatchObject({ code: 'limit_exceeded', at: 7, limit: { name: 'valueNestingMax' } })
})
