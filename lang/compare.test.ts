import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareStrings, compareValues } from './compare.ts'
import { equalValues, type Value } from './index.ts'
import { faultOf } from './testing/faults.ts'

const order = (left: Value, right: Value): number => Math.sign(compareValues(left, right, 0, () => {}))
const anyInt = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const anyFloat = fc.double({ noNaN: true, noDefaultInfinity: true }).map((float) => float + 0)

test.each<[Value, Value]>([
  [1n, 2n],
  [1n, 1.5],
  [0.5, 1n],
  [2n ** 53n, 2 ** 53 + 2],
  [2 ** 53, 2n ** 53n + 1n],
  [2n ** 63n - 1n, 2 ** 63],
  [-(2 ** 63), -(2n ** 63n) + 1n],
  ['a', 'b'],
  ['', 'a'],
  ['\uffff', '😀'],
  [`${'x'.repeat(100)}\uffff`, `${'x'.repeat(100)}😀`],
  [`${'x'.repeat(100)}z`, `${'x'.repeat(100)}é`],
  [new Uint8Array([1]), new Uint8Array([1, 0])],
  [new Uint8Array([127]), new Uint8Array([128])],
])('%o is below %o', (left, right) => {
  expect(order(left, right)).toBe(-1)
  expect(order(right, left)).toBe(1)
  expect(order(left, left)).toBe(0)
})

test('ints and floats are compared exactly, and equality agrees with order', () => {
  const near = fc
    .tuple(anyInt, fc.integer({ min: -2, max: 2 }))
    .map(([int, step]) => [int, Number(int) + step] as const)
  fc.assert(
    fc.property(fc.oneof(near, fc.tuple(anyInt, anyFloat)), ([int, float]) => {
      const whole = BigInt(Math.floor(float))
      const expected = int > whole ? 1 : int < whole ? -1 : Number.isInteger(float) ? 0 : -1
      expect(order(int, float)).toBe(expected)
      expect(order(float, int)).toBe(-expected + 0)
      expect(equalValues(int, float)).toBe(expected === 0)
    }),
  )
})

test('strings that begin differently take no time in proportion to their lengths', () => {
  const weightOf = (left: string, right: string): number => {
    let total = 0
    compareStrings(left, right, (weight) => {
      total += weight
    })
    return total
  }
  const long = 'x'.repeat(10_000)
  expect(weightOf(long, `y${long}`)).toBeLessThan(100)
  expect(weightOf(long, 'xx')).toBeLessThan(100)
  expect(weightOf(long, `${long}y`)).toBeGreaterThan(10_000)
})

test.each<[Value, Value, string]>([
  [null, 1n, 'cannot order null and int; write a ?? 0 where a may be absent'],
  ['5', 1n, 'cannot order string and int; write int(s) or float(s) for the number in a text'],
  [true, false, 'cannot order bool and bool; order is defined among numbers, among strings, among bytes'],
  [[1n], [2n], 'cannot order list and list; order is defined among numbers, among strings, among bytes'],
  ['a', new Uint8Array(), 'cannot order string and bytes; order is defined among numbers, among strings, among bytes'],
])('%o and %o have no order', (left, right, message) => {
  expect(faultOf(() => compareValues(left, right, 3, () => {}))).toMatchObject({ code: 'type_error', message, at: 3 })
})
