import type { Value } from '../lang/index.ts'
import { compareKeys } from '../lang/values.ts'
import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'

/**
 * How deeply lists and maps may lie within each other: each map is three messages deep on the wire, the generated
 * decoders go 100 messages deep, and a value lies at most five messages deep in its frame or record.
 */
export const VALUE_NESTING_MAX = 31

/**
 * A value of the language as it travels and is stored. Maps are written in key (code point) order.
 *
 * Throws an Error on what is no value of the language (a float that is not finite, an int beyond 64 bits) or is
 * nested deeper than `VALUE_NESTING_MAX`, because nobody could read it back.
 */
export function encodeValue(value: Value): WireValue {
  return encodeAt(value, 0)
}

/**
 * The value that a wire value stands for. Bytes are views of the wire value's own; maps come in code point order.
 *
 * Throws an Error on a value without a kind, a float that is not finite, a key that occurs twice in a map.
 */
export function decodeValue(wire: WireValue): Value {
  const { kind } = wire
  if (kind === undefined) throw new Error('a value without a kind')
  switch (kind.$case) {
    case 'null':
      return null
    case 'bool':
    case 'int':
    case 'string':
      return kind.value
    case 'float':
      // Adding zero turns negative zero into zero.
      return finite(kind.value) + 0
    case 'bytes':
      return new Uint8Array(kind.value.buffer, kind.value.byteOffset, kind.value.byteLength)
    case 'list':
      return kind.value.items.map(decodeValue)
    case 'map': {
      const pairs: [string, Value][] = kind.value.pairs.map(({ key, value }) => {
        if (value === undefined) throw new Error(`a map without a value for the key ${JSON.stringify(key)}`)
        return [key, decodeValue(value)]
      })
      return new Map(inKeyOrder(pairs))
    }
    default:
      return kind satisfies never
  }
}

/** `depth`: lists and maps around a value. Throws an Error on one that nobody could read back. */
export function checkDepth(depth: number): void {
  if (depth > VALUE_NESTING_MAX) throw new Error(`a value nested deeper than ${VALUE_NESTING_MAX} lists and maps`)
}

function encodeAt(value: Value, depth: number): WireValue {
  checkDepth(depth)
  if (value === null) return { kind: { $case: 'null', value: true } }
  switch (typeof value) {
    case 'boolean':
      return { kind: { $case: 'bool', value } }
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new Error(`an int beyond 64 bits: ${value}`)
      return { kind: { $case: 'int', value } }
    case 'number':
      return { kind: { $case: 'float', value: finite(value) + 0 } }
    case 'string':
      return { kind: { $case: 'string', value } }
    default:
      return encodeObject(value, depth)
  }
}

function encodeObject(value: Uint8Array | readonly Value[] | ReadonlyMap<string, Value>, depth: number): WireValue {
  if (value instanceof Uint8Array) {
    return { kind: { $case: 'bytes', value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) } }
  }
  if (value instanceof Map) {
    const pairs = inKeyOrder([...(value as ReadonlyMap<string, Value>)]).map(([key, item]) => ({
      key,
      value: encodeAt(item, depth + 1),
    }))
    return { kind: { $case: 'map', value: { pairs } } }
  }
  const items = (value as readonly Value[]).map((item) => encodeAt(item, depth + 1))
  return { kind: { $case: 'list', value: { items } } }
}

/** The pairs by ascending key: usually they are already. */
export function inKeyOrder(pairs: [string, Value][]): [string, Value][] {
  for (let index = 1; index < pairs.length; index++) {
    if (compareKeys(keyAt(pairs, index - 1), keyAt(pairs, index)) < 0) continue
    pairs.sort(([a], [b]) => compareKeys(a, b))
    for (let second = 1; second < pairs.length; second++) {
      const key = keyAt(pairs, second)
      if (keyAt(pairs, second - 1) === key) throw new Error(`a map with the key ${JSON.stringify(key)} twice`)
    }
    break
  }
  return pairs
}

function keyAt(pairs: readonly [string, Value][], index: number): string {
  return pairs[index]?.[0] ?? ''
}

/** Throws an Error on what no float of the language is. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`a float that is not finite: ${value}`)
  return value
}
