import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatValue, parseValue } from '../../client/json.ts'
import { Float, type Input } from '../../client/value.ts'
import type { Value } from '../../lang/index.ts'
import { anyValue, call } from '../../lang/testing/builtins.ts'
import { encodeValue } from '../../node/values.ts'

/** What a client would send, as a program's value. */
function fromInput(input: Input): Value {
  if (input instanceof Float) return input.value + 0
  if (Array.isArray(input)) return input.map(fromInput)
  if (input === null || typeof input !== 'object' || input instanceof Uint8Array) return input as Value
  return new Map(Object.entries(input as Readonly<Record<string, Input>>).map(([key, item]) => [key, fromInput(item)]))
}

test('the language writes a value as the client does', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(call('text', [value])).toBe(formatValue(encodeValue(value), 'compact'))
    }),
    { numRuns: 1_000 },
  )
})

test('the language reads what the client reads', () => {
  const hasOddBytes = (text: string): boolean => text.includes('"$bytes"')
  fc.assert(
    fc.property(
      anyValue.map((value) => formatValue(encodeValue(value), 'spaced')).filter((text) => !hasOddBytes(text)),
      (text) => {
        expect(call('json', [text])).toEqual(fromInput(parseValue(text)))
      },
    ),
    { numRuns: 1_000 },
  )
  for (const text of [
    '{"$bytes":"AAEC"}',
    '[1.0, 1e2, -0, -0.0, 9223372036854775807]',
    '{"$bytes":1}',
    '{"$bytes":"AA==","a":""}',
  ]) {
    expect(call('json', [text])).toEqual(fromInput(parseValue(text)))
  }
})
