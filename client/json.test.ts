import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatValue, parseValue } from './json.ts'
import { encodeValue, float, type Input } from './value.ts'

function compact(value: Input): string {
  return formatValue(encodeValue(value, '$x'), 'compact')
}

describe('JSON of values', () => {
  test.each<[Input, string]>([
    [null, 'null'],
    [true, 'true'],
    [9223372036854775807n, '9223372036854775807'],
    [float(4), '4.0'],
    [float(1e20), '100000000000000000000.0'],
    [1e21, '1e+21'],
    [0.1, '0.1'],
    ['a"\n', '"a\\"\\n"'],
    [new Uint8Array([1, 2]), '{"$bytes":"AQI="}'],
    [[1, [2.5]], '[1,[2.5]]'],
    [{ b: 1, a: '' }, '{"a":"","b":1}'],
  ])('%s is written as %s and read back', (value, json) => {
    expect(compact(value)).toBe(json)
    expect(compact(parseValue(json))).toBe(json)
  })

  test('people get spaces', () => {
    expect(formatValue(encodeValue({ a: [1, 2], b: {} }, '$x'), 'spaced')).toBe('{"a": [1, 2], "b": {}}')
  })

  test('every JSON text without floats is read as JSON.parse reads it, __proto__ included', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a"b', 'n1', 's'))
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false, '', '-1', 'n1', '"'),
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger().map((number) => number + 0),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    })).value
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(compact(parseValue(text))).toBe(compact(JSON.parse(text)))
      }),
    )
  })

  test('what is no JSON is a SyntaxError', () => {
    for (const text of ['', 'AAA', '01', '1.', '"a', '{a:1}', '1 2', "'a'"])
      expect(() => parseValue(text)).toThrow(SyntaxError)
  })

  test.each([
    ['{"$bytes":"AQI"}', '"$bytes" is followed by no base64'],
    ['{"$bytes":"AR=="}', '"$bytes" is followed by no base64'],
    ['[{"$bytes":" AQI="}]', '"$bytes" is followed by no base64'],
    ['{"$bytes":"_-8="}', '"$bytes" is followed by no base64'],
    ['{"a":1,"b":2,"a":1}', 'the key "a" is twice in an object'],
    ['{"a": 1, "\\u0061" : 2}', 'the key "a" is twice in an object'],
    ['[{"__proto__":1,"__proto__":2}]', 'the key "__proto__" is twice in an object'],
    ['{"$bytes":"AQI=","$bytes":"AQI="}', 'the key "$bytes" is twice in an object'],
    [`{"${'x'.repeat(99)}":1,"${'x'.repeat(99)}":2}`, `the key "${'x'.repeat(30)}…" is twice in an object`],
    [`1${'0'.repeat(400)}.5`, `1${'0'.repeat(29)}… is beyond the range of floats, which ends at 1.8e308`],
  ])('%s is refused', (json, message) => {
    expect(() => parseValue(json)).toThrow(expect.objectContaining({ code: 'invalid_argument', message }))
  })

  test.each(['{"$bytes":1}', '{"$bytes":"?","a":1}', '[{"a":1},{"a":{"a":1}}]', '{"":1,"1:":2,":1":3}'])(
    '%s is a value like others',
    (json) => {
      expect(compact(parseValue(json))).toBe(json)
    },
  )

  test('a string of a megabyte is read, whatever it is made of', () => {
    const parts = ['x', '\\"', '":', '😀']
    const text = parts.join('').repeat(200_000)
    expect(parseValue(JSON.stringify([text]))).toEqual([text])
  })
})
