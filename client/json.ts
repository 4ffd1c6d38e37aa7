import { shown } from '../lang/shown.ts'
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
 * on a number beyond the range of floats, a key that is twice in an object, and base64 that `formatValue` does not write.
 */
export function parseValue(text: string): Input {
  JSON.parse(text)
  // JSON.parse would round long ints and forget which numbers had a point. So strings are marked by `s`, and numbers
  // become strings marked by `n`. It would also take the last of equal keys: each is marked by its number, which makes
  // `__proto__` a key as any other, too.
  let keys = 0
  const marked = text.replace(TOKEN, (token, inner: string | undefined, colon: string | undefined) => {
    if (inner === undefined) return `"n${token}"`
    if (colon === undefined) return `"s${inner}"`
    keys += 1
    return `"${keys}:${inner}":`
  })
  return unmark(JSON.parse(marked))
}

/** A string, with the colon behind it if it is a key, or a number. */
const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(?:\s*(:))?|-?\d[\d.eE+-]*/g

function unmark(value: unknown): Input {
  if (typeof value === 'string') {
    const rest = value.slice(1)
    if (value.startsWith('s')) return rest
    return /[.eE]/.test(rest) ? floatOf(rest) : BigInt(rest)
  }
  if (Array.isArray(value)) return value.map(unmark)
  if (typeof value !== 'object' || value === null) return value as null | boolean
  return unmarkObject(value)
}

function unmarkObject(value: object): Input {
  const map = new Map<string, Input>()
  for (const [marked, item] of Object.entries(value)) {
    const key = marked.slice(marked.indexOf(':') + 1)
    if (map.has(key)) throw invalid(`the key ${JSON.stringify(shown(key))} is twice in an object`)
    map.set(key, unmark(item))
  }
  const base64 = map.size === 1 ? map.get('$bytes') : undefined
  return typeof base64 === 'string' ? bytesOf(base64) : Object.fromEntries(map)
}

/** Other characters in it, or other padding, are a mistake to be told: the bytes would not be those that were meant. */
function bytesOf(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) throw invalid('"$bytes" is followed by no base64')
  return Uint8Array.from(bytes)
}

function floatOf(digits: string): Float {
  const value = Number(digits)
  if (Number.isFinite(value)) return new Float(value)
  throw invalid(`${shown(digits)} is beyond the range of floats, which ends at 1.8e308`)
}

function invalid(message: string): DecreeError {
  return new DecreeError('invalid_argument', message)
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
