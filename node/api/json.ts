import type { Value } from '../../lang/index.ts'

/**
 * A value as one line of JSON text: ints with all their digits, floats always with `.` or an exponent, bytes as
 * `{"$bytes":"<base64>"}`, maps in key order.
 */
export function valueToJson(value: Value): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      return floatToJson(value)
    case 'string':
      return JSON.stringify(value)
    default:
      return objectToJson(value)
  }
}

function floatToJson(value: number): string {
  const text = String(value)
  // Without these it would be an int.
  return /[.e]/.test(text) ? text : `${text}.0`
}

function objectToJson(value: Uint8Array | readonly Value[] | ReadonlyMap<string, Value>): string {
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('base64')}"}`
  if (value instanceof Map) {
    const pairs = Array.from(value as ReadonlyMap<string, Value>, ([key, item]) => {
      return `${JSON.stringify(key)}:${valueToJson(item)}`
    })
    return `{${pairs.join(',')}}`
  }
  return `[${(value as readonly Value[]).map(valueToJson).join(',')}]`
}
