import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits, type Value, valueBytes } from '../lang/index.ts'
import { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { WireReader } from '../proto/reader.ts'
import { anyValue } from './testing/any-value.ts'
import { BeyondLimit, ValueReader } from './value-reader.ts'
import { decodeValue, encodeValue } from './values.ts'

const anyValueOrLargeBytes = anyValue(fc.uint8Array({ minLength: 1_000, maxLength: 1_100 }))

function encoded(value: Value): Uint8Array {
  return WireValue.encode(encodeValue(value)).finish()
}

function read(bytes: Uint8Array): Value {
  return new ValueReader(new WireReader(bytes)).value(bytes.length)
}

/** What the generated decoder and `decodeValue` make of it. */
function generated(bytes: Uint8Array): Value {
  return decodeValue(WireValue.decode(bytes))
}

function ofHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

/** A part of a message, with its tag. */
function part(tag: number, content: Uint8Array): Uint8Array {
  const length: number[] = []
  let left = content.length
  for (; left > 127; left >>>= 7) length.push((left & 127) | 128)
  return Uint8Array.of(tag, ...length, left, ...content)
}

function nested(levels: number, innermost: Uint8Array): Uint8Array {
  let bytes = innermost
  for (let level = 0; level < levels; level++) bytes = part(58, part(10, bytes))
  return bytes
}

const NULL = ofHex('0801')

describe('a value reader', () => {
  it('makes of a value what the generated decoder makes of it', () => {
    fc.assert(
      fc.property(anyValueOrLargeBytes, (value) => {
        const bytes = encoded(value)
        expect(read(bytes)).toEqual(generated(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('makes the same of changed bytes, or refuses them', () => {
    let refused = 0
    let taken = 0
    const change = fc.record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }), cut: fc.nat({ max: 3 }) })
    fc.assert(
      fc.property(anyValueOrLargeBytes, change, (value, { at, bits, cut }) => {
        const bytes = encoded(value)
        bytes[at % bytes.length]! ^= bits
        const rest = bytes.subarray(0, bytes.length - (cut === 1 ? 1 : 0))
        let own: Value
        try {
          own = read(rest)
        } catch {
          refused += 1
          return
        }
        taken += 1
        expect(own).toEqual(generated(rest))
      }),
      { numRuns: 3_000 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(taken).toBeGreaterThan(100)
  })

  it('gives maps in key order, wherever their pairs stand', () => {
    const map = new Map<string, Value>(['\u{1F600}', '\uFFFD', 'b', 'a', 'c'].map((key) => [key, 1n]))
    const wire = encodeValue(map)
    if (wire.kind?.$case === 'map') wire.kind.value.pairs.reverse()
    const back = read(WireValue.encode(wire).finish()) as ReadonlyMap<string, Value>
    expect([...back.keys()]).toEqual(['a', 'b', 'c', '\uFFFD', '\u{1F600}'])
  })

  it('refuses a key that is there twice, in whatever order', () => {
    for (const keys of ['aa', 'aba', 'baa', 'bacc', 'abcb']) {
      const pairs = [...keys].map((key) => ({ key, value: encodeValue(null) }))
      const bytes = WireValue.encode({ kind: { $case: 'map', value: { pairs } } }).finish()
      expect(() => read(bytes)).toThrow(/^a map with the key "[abc]" twice$/)
    }
  })

  it('takes the last of several kinds, and passes over fields that it does not know', () => {
    const unknown = '78 05 79 0000000000000000 7a 02 aabb 7d 00000000'
    expect(read(ofHex(`3a00 ${unknown} 1a020a00 1005 1805`))).toBe(-3n)
    expect(read(ofHex(`3a0e ${'7a00'.repeat(5)} 0a02 0801`))).toEqual([null])
  })

  it.each([
    ['nothing', '', 'without a kind'],
    ['a kind of another wire type', '3805', 'without a kind'],
    ['an element without a kind', '3a020a00', 'without a kind'],
    ['a pair without a value', '42050a030a016b', 'without a value for the key "k"'],
    ['no number', '21000000000000f87f', 'not finite'],
    ['an infinite number', '21000000000000f07f', 'not finite'],
    ['a list longer than what it is in', '3a030a', 'longer'],
    ['an element longer than its list', '3a030a05080100000000', 'longer'],
    ['a string longer than all', '2a0561', 'longer'],
    ['an int that goes on in the next element', '3a06 0a0218ff 0a00', 'longer'],
    ['a float that is cut off', '21000000', 'outside'],
    ['a group', '0b0c', 'wire type 3'],
    ['the end of a group', '0801 0c', 'wire type 4'],
    ['a field without a number', '0801 0000', 'without a number'],
  ])('refuses %s', (_, hex, message) => {
    expect(() => read(ofHex(hex))).toThrow(message)
  })

  it('gives bytes that are copies, of whatever length', () => {
    for (const length of [1, 3, 1_000, 10_000]) {
      const wire = encoded([new Uint8Array(length).fill(7), new Uint8Array(length).fill(9)])
      const value = read(wire) as readonly Uint8Array[]
      wire.fill(0)
      expect(value.map((bytes) => [bytes.length, bytes[0], bytes[length - 1]])).toEqual([
        [length, 7, 7],
        [length, 9, 9],
      ])
    }
  })

  it('reads values as deep as the language allows, and none that are deeper, however deep', () => {
    const { valueNestingMax } = limits
    expect(generated(nested(valueNestingMax, NULL))).toEqual(read(nested(valueNestingMax, NULL)))
    expect(() => read(nested(valueNestingMax, ofHex('3a00')))).not.toThrow()
    for (const levels of [valueNestingMax + 1, 1_000]) {
      expect(() => read(nested(levels, NULL))).toThrow(
        expect.objectContaining({ name: 'BeyondLimit', limit: 'valueNestingMax', asked: valueNestingMax + 1 }),
      )
    }
  })

  it('refuses no values that the language would take, and stops where it would not', () => {
    const { parametersBytesMax } = limits
    const kinds: readonly Value[] = [null, true, 1n, 0.5, 'a', '', Uint8Array.of(1), [], new Map(), [null]]
    for (const kind of [...kinds, new Map<string, Value>([['', null]]), new Map<string, Value>([['a', 'é']])]) {
      const row = new Array<Value>(1_000).fill(kind)
      const each = valueBytes([row]) - valueBytes([])
      const most = new Array<Value>(Math.floor((parametersBytesMax - 6) / each)).fill(row)
      expect(valueBytes(most, parametersBytesMax)).toBeLessThanOrEqual(parametersBytesMax)
      expect(read(encoded(most))).toHaveLength(most.length)
      const many = encoded(new Array<Value>(Math.ceil(1.6 * most.length)).fill(row))
      expect(() => read(many)).toThrow(expect.objectContaining({ limit: 'parametersBytesMax' }))
    }
  })

  it('reads as many elements of one list or map as the language allows, and no more', () => {
    const { elementsMax } = limits
    const beyond = { limit: 'elementsMax', asked: elementsMax + 1 }
    const items = (count: number) => encoded(new Array<Value>(count).fill(null))
    expect(read(items(elementsMax))).toHaveLength(elementsMax)
    expect(() => read(items(elementsMax + 1))).toThrow(expect.objectContaining(beyond))
    const keys = Array.from({ length: elementsMax + 1 }, (_, index) => String(1_000_000 + index))
    const map = (count: number) => encoded(new Map(keys.slice(0, count).map((key) => [key, null])))
    expect((read(map(elementsMax)) as ReadonlyMap<string, Value>).size).toBe(elementsMax)
    expect(() => read(map(elementsMax + 1))).toThrow(expect.objectContaining(beyond))
  })

  it('does not pass over fields without end that it does not know', () => {
    expect(read(ofHex(`0801${'7800'.repeat(10_000)}`))).toBeNull()
    expect(() => read(ofHex(`0801${'7800'.repeat(10_001)}`))).toThrow('unknown fields')
  })

  it('counts all values that it reads, and what the last kind hides', () => {
    const half = 'x'.repeat(limits.parametersBytesMax / 2)
    const bytes = encoded(half)
    const reader = new WireReader(Buffer.concat([bytes, bytes]))
    const values = new ValueReader(reader)
    expect(values.value(bytes.length)).toBe(half)
    expect(() => values.value(2 * bytes.length)).toThrow(BeyondLimit)
    expect(() => read(Buffer.concat([bytes, bytes, NULL]))).toThrow(BeyondLimit)
  })
})
