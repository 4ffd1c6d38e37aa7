import { shown } from '../lang/shown.ts'
import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { DecreeError, missingKind } from './errors.ts'

/**
 * A value of the store, as the library gives it. An int is a `number` when that is safe, else a `bigint`; a float is
 * a `number`; bytes are a `Uint8Array`; a map is an object whose keys are all its own, `__proto__` included.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value }

/** What the library takes for a value: every `Value`, and `float(n)` wherever a number may stand. */
export type Input =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Float
  | readonly Input[]
  | { readonly [key: string]: Input }

/** How deeply lists and maps may lie within each other: what a message on the wire has room for. */
export const VALUE_NESTING_MAX = 31

/** A number that is a float even where it is whole. Made by `float`. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** `float(4)` is the float 4.0; without it a safe integer is an int. Throws `invalid_argument` unless it is finite. */
export function float(value: number): Float {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new DecreeError('invalid_argument', `float(${String(value)}): a float must be a finite number`)
  }
  return new Float(value)
}

/**
 * The value as it travels. A safe integer is an int, any other finite number a float.
 *
 * Throws `invalid_argument`, naming the path from `path` on, for what is no value: NaN, Infinity, a bigint beyond
 * 64 bits, undefined, a function, an object that is not a plain one, a string with a lone surrogate; and
 * `limit_exceeded` for what is nested deeper than `VALUE_NESTING_MAX`.
 */
export function encodeValue(value: unknown, path: string): WireValue {
  return encodeAt(value, path, 0)
}

/** Throws `invalid_argument`, naming `path`, unless the text is well-formed Unicode. */
export function checkText(text: string, path: string): string {
  if (!text.isWellFormed()) throw invalid(path, 'a string with a lone surrogate')
  return text
}

/** The value that came over the wire. Throws `protocol_error` on one without a kind. */
export function decodeValue(wire: WireValue | undefined): Value {
  const kind = wire?.kind
  if (kind === undefined) throw missingKind()
  switch (kind.$case) {
    case 'null':
      return null
    case 'bool':
    case 'float':
    case 'string':
      return kind.value
    case 'int': {
      const number = Number(kind.value)
      return Number.isSafeInteger(number) ? number : kind.value
    }
    case 'bytes':
      // A copy: the wire's bytes are a view of a whole frame, which would be held as long as they are.
      return Uint8Array.from(kind.value)
    case 'list':
      return kind.value.items.map(decodeValue)
    case 'map':
      return Object.fromEntries(kind.value.pairs.map(({ key, value }) => [key, decodeValue(value)]))
    default:
      return kind satisfies never
  }
}

function encodeAt(value: unknown, path: string, depth: number): WireValue {
  if (depth > VALUE_NESTING_MAX) {
    throw new DecreeError(
      'limit_exceeded',
      `${shownPath(path)}: nested deeper than ${VALUE_NESTING_MAX} lists and maps`,
    )
  }
  switch (typeof value) {
    case 'boolean':
      return { kind: { $case: 'bool', value } }
    case 'number':
      return encodeNumber(value, path)
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value)
        throw invalid(path, `${shown(String(value))}, which does not fit in 64 bits`)
      return { kind: { $case: 'int', value } }
    case 'string':
      return { kind: { $case: 'string', value: checkText(value, path) } }
    case 'object':
      return value === null ? { kind: { $case: 'null', value: true } } : encodeObject(value, path, depth)
    case 'undefined':
      throw invalid(path, 'undefined; null stands for absence')
    default:
      throw invalid(path, `a ${typeof value}`)
  }
}

function encodeNumber(value: number, path: string): WireValue {
  if (Number.isSafeInteger(value)) return { kind: { $case: 'int', value: BigInt(value) } }
  if (!Number.isFinite(value)) throw invalid(path, String(value))
  return { kind: { $case: 'float', value } }
}

function encodeObject(value: object, path: string, depth: number): WireValue {
  if (value instanceof Float) return { kind: { $case: 'float', value: value.value + 0 } }
  if (value instanceof Uint8Array) {
    return { kind: { $case: 'bytes', value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) } }
  }
  if (Array.isArray(value)) {
    // Array.from visits holes too, which are undefined.
    const items = Array.from(value, (item: unknown, index) => encodeAt(item, `${path}[${index}]`, depth + 1))
    return { kind: { $case: 'list', value: { items } } }
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalid(path, `a ${value.constructor?.name ?? 'class instance'}; a map is a plain object`)
  }
  const pairs = Object.entries(value)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, item]: [string, unknown]) => {
      const at = /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
      return { key: checkText(key, at), value: encodeAt(item, at, depth + 1) }
    })
  return { kind: { $case: 'map', value: { pairs } } }
}

function invalid(path: string, what: string): DecreeError {
  return new DecreeError('invalid_argument', `${shownPath(path)} is ${what}`)
}

/** Of a long path its beginning and its end. */
function shownPath(path: string): string {
  const characters = Array.from(path)
  if (characters.length <= PATH_SHOWN_MAX) return path
  return [...characters.slice(0, PATH_SHOWN_MAX / 2), '…', ...characters.slice(-PATH_SHOWN_MAX / 2)].join('')
}

const PATH_SHOWN_MAX = 60
