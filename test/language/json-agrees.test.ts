import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatValue, parseValue } from '../../client/json.ts'
import { Float, type Input } from '../../client/value.ts'
import type { Value } from '../../lang/index.ts'
import { anyValue, call } from '../../lang/testing/builtins.ts'
import type { Value as WireValue } from '../../proto/gen/decree/v1/value.ts'

/** As a program's value is sent to clients. */
function toWire(value: Value): WireValue {
  if (value === null) return { kind: { $case: 'null', value: true } }
  switch (typeof value) {
    case 'boolean':
      return { kind: { $case: 'bool', value } }
    case 'bigint':
      return { kind: { $case: 'int', value } }
    case 'number':
      return { kind: { $case: 'float', value } }
    case 'string':
      return { kind: { $case: 'string', value } }
    default:
  }
  if (value instanceof Uint8Array) return { kind: { $case: 'bytes', value: Buffer.from(value) } }
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<string, Value>)].map(([key, item]) => ({ key, value: toWire(item) }))
    return { kind: { $case: 'map', value: { pairs } } }
  }
  return { kind: { $case: 'list', value: { items: (value as readonly Value[]).map(toWire) } } }
}

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
      expect(call('text', [value])).toBe(formatValue(toWire(value), 'compact'))
    }),
    { numRuns: 1_000 },
  )
})

test('the language reads what the client reads', () => {
  const hasOddBytes = (text: string): boolean => text.includes('"$bytes"')
  fc.assert(
    fc.property(
      anyValue.map((value) => formatValue(toWire(value), 'spaced')).filter((text) => !hasOddBytes(text)),
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
