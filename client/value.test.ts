import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { DecreeError } from './errors.ts'
import { decodeValue, encodeValue, float, type Input } from './value.ts'

function roundTrip(value: Input) {
  return decodeValue(WireValue.decode(WireValue.encode(encodeValue(value, '$x')).finish()))
}

function kindOf(value: Input) {
  return encodeValue(value, '$x').kind?.$case
}

describe('values', () => {
  test('every value comes back as it went', () => {
    const value = fc.letrec<{ value: Input }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.bigInt(2n ** 60n, 2n ** 63n - 1n),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.string({ unit: 'binary' }),
        fc.uint8Array(),
        fc.array(tie('value')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('value')).map((map) => ({ ...map })),
      ),
    })).value
    fc.assert(
      fc.property(value, (sent) => {
        expect(roundTrip(sent)).toEqual(sent)
      }),
    )
  })

  test('a safe integer is an int, any other finite number a float, and float() forces one', () => {
    expect(kindOf(4)).toBe('int')
    expect(kindOf(2 ** 53 - 1)).toBe('int')
    expect(kindOf(2 ** 53)).toBe('float')
    expect(kindOf(0.5)).toBe('float')
    expect(kindOf(float(4))).toBe('float')
    expect(roundTrip(float(-0))).toBe(0)
  })

  test('an int comes back as a number when that is safe, else as a bigint', () => {
    expect(roundTrip(5n)).toBe(5)
    expect(roundTrip(2n ** 53n)).toBe(2n ** 53n)
    expect(roundTrip(-(2n ** 63n))).toBe(-(2n ** 63n))
  })

  test('__proto__ is a key like any other', () => {
    const map = roundTrip(JSON.parse('{"__proto__": 1, "a": 2}') as Input) as object
    expect(Object.keys(map)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
  })

  test('map keys travel in code point order, which UTF-16 order is not', () => {
    const kind = encodeValue({ '\u{1f600}': 1, '\uffff': 2, a: 3 }, '$x').kind
    expect(kind?.$case === 'map' && kind.value.pairs.map(({ key }) => key)).toEqual(['a', '\uffff', '\u{1f600}'])
  })

  test.each<[string, unknown, string]>([
    ['NaN', { a: [1, Number.NaN] }, '$x.a[1] is NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, '$x is Infinity'],
    ['a bigint beyond 64 bits', [2n ** 63n], '$x[0] is 9223372036854775808'],
    ['undefined', { 'a b': undefined }, '$x["a b"] is undefined'],
    ['a hole in a list', new Array(1), '$x[0] is undefined'],
    ['a date', new Date(0), '$x is a Date'],
    ['a map', new Map(), '$x is a Map'],
    ['a function', () => 1, '$x is a function'],
    ['a symbol', Symbol('s'), '$x is a symbol'],
    ['a lone surrogate', 'a\ud800', '$x is a string with a lone surrogate'],
    ['a lone surrogate in a key', { '\udc00': 1 }, 'is a string with a lone surrogate'],
  ])('%s is refused by its path', (_name, value, message) => {
    expect(() => encodeValue(value, '$x')).toThrow(message)
    expect(() => encodeValue(value, '$x')).toThrow(
      expect.objectContaining({ code: 'invalid_argument', outcome: 'none' }),
    )
  })

  test('long paths, keys and numbers are shown in part', () => {
    const messageOf = (value: unknown): string => {
      try {
        encodeValue(value, '$x')
      } catch (error) {
        if (error instanceof DecreeError) return error.message
      }
      throw new Error('the value was taken')
    }
    const long = 'k'.repeat(5_000)
    expect(messageOf({ [long]: { b: [undefined] } })).toBe(
      `$x.${'k'.repeat(27)}…${'k'.repeat(25)}.b[0] is undefined; null stands for absence`,
    )
    expect(messageOf(10n ** 5_000n)).toBe(`$x is 1${'0'.repeat(29)}…, which does not fit in 64 bits`)
  })

  test('a value that contains itself is refused', () => {
    const list: Input[] = []
    list.push(list)
    expect(() => encodeValue(list, '$x')).toThrow(expect.objectContaining({ code: 'limit_exceeded' }))
  })

  test('a value without a kind is a protocol error, never null', () => {
    expect(() => decodeValue({ kind: undefined })).toThrow(DecreeError)
    expect(() => decodeValue(undefined)).toThrow(expect.objectContaining({ code: 'protocol_error' }))
  })

  test('float() takes finite numbers only', () => {
    expect(() => float(Number.NaN)).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
  })
})
