import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { add, divide, multiply, negate, remainder, subtract } from './arithmetic.ts'
import { Fault } from './errors.ts'
import { limits, type Value } from './index.ts'
import { faultOf } from './testing/faults.ts'
import { anyValue } from './testing/values.ts'
import { typeName } from './values.ts'

const least = -(2n ** 63n)
const greatest = 2n ** 63n - 1n
const bytes = (...items: number[]): Uint8Array => new Uint8Array(items)
const map = (items: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> => new Map(Object.entries(items))
const sum = (left: Value, right: Value): Value => add(left, right, 0, () => {})
const anyInt = fc.oneof(fc.bigInt({ min: least, max: greatest }), fc.constantFrom(least, greatest, 0n, 1n, -1n))

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
    ['a', bytes(1), 'cannot add string and bytes; write bytes(s) or str(b) to join'],
    [[1n], 1n, 'cannot add list and int; write append(list, x) to add one element'],
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

describe('subtraction, multiplication, division', () => {
  test.each<[string, Value, Value]>([
    ['-', subtract(3n, 5n, 0), -2n],
    ['- of floats', subtract(0.5, 2n, 0), -1.5],
    ['*', multiply(-3n, 5n, 0), -15n],
    ['* of floats', multiply(2n, 0.5, 0), 1],
    ['/ truncates', divide(7n, 2n, 0), 3n],
    ['/ truncates toward zero', divide(-7n, 2n, 0), -3n],
    ['/ of floats', divide(7n, 2, 0), 3.5],
    ['% has the sign of its left side', remainder(-7n, 2n, 0), -1n],
    ['% of a negative divisor', remainder(7n, -2n, 0), 1n],
    ['% of floats', remainder(-7.5, 2n, 0), -1.5],
    ['% of the least int', remainder(least, -1n, 0), 0n],
    ['negation', negate(5n, 0), -5n],
    ['negation of a float', negate(-1.5, 0), 1.5],
    ['negation to the least int', negate(2n ** 63n, 0), least],
  ])('%s', (_what, result, expected) => {
    expect(result).toBe(expected)
  })

  test('have no negative zero', () => {
    const zeros = [
      subtract(0, 0, 0),
      multiply(-1, 0, 0),
      divide(0, -5, 0),
      remainder(-4, 2, 0),
      negate(0, 0),
      divide(-5e-324, 2, 0),
    ]
    for (const zero of zeros) expect(Object.is(zero, 0)).toBe(true)
  })

  test.each<[string, () => Value, string]>([
    ['the greatest int', () => sum(greatest, 1n), '9223372036854775807 + 1 is beyond the range of int, 64 bits'],
    ['the least int', () => subtract(least, 1n, 0), '-9223372036854775808 - 1 is beyond the range of int, 64 bits'],
    ['a product', () => multiply(2n ** 62n, 2n, 0), '4611686018427387904 * 2 is beyond the range of int, 64 bits'],
    ['a quotient', () => divide(least, -1n, 0), '-9223372036854775808 / -1 is beyond the range of int, 64 bits'],
    ['a negation', () => negate(least, 0), '-(-9223372036854775808) is beyond the range of int, 64 bits'],
    ['a float product', () => multiply(1e200, 1e200, 0), '1e+200 * 1e+200 is beyond the range of float'],
    ['a float quotient', () => divide(1e200, 1e-200, 0), '1e+200 / 1e-200 is beyond the range of float'],
  ])('overflow beyond %s', (_what, act, message) => {
    expect(faultOf(act)).toMatchObject({ code: 'overflow', message })
  })

  test.each<[Value, Value]>([
    [1n, 0n],
    [0n, 0n],
    [1.5, 0n],
    [1n, 0],
    [0, 0],
  ])('%o / %o and %% are divisions by zero', (left, right) => {
    expect(faultOf(() => divide(left, right, 0)).code).toBe('division_by_zero')
    expect(faultOf(() => remainder(left, right, 0)).code).toBe('division_by_zero')
  })

  test.each<[() => Value, string]>([
    [() => subtract(null, 1n, 0), 'cannot subtract int from null; write a ?? 0 where a may be absent'],
    [() => subtract('5', 1n, 0), 'cannot subtract int from string; write int(s) or float(s) for the number in a text'],
    [() => multiply([1n], 2n, 0), 'cannot multiply list by int; it takes numbers'],
    [() => divide(true, 0n, 0), 'cannot divide bool by int; it takes numbers'],
    [() => remainder(1n, null, 0), 'cannot take the remainder of int by null; write a ?? 0 where a may be absent'],
    [() => negate('a', 0), 'cannot negate string; write int(s) or float(s) for the number in a text'],
  ])('take numbers, and say so: %s', (act, message) => {
    expect(faultOf(act)).toMatchObject({ code: 'type_error', message })
  })

  test('of ints are exact or faults', () => {
    const operations = [
      [sum, (a: bigint, b: bigint) => a + b],
      [subtract, (a: bigint, b: bigint) => a - b],
      [multiply, (a: bigint, b: bigint) => a * b],
    ] as const
    fc.assert(
      fc.property(anyInt, anyInt, fc.constantFrom(...operations), (a, b, [operation, exact]) => {
        const expected = exact(a, b)
        if (BigInt.asIntN(64, expected) === expected) expect(operation(a, b, 0)).toBe(expected)
        else expect(faultOf(() => operation(a, b, 0)).code).toBe('overflow')
      }),
    )
  })

  test('of ints agree: a is (a / b) * b + a % b', () => {
    fc.assert(
      fc.property(anyInt, anyInt, (a, b) => {
        fc.pre(b !== 0n && !(a === least && b === -1n))
        expect(sum(multiply(divide(a, b, 0), b, 0), remainder(a, b, 0))).toBe(a)
      }),
    )
  })
})

test('what is joined is bounded, and costs what it takes', () => {
  const large = 'é'.repeat(limits.valueBytesMax / 2)
  expect(faultOf(() => sum(large, 'a'))).toMatchObject({
    limit: { name: 'valueBytesMax', asked: limits.valueBytesMax + 1 },
  })
  const list: Value = new Array(limits.elementsMax).fill(null)
  expect(faultOf(() => sum(list, [1n]))).toMatchObject({ limit: { name: 'elementsMax' } })
  const units: number[] = []
  add('x'.repeat(2_000), 'x'.repeat(560), 0, (spent) => units.push(spent))
  add('x', 'y', 0, (spent) => units.push(spent))
  expect(units).toEqual([10])
})
