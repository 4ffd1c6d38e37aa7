import { exceeded, type Fault } from './errors.ts'
import { costs, limits } from './limits.ts'
import type { Value } from './value.ts'

/** A value's type as the language names it. */
export type TypeName = 'null' | 'bool' | 'int' | 'float' | 'string' | 'bytes' | 'list' | 'map'

export function typeName(value: Value): TypeName {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'float'
    case 'string':
      return 'string'
    default:
      return value instanceof Uint8Array ? 'bytes' : isList(value) ? 'list' : 'map'
  }
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map
}

/**
 * The order of keys and strings, by code point: negative, zero or positive, as `a` is before, equal to or behind `b`.
 * It is that of their UTF-8 bytes. JavaScript's own order is by UTF-16 unit and puts U+E000 to U+FFFF last.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  // The two orders are one where either string is below the surrogates, and for long ones JavaScript's is far faster.
  if (length > SHORT_UNITS && (!HIGH.test(a) || !HIGH.test(b))) return a < b ? -1 : 1
  for (let index = 0; index < length; index++) {
    const unitA = a.charCodeAt(index)
    const unitB = b.charCodeAt(index)
    if (unitA !== unitB) return rank(unitA) - rank(unitB)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Told in advance about work in proportion to data, in units of cost. Throws to stop it. */
export type Spend = (units: number) => void

/**
 * Whether two values are equal. Null is absence, and an absent key reads as the empty string: they are equal, also
 * inside lists and maps. Ints and floats are equal when they are the same number, exactly. Throws a Fault at `at` on
 * values that are nested too deeply.
 */
export function equalValues(a: Value, b: Value, spend: Spend = FREE, at?: number): boolean {
  return areEqual(a, b, 0, spend, at)
}

function areEqual(a: Value, b: Value, depth: number, spend: Spend, at: number | undefined): boolean {
  if (a === null) return b === null || b === ''
  if (b === null) return a === ''
  switch (typeof a) {
    case 'string':
      if (typeof b !== 'string' || a.length !== b.length) return false
      spendBytes(a.length, spend)
      return a === b
    case 'boolean':
      return a === b
    case 'bigint':
    case 'number':
      // JavaScript compares a bigint with a number exactly.
      // biome-ignore lint/suspicious/noDoubleEquals: === is false for a bigint and a number, whatever they are.
      return (typeof b === 'bigint' || typeof b === 'number') && a == b
    default:
      return a === b || (typeof b === 'object' && areContentsEqual(a, b, depth, spend, at))
  }
}

function areContentsEqual(
  a: Value & object,
  b: Value & object,
  depth: number,
  spend: Spend,
  at: number | undefined,
): boolean {
  if (a instanceof Uint8Array) {
    if (!(b instanceof Uint8Array) || a.byteLength !== b.byteLength) return false
    spendBytes(a.byteLength, spend)
    return Buffer.compare(a, b) === 0
  }
  // Each level is a frame of the stack.
  if (depth >= limits.valueNestingMax && !isEmpty(a)) throw tooDeep('a value that is compared', at)
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false
    for (let index = 0; index < a.length; index++) {
      spend(costs.step)
      if (!areEqual(a[index] ?? null, b[index] ?? null, depth + 1, spend, at)) return false
    }
    return true
  }
  if (!isMap(a) || !isMap(b) || a.size !== b.size) return false
  for (const [key, value] of a) {
    // To look a key up takes as long as to compare.
    spend(2 * costs.step)
    spendBytes(key.length, spend)
    const other = b.get(key)
    if (other === undefined || !areEqual(value, other, depth + 1, spend, at)) return false
  }
  return true
}

/** The fault of a value with more than `valueNestingMax` levels; `what` it is. */
export function tooDeep(what: string, at: number | undefined): Fault {
  const levels = limits.valueNestingMax + 1
  // Counting has ended at the bound.
  return exceeded('valueNestingMax', `the nesting of ${what}, ${levels} levels or more,`, levels, at)
}

/**
 * What a value takes when it is encoded, in bytes, closely and rather more than less; Infinity for one that is nested
 * deeper than `valueNestingMax`. The count ends somewhere above `bytesMax`: parts that are shared are counted each
 * time, and a small value can be large when it is written out. The default is above all that is legal anywhere.
 */
export function valueBytes(value: Value, bytesMax: number = limits.resultBytesMax): number {
  if (value === null) return 2
  switch (typeof value) {
    case 'boolean':
      return 2
    case 'number':
      return 9
    case 'bigint':
      return 11
    case 'string':
      return FIELD_BYTES + Buffer.byteLength(value)
    default:
      return containerBytes(value, 0, 0, bytesMax)
  }
}

/** `before`: what has been counted already. */
function containerBytes(value: Value & object, before: number, depth: number, bytesMax: number): number {
  let bytes = before + FIELD_BYTES
  if (value instanceof Uint8Array) return bytes + value.byteLength
  if (depth >= limits.valueNestingMax && !isEmpty(value)) return Number.POSITIVE_INFINITY
  if (isList(value)) {
    for (const element of value) {
      bytes += FIELD_BYTES
      bytes = isContainer(element) ? containerBytes(element, bytes, depth + 1, bytesMax) : bytes + valueBytes(element)
      if (bytes > bytesMax) return bytes
    }
  } else if (isMap(value)) {
    for (const [key, item] of value) {
      bytes += 3 * FIELD_BYTES + Buffer.byteLength(key)
      bytes = isContainer(item) ? containerBytes(item, bytes, depth + 1, bytesMax) : bytes + valueBytes(item)
      if (bytes > bytesMax) return bytes
    }
  }
  return bytes
}

function isEmpty(value: Value): boolean {
  return isList(value) ? value.length === 0 : isMap(value) && value.size === 0
}

function isContainer(value: Value): value is Value & object {
  return typeof value === 'object' && value !== null
}

/** Tells `spend` about bytes built, written or compared. */
export function spendBytes(bytes: number, spend: Spend): void {
  if (bytes >= costs.bytesPerUnit) spend(Math.floor(bytes / costs.bytesPerUnit))
}

/**
 * Tells `spend` about a value that was read from the store: to decode one takes time, and more if it has many parts.
 */
export function spendRead(value: Value, spend: Spend): void {
  const weight = isContainer(value) && !(value instanceof Uint8Array) ? PARTS_WEIGHT : 1
  const bytes = valueBytes(value) * weight
  if (bytes >= costs.bytesReadPerUnit) spend(Math.floor(bytes / costs.bytesReadPerUnit))
}

function FREE(): void {}

/** What a byte of a list or map weighs, in bytes of a string; measured with lists of nulls and with maps. */
const PARTS_WEIGHT = 4

/** Up to here, comparing unit by unit is as fast. */
const SHORT_UNITS = 64
/** Surrogates and what is above them. Strings of Latin characters are not even looked through. */
const HIGH = /[\ud800-\uffff]/

/** Tag and length of a field of up to 2^32 bytes. */
const FIELD_BYTES = 6
