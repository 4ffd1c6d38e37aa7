import { expect, test } from 'vitest'
import { valueToJson } from './json.ts'

test.each([
  [null, 'null'],
  [true, 'true'],
  [-9_223_372_036_854_775_808n, '-9223372036854775808'],
  [4, '4.0'],
  [-0.5, '-0.5'],
  [1e21, '1e+21'],
  ['a "b" \n', '"a \\"b\\" \\n"'],
  [Uint8Array.of(255), '{"$bytes":"/w=="}'],
  [[1n, [], 'x'], '[1,[],"x"]'],
  [
    new Map([
      ['b', 1n],
      ['a', null],
    ]),
    '{"b":1,"a":null}',
  ],
  [new Map(), '{}'],
] as const)('%o is %s', (value, text) => {
  expect(valueToJson(value)).toBe(text)
})
