import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, type Value } from '../lang/index.ts'
import { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { anyText, anyValue } from './testing/any-value.ts'
import { decodeValue, encodeValue, VALUE_NESTING_MAX } from './values.ts'

/** Through the bytes and back. */
function travel(value: Value): Value {
  return decodeValue(WireValue.decode(WireValue.encode(encodeValue(value)).finish()))
}

/** As it is kept: no negative zero. (Maps are equal in any order.) */
function kept(value: Value): Value {
  if (typeof value === 'number') return value + 0
  if (Array.isArray(value)) return value.map(kept)
  if (!(value instanceof Map)) return value
  return new Map(Array.from(value, ([key, item]) => [key, kept(item)]))
}

describe('a value', () => {
  it('comes back from the wire as it was', () => {
    fc.assert(
      fc.property(anyValue(), (value) => {
        expect(travel(value)).toEqual(kept(value))
      }),
    )
  })

  it('has its maps in code point order on both sides, wherever they come from', () => {
    const unordered = new Map<string, Value>([
      ['\u{1F600}', 1n],
      ['\uFFFD', 2n],
      ['a', 3n],
    ])
    expect([...(travel(unordered) as Map<string, Value>).keys()]).toEqual(['a', '\uFFFD', '\u{1F600}'])
    const wire = encodeValue(unordered)
    if (wire.kind?.$case === 'map') wire.kind.value.pairs.reverse()
    expect([...(decodeValue(wire) as Map<string, Value>).keys()]).toEqual(['a', '\uFFFD', '\u{1F600}'])
  })

  it('without a kind is refused, inside others too', () => {
    expect(() => decodeValue({ kind: undefined })).toThrow('a value without a kind')
    expect(() => decodeValue({ kind: { $case: 'list', value: { items: [{ kind: undefined }] } } })).toThrow('a kind')
    const pairs = [{ key: 'k', value: undefined }]
    expect(() => decodeValue({ kind: { $case: 'map', value: { pairs } } })).toThrow('the key "k"')
  })

  it('with a key twice is refused', () => {
    const value = encodeValue(true)
    const pairs = ['b', 'a', 'b'].map((key) => ({ key, value }))
    expect(() => decodeValue({ kind: { $case: 'map', value: { pairs } } })).toThrow('the key "b" twice')
  })

  it('that is none of the language is refused', () => {
    for (const float of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => encodeValue(float)).toThrow('not finite')
      expect(() => decodeValue({ kind: { $case: 'float', value: float } })).toThrow('not finite')
    }
    expect(() => encodeValue(2n ** 63n)).toThrow('beyond 64 bits')
    expect(Object.is(travel(-0), 0)).toBe(true)
  })

  it('can be nested as deeply as it can be read back, and no deeper', () => {
    const nested = (depth: number): Value => (depth === 0 ? 1n : new Map([['k', nested(depth - 1)]]))
    expect(travel(nested(VALUE_NESTING_MAX))).toEqual(nested(VALUE_NESTING_MAX))
    expect(() => encodeValue(nested(VALUE_NESTING_MAX + 1))).toThrow('nested deeper')
  })
})

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
  })
})
