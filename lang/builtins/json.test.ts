import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits, type Value, valueBytes } from '../index.ts'
import { anyText, anyValue, call, faultOf } from '../testing/builtins.ts'

/** A map of this form is written as bytes are. */
function looksLikeBytes(value: Value): boolean {
  if (value instanceof Map) {
    return (value.size === 1 && typeof value.get('$bytes') === 'string') || [...value.values()].some(looksLikeBytes)
  }
  return Array.isArray(value) && value.some(looksLikeBytes)
}

test.each<[string, Value]>([
  ['null', null],
  [' \t\r\n true ', true],
  ['0', 0n],
  ['-0', 0n],
  ['-0.0', 0],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['1.0', 1],
  ['1E2', 100],
  ['1e-999', 0],
  ['"\\u00e9\\n\\/\\ud83d\\uDE00😀"', 'é\n/😀😀'],
  ['[]', []],
  ['[1, [2.5], null]', [1n, [2.5], null]],
  ['{}', new Map()],
  ['{"__proto__": {"constructor": 1}}', new Map([['__proto__', new Map([['constructor', 1n]])]])],
  ['{"$bytes":""}', new Uint8Array(0)],
  ['{"$bytes" : "AAE="}', new Uint8Array([0, 1])],
  ['{"\\u0024bytes":"AA=="}', new Uint8Array([0])],
  ['{"$bytes":1}', new Map([['$bytes', 1n]])],
  [
    '{"$bytes":"AA==","a":1}',
    new Map<string, Value>([
      ['$bytes', 'AA=='],
      ['a', 1n],
    ]),
  ],
])('json(%j) is %o', (text, value) => {
  expect(call('json', [text])).toEqual(value)
})

test.each<[Value, string]>([
  [1, '1.0'],
  [-1.5e300, '-1.5e+300'],
  [10n ** 18n, '1000000000000000000'],
  ['\u2028"\\\u0001😀', '"\u2028\\"\\\\\\u0001😀"'],
  [new Uint8Array([255]), '{"$bytes":"/w=="}'],
  [[1n, [null, true], new Map()], '[1,[null,true],{}]'],
  [
    new Map<string, Value>([
      ['__proto__', ''],
      ['a', []],
    ]),
    '{"__proto__":"","a":[]}',
  ],
])('text(%o) is %j', (value, text) => {
  expect(call('text', [value])).toBe(text)
})

test.each<[string, string]>([
  ['', 'at offset 0, expected a value, found the end of the text'],
  ['  ', 'at offset 2, expected a value, found the end of the text'],
  ['nul', 'at offset 0, expected a value, found "n"'],
  ['[1,]', 'at offset 3, expected a value, found "]"'],
  ['[1 2]', 'at offset 3, expected "," or "]", found "2"'],
  ['{"a":1,}', 'at offset 7, expected a key in quotes, found "}"'],
  ['{a:1}', 'at offset 1, expected a key in quotes, found "a"'],
  ['{"a"}', 'at offset 4, expected ":", found "}"'],
  ['{"a":1 "b"', 'at offset 7, expected "," or "}", found "\\""'],
  ['1 1', 'at offset 2, expected the end of the text, found "1"'],
  ['01', 'at offset 1, expected the end of the text, found "1"'],
  ['1.', 'at offset 1, expected the end of the text, found "."'],
  ['+1', 'at offset 0, expected a value, found "+"'],
  ['-', 'at offset 0, expected a value, found "-"'],
  ['NaN', 'at offset 0, expected a value, found "N"'],
  ['\ufeff1', 'at offset 0, expected a value, found "\ufeff"'],
  ['"😀" 😁', 'at offset 4, expected the end of the text, found "😁"'],
  ['"a', 'at offset 2, expected a closing quote, found the end of the text'],
  ['"\n"', 'at offset 1, expected an escape, found "\\n"'],
  ['"\\', 'at offset 1, this is no escape of JSON'],
  ['"\\x"', 'at offset 1, this is no escape of JSON'],
  ['"\\u12G4"', 'at offset 1, this is no escape of JSON'],
  ['"\\u123', 'at offset 1, this is no escape of JSON'],
  ['[0,"\\ud800"]', 'at offset 3, an escape in this string is half of a surrogate pair, which is no character'],
  ['"\\ude00\\ud83d"', 'at offset 0, an escape in this string is half of a surrogate pair, which is no character'],
  ['{"\\udc00":1}', 'at offset 1, an escape in this string is half of a surrogate pair, which is no character'],
  ['{"a":1,"\\u0061":2}', 'at offset 7, the key "a" is in this object already'],
  ['{"__proto__":1,"__proto__":1}', 'at offset 15, the key "__proto__" is in this object already'],
  ['[{"$bytes":"*"}]', 'at offset 1, "$bytes" is followed by no base64'],
  ['{"$bytes":"AA"}', 'at offset 0, "$bytes" is followed by no base64'],
  ['{"$bytes":"AB=="}', 'at offset 0, "$bytes" is followed by no base64'],
])('json(%j) fails: %s', (text, sentence) => {
  expect(faultOf('json', [text])).toMatchObject({ code: 'invalid_argument', message: `json(text): ${sentence}` })
})

test.each<[string, string]>([
  ['[9223372036854775808]', 'at offset 1, "9223372036854775808" is beyond the range of int, 64 bits'],
  ['-9223372036854775809', 'at offset 0, "-9223372036854775809" is beyond the range of int, 64 bits'],
  ['1e400', 'at offset 0, "1e400" is beyond the range of float'],
  ['9'.repeat(500_000), `at offset 0, "${'9'.repeat(30)}…" is beyond the range of int, 64 bits`],
])('a number out of range overflows', (text, sentence) => {
  expect(faultOf('json', [text])).toMatchObject({ code: 'overflow', message: `json(text): ${sentence}` })
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      anyValue.filter((value) => !looksLikeBytes(value)),
      (value) => {
        expect(call('json', [call('text', [value])])).toEqual(value)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('what JavaScript reads is read alike, and nothing else is', () => {
  const fragment = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '"a"',
    '"b":',
    '1',
    '-',
    '.',
    'e',
    '0',
    'true',
    'null',
    ' ',
    '\\',
    '\\u0041',
    '\t',
  )
  const texts = fc.oneof(
    fc.array(fragment).map((parts) => parts.join('')),
    fc.json(),
    fc.json().map((text) => ` ${text} `),
  )
  fc.assert(
    fc.property(texts, (text) => {
      let expected: unknown
      try {
        // There is no negative zero in the language.
        expected = JSON.parse(text, (_, item) => (typeof item === 'number' ? item + 0 : item))
      } catch {
        expect(['invalid_argument', 'overflow']).toContain(faultOf('json', [text]).code)
        return
      }
      // Duplicates are no JSON to us, and half of a surrogate pair is none either.
      try {
        expect(plain(call('json', [text]))).toEqual(expected)
      } catch (error) {
        if (!/already|surrogate|base64|beyond the range|nesting/.test(String(error))) throw error
      }
    }),
    { numRuns: 3_000 },
  )
})

function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (!(value instanceof Map)) return value
  const object: Record<string, unknown> = {}
  for (const [key, item] of value) Object.defineProperty(object, key, { value: plain(item), enumerable: true })
  return object
}

test('objects become maps in the order of code points, whatever theirs is', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyText), (keys) => {
      const text = `{${keys.map((key) => `${JSON.stringify(key)}:null`).join(',')}}`
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(call('keys', [call('json', [text])])).toEqual(sorted)
    }),
  )
})

describe('limits', () => {
  const nested = (levels: number, inner: string): string => '['.repeat(levels) + inner + ']'.repeat(levels)
  const max = limits.valueNestingMax

  test.each([
    nested(max, '1'),
    nested(max, '[]'),
    nested(max, '{}'),
    nested(max, '{"$bytes":""}'),
    nested(max - 1, '{"a":1}'),
  ])('a value is nested as deep as it may be: %s', (text) => {
    const value = call('json', [text])
    expect(valueBytes(value)).toBeLessThan(Number.POSITIVE_INFINITY)
    expect(call('text', [value])).toBe(text)
  })

  test.each([
    nested(max + 1, '1'),
    nested(max + 1, '[]'),
    nested(max, '{"a":1}'),
    nested(max + 1, '{"$bytes":""}'),
    '['.repeat(1_000_000),
  ])('no value is nested deeper', (text) => {
    expect(faultOf('json', [text])).toMatchObject({ code: 'limit_exceeded', limit: { name: 'valueNestingMax' } })
  })

  test('values that are nested deep, or share their parts, are not written', () => {
    let deep: Value = 1n
    for (let level = 0; level < 10_000; level++) deep = [deep]
    expect(faultOf('text', [deep])).toMatchObject({ limit: { name: 'valueNestingMax' } })
    let wide: Value = new Map([['a', null]])
    for (let level = 0; level < max - 1; level++) wide = [wide, wide]
    expect(faultOf('text', [wide])).toMatchObject({ limit: { name: 'valueBytesMax' } })
  })

  test('a text is as large as a value may be, and no larger', () => {
    expect(call('text', ['a'.repeat(limits.valueBytesMax - 2)])).toHaveLength(limits.valueBytesMax)
    for (const value of [
      'a'.repeat(limits.valueBytesMax - 1),
      '\u0001'.repeat(limits.valueBytesMax / 4),
      new Uint8Array(limits.valueBytesMax),
    ]) {
      expect(faultOf('text', [value])).toMatchObject({ code: 'limit_exceeded', limit: { name: 'valueBytesMax' } })
    }
  })

  test('a list has as many elements as it may have, and no more', () => {
    const elements = '1,'.repeat(limits.elementsMax - 1)
    expect(call('json', [`[${elements}1]`])).toHaveLength(limits.elementsMax)
    expect(faultOf('json', [`[${elements}1,1]`])).toMatchObject({
      limit: { name: 'elementsMax', asked: limits.elementsMax + 1 },
    })
  })
})
