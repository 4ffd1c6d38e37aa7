import type { Value } from '../../lang/index.ts'
import { VALUE_NESTING_MAX } from '../values.ts'

/** Tag and length of a field whose length is at most five bytes long. */
export const FIELD_BYTES = 6

/** Numbers of a record: tag and at most nine bytes each (they are safe integers). */
export const NUMBER_BYTES = 10

/**
 * Never below the bytes that `value` takes when it is encoded, and close to it; Infinity for a value that is
 * nested too deeply to be encoded at all.
 */
export function valueBytes(value: Value, depth = 0): number {
  if (depth > VALUE_NESTING_MAX) return Number.POSITIVE_INFINITY
  if (value === null) return 2
  switch (typeof value) {
    case 'boolean':
      return 2
    case 'bigint':
      return 11
    case 'number':
      return 9
    case 'string':
      return FIELD_BYTES + Buffer.byteLength(value)
    default:
      return FIELD_BYTES + contentBytes(value, depth)
  }
}

/** Never below the bytes of an entry in an encoded patch. */
export function entryBytes(key: string, value: Value): number {
  return 3 * FIELD_BYTES + Buffer.byteLength(key) + 2 * NUMBER_BYTES + valueBytes(value)
}

function contentBytes(value: Uint8Array | readonly Value[] | ReadonlyMap<string, Value>, depth: number): number {
  if (value instanceof Uint8Array) return value.byteLength
  let bytes = 0
  if (value instanceof Map) {
    for (const [key, item] of value as ReadonlyMap<string, Value>) {
      bytes += 3 * FIELD_BYTES + Buffer.byteLength(key) + valueBytes(item, depth + 1)
    }
    return bytes
  }
  for (const item of value as readonly Value[]) bytes += FIELD_BYTES + valueBytes(item, depth + 1)
  return bytes
}
