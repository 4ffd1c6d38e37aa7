import type { Entry } from '../proto/gen/decree/v1/store.ts'
import type { Value } from '../proto/gen/decree/v1/value.ts'
import { DecreeError, missingKind } from './errors.ts'
import { Float, type Input } from './value.ts'

/** How JSON text is set: `compact` for machines, `spaced` for people. */
export type Setting = 'compact' | 'spaced'

/**
 * A value as JSON text: ints with all their digits, floats always with `.` or an exponent, bytes as
 * `{"$bytes":"<base64>"}`. Throws `protocol_error` on a value of no known type.
 */
export function formatValue(value: Value | undefined, setting: Setting): string {
  const kind = value?.kind
  if (kind === undefined) throw missingKind()
  switch (kind.$case) {
    case 'null':
      return 'null'
    case 'bool':
    case 'int':
      return String(kind.value)
    case 'float':
      return formatFloat(kind.value)
    case 'string':
      return JSON.stringify(kind.value)
    case 'bytes':
      return formatMap([['$bytes', JSON.stringify(kind.value.toString('base64'))]], setting)
    case 'list':
      return `[${kind.value.items.map((item) => formatValue(item, setting)).join(separator(setting))}]`
    case 'map':
      return formatEntries(kind.value.pairs, setting)
    default:
      return kind satisfies never
  }
}

/** Keys with their values as a JSON object, in the order given. */
export function formatEntries(entries: readonly Entry[], setting: Setting): string {
  return formatMap(
    entries.map(({ key, value }) => [key, formatValue(value, setting)]),
    setting,
  )
}

/**
 * The value of a JSON text, as `formatValue` writes it: a number with `.` or an exponent is a float, any other an int
 * with all its digits, `{"$bytes":"<base64>"}` bytes. Throws a SyntaxError on what is no JSON, and `invalid_argument`
 * on a number beyond the range of floats.
 */
export function parseValue(text: string): Input {
  JSON.parse(text)
  // JSON.parse would round long ints and forget which numbers had a point. So strings are marked by `s`, and numbers
  // become strings marked by `n`; keys, being strings, are marked too, which also makes `__proto__` a key as any other.
  const marked = text.replace(/"((?:[^"\\]|\\.)*)"|-?\d[\d.eE+-]*/g, (token, inner: string | undefined) =>
    inner === undefined ? `"n${token}"` : `"s${inner}"`,
  )
  return unmark(JSON.parse(marked))
}

function unmark(value: unknown): Input {
  if (typeof value === 'string') {
    const rest = value.slice(1)
    if (value.startsWith('s')) return rest
    return /[.eE]/.test(rest) ? floatOf(rest) : BigInt(rest)
  }
  if (Array.isArray(value)) return value.map(unmark)
  if (typeof value !== 'object' || value === null) return value as null | boolean
  const pairs = Object.entries(value).map(([key, item]): [string, Input] => [key.slice(1), unmark(item)])
  const [first, second] = pairs
  if (first?.[0] === '$bytes' && typeof first[1] === 'string' && second === undefined) {
    return Uint8Array.from(Buffer.from(first[1], 'base64'))
  }
  return Object.fromEntries(pairs)
}

function floatOf(digits: string): Float {
  const value = Number(digits)
  if (Number.isFinite(value)) return new Float(value)
  throw new DecreeError('invalid_argument', `${digits} is beyond the range of floats, which ends at 1.8e308`)
}

function formatFloat(value: number): string {
  const digits = String(value)
  return /[.e]/.test(digits) ? digits : `${digits}.0`
}

function formatMap(pairs: readonly (readonly [string, string])[], setting: Setting): string {
  const colon = setting === 'compact' ? ':' : ': '
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}${colon}${value}`).join(separator(setting))}}`
}

function separator(setting: Setting): string {
  return setting === 'compact' ? ',' : ', '
}
