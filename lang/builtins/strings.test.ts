import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits, type Value } from '../index.ts'
import { anyBytes, anyText, anyValue, call, costOf, faultOf, smallText } from '../testing/builtins.ts'

const characters = (text: string): readonly string[] => Array.from(text)
const text = fc.oneof(anyText, smallText)

test.each<[string, readonly Value[], Value]>([
  ['len', ['e\u0301'], 2n],
  ['len', ['😀'], 1n],
  ['len', [''], 0n],
  ['len', [new Uint8Array(3)], 3n],
  ['len', [[null, null]], 2n],
  ['len', [new Map([['a', null]])], 1n],
  ['str', ['a'], 'a'],
  ['str', [1n], '1'],
  ['str', [1], '1.0'],
  ['str', [1e21], '1e+21'],
  ['str', [true], 'true'],
  ['str', [new Uint8Array([0xef, 0xbb, 0xbf, 0x61])], '\ufeffa'],
  ['str', [Buffer.from('x😀y').subarray(1, 5)], '😀'],
  ['upper', ['straße ŉ'], 'STRASSE ʼN'],
  ['lower', ['İΑΣ'], 'i\u0307ας'],
  ['trim', ['\ufeff \t\n\u2028\u00a0a b\u3000'], 'a b'],
  ['split', ['a,b,,c,', ','], ['a', 'b', '', 'c', '']],
  ['split', ['', ','], ['']],
  ['split', ['', ''], []],
  ['split', ['a😀e\u0301', ''], ['a', '😀', 'e', '\u0301']],
  ['split', ['aaaaa', 'aa'], ['', '', 'a']],
  ['join', [[], ','], ''],
  ['join', [['a'], ','], 'a'],
  ['join', [['a', '', 'b'], ', '], 'a, , b'],
  ['replace', ['aaaaa', 'aa', 'b'], 'bba'],
  ['replace', ['a.b.c', '.', '$&$1$$'], 'a$&$1$$b$&$1$$c'],
  ['replace', ['a', 'a', ''], ''],
  ['replace', ['', 'a', 'b'], ''],
  ['starts', ['😀', ''], true],
  ['starts', ['😀', '😁'], false],
  ['ends', ['😀', '😀😀'], false],
  ['contains', ['a', ''], true],
  ['contains', ['', 'a'], false],
  ['contains', [['', 1n], null], true],
  ['contains', [[1n], 1], true],
  ['contains', [[[new Uint8Array([1])]], [new Uint8Array([1])]], true],
  ['contains', [[], null], false],
  ['contains', [new Map([['__proto__', null]]), '__proto__'], true],
  ['contains', [new Map(), '__proto__'], false],
  ['slice', ['a😀b', 1n, 2n], '😀'],
  ['slice', ['a😀b', -2n], '😀b'],
  ['slice', ['a😀b', 0n, -1n], 'a😀'],
  ['slice', ['abc', 2n, 1n], ''],
  ['slice', ['abc', 2n ** 63n - 1n], ''],
  ['slice', ['abc', -(2n ** 63n), 2n ** 63n - 1n], 'abc'],
  ['slice', [[1n, 2n, 3n], -2n, -1n], [2n]],
  ['slice', [new Uint8Array([1, 2, 3]), 1n], new Uint8Array([2, 3])],
])('%s(%o) is %o', (name, args, expected) => {
  expect(call(name, args)).toEqual(expected)
})

test.each<[string, readonly Value[], string]>([
  ['replace', ['a', '', 'b'], 'invalid_argument'],
  ['str', [new Uint8Array([0xff])], 'invalid_argument'],
  ['str', [new Uint8Array([0xed, 0xa0, 0x80])], 'invalid_argument'],
  ['str', [new Uint8Array([0xc0, 0x80])], 'invalid_argument'],
])('%s(%o) fails: %s', (name, args, code) => {
  expect(faultOf(name, args)).toMatchObject({ code })
})

test('len counts characters', () => {
  fc.assert(fc.property(text, (s) => call('len', [s]) === BigInt(characters(s).length)))
})

test('bytes and str are inverse', () => {
  fc.assert(fc.property(text, (s) => call('str', [call('bytes', [s])]) === s))
  fc.assert(fc.property(text, (s) => Buffer.compare(call('bytes', [s]) as Uint8Array, Buffer.from(s)) === 0))
})

describe('slice', () => {
  const index = fc.integer({ min: -15, max: 15 })
  const optional = fc.option(index, { nil: undefined })
  const slice = (x: Value, from: number, to: number | undefined): Value =>
    call('slice', to === undefined ? [x, BigInt(from)] : [x, BigInt(from), BigInt(to)])

  test('of a string is that of its characters', () => {
    fc.assert(
      fc.property(text, index, optional, (s, from, to) => {
        expect(slice(s, from, to)).toBe(characters(s).slice(from, to).join(''))
      }),
      { numRuns: 1_000 },
    )
  })

  test('of a list and of bytes is that of their elements, and a copy', () => {
    fc.assert(
      fc.property(fc.array(anyValue), anyBytes, index, optional, (list, bytes, from, to) => {
        expect(slice(list, from, to)).toEqual(list.slice(from, to))
        const part = slice(bytes, from, to) as Uint8Array
        expect(part).toEqual(Uint8Array.from([...bytes].slice(from, to)))
        expect(part.byteLength === 0 || part.buffer !== bytes.buffer).toBe(true)
      }),
    )
  })

  test('costs what lies before it, not the whole string', () => {
    const large = 'a'.repeat(1_000_000)
    expect(costOf('slice', [large, 0n, 10n])).toBe(0)
    expect(costOf('slice', [large, -10n])).toBe(0)
  })
})

describe('searching', () => {
  const pattern = smallText.filter((s) => s !== '')

  test('agrees with JavaScript', () => {
    fc.assert(
      fc.property(smallText, pattern, smallText, (s, a, b) => {
        expect(call('contains', [s, a])).toBe(s.includes(a))
        expect(call('starts', [s, a])).toBe(s.startsWith(a))
        expect(call('ends', [s, a])).toBe(s.endsWith(a))
        expect(call('split', [s, a])).toEqual(s.split(a))
        expect(call('replace', [s, a, b])).toBe(s.replaceAll(a, () => b))
      }),
      { numRuns: 2_000 },
    )
  })

  test('agrees with JavaScript on longer ones, where much looks like the pattern', () => {
    const longer = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 20, maxLength: 30 })
    const pieces = fc.array(fc.oneof(fc.constant('all'), fc.nat({ max: 29 }), fc.constantFrom('a', '😀')), {
      minLength: 10,
      maxLength: 30,
    })
    fc.assert(
      fc.property(longer, pieces, anyText, (a, parts, b) => {
        const s = parts
          .map((part) => (part === 'all' ? a : typeof part === 'number' ? a.slice(0, part) : part))
          .join('')
        expect(call('contains', [s, a])).toBe(s.includes(a))
        expect(call('split', [s, a])).toEqual(s.split(a))
        expect(call('replace', [s, a, b])).toBe(s.replaceAll(a, () => b))
      }),
      { numRuns: 1_000 },
    )
  })

  test('finds what was put there', () => {
    fc.assert(fc.property(text, text, text, (a, b, c) => call('contains', [a + b + c, b]) === true))
  })

  test('what is joined is split again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '😀') }), { minLength: 1 }), (list) => {
        expect(call('split', [call('join', [list, ', ']), ', '])).toEqual(list)
      }),
    )
    fc.assert(fc.property(text, (s) => call('join', [call('split', [s, '']), '']) === s))
  })

  // The product of the lengths, which a naive search takes, would be hours.
  test.each([
    ['a'.repeat(500_000), `${'a'.repeat(250_000)}b`],
    ['a'.repeat(500_000), `ab${'a'.repeat(250_000)}`],
    ['ab'.repeat(250_000), `${'ab'.repeat(125_000)}b`],
  ])('takes time in proportion to the lengths', (s, a) => {
    expect(call('contains', [s, a])).toBe(false)
    expect(call('split', [s, a])).toEqual([s])
    expect(call('replace', [s, a, ''])).toBe(s)
    expect(costOf('contains', [s, a])).toBeLessThan(10_000)
  })
})

describe('limits', () => {
  const { valueBytesMax, elementsMax } = limits

  test('a string can be as large as a value, and no larger', () => {
    const half = 'é'.repeat(valueBytesMax / 4)
    expect(call('len', [call('join', [[half, half], '']) as string])).toBe(BigInt(valueBytesMax / 2))
    const limit = { name: 'valueBytesMax', bound: valueBytesMax, asked: valueBytesMax + 1 }
    expect(faultOf('join', [[half, half], 'a'])).toMatchObject({ code: 'limit_exceeded', limit })
    expect(faultOf('join', [Array.from({ length: 100_000 }, () => half), '']).code).toBe('limit_exceeded')
  })

  test.each<[string, readonly Value[]]>([
    ['replace', ['a'.repeat(1000), 'a', 'b'.repeat(1050)]],
    ['replace', ['a'.repeat(1_000_000), 'a', 'b'.repeat(1_000_000)]],
    ['upper', ['ΐ'.repeat(valueBytesMax / 2)]],
    ['bytes', ['a'.repeat(valueBytesMax + 1)]],
    ['str', [new Uint8Array(valueBytesMax + 1)]],
    ['slice', [new Uint8Array(valueBytesMax + 2), 1n]],
    ['slice', ['a'.repeat(valueBytesMax + 2), 1n]],
  ])('%s builds nothing larger', (name, args) => {
    expect(faultOf(name, args)).toMatchObject({ code: 'limit_exceeded', limit: { name: 'valueBytesMax' } })
  })

  test('a list can have as many elements, and no more', () => {
    expect(call('split', [','.repeat(elementsMax - 1), ','])).toHaveLength(elementsMax)
    const limit = { name: 'elementsMax', bound: elementsMax, asked: elementsMax + 1 }
    expect(faultOf('split', [','.repeat(elementsMax), ','])).toMatchObject({ code: 'limit_exceeded', limit })
    expect(call('split', ['😀'.repeat(elementsMax), ''])).toHaveLength(elementsMax)
    expect(faultOf('split', ['😀'.repeat(elementsMax + 1), ''])).toMatchObject({ code: 'limit_exceeded', limit })
  })

  test('values that are nested too deep are not compared', () => {
    let deep: Value = 1n
    let twin: Value = 1n
    for (let level = 0; level < 10_000; level++) [deep, twin] = [[deep], [twin]]
    expect(faultOf('contains', [[deep], twin])).toMatchObject({ limit: { name: 'valueNestingMax' } })
  })
})
