import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { encodeValue } from './value.ts'

/**
 * The value as it travels, where it takes the place of `before`: a number stays a float where a float stood, also
 * inside lists (at the same index) and maps (under the same key). In JavaScript 4.0 and 4 are the same; in the store
 * they are not. A bigint is an int all the same. Throws as `encodeValue` does.
 */
export function encodeInPlaceOf(before: WireValue | undefined, value: unknown, path: string): WireValue {
  const encoded = encodeValue(value, path)
  return before === undefined ? encoded : keepFloats(before, value, encoded)
}

function keepFloats(before: WireValue, value: unknown, encoded: WireValue): WireValue {
  const [was, is] = [before.kind, encoded.kind]
  if (was?.$case === 'float' && is?.$case === 'int' && typeof value === 'number') {
    return { kind: { $case: 'float', value } }
  }
  if (was?.$case === 'list' && is?.$case === 'list' && Array.isArray(value)) {
    const items = is.value.items.map((item, index) => {
      const stood = was.value.items[index]
      return stood === undefined ? item : keepFloats(stood, value[index], item)
    })
    return { kind: { $case: 'list', value: { items } } }
  }
  if (was?.$case === 'map' && is?.$case === 'map') {
    const stood = new Map(was.value.pairs.map((pair) => [pair.key, pair.value]))
    const given = new Map(Object.entries(value as object))
    const pairs = is.value.pairs.map(({ key, value: item }) => {
      const under = stood.get(key)
      return { key, value: under === undefined || item === undefined ? item : keepFloats(under, given.get(key), item) }
    })
    return { kind: { $case: 'map', value: { pairs } } }
  }
  return encoded
}
