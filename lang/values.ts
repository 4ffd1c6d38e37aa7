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
  for (let index = 0; index < length; index++) {
    const [unitA, unitB] = [a.charCodeAt(index), b.charCodeAt(index)]
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
 * inside lists and maps. Ints and floats are equal when they are the same number, exactly.
 */
export function equalValues(a: Value, b: Value, spend: Spend = FREE): boolean {
  if (a === b) return true
  if (a === null) return b === ''
  if (b === null) return a === ''
  if (typeof a === 'string') {
    if (typeof b !== 'string' || a.length !== b.length) return false
    spendBytes(a.length, spend)
    return a === b
  }
  if (typeof a === 'bigint') return typeof b === 'number' && isSameNumber(a, b)
  if (typeof a === 'number') return typeof b === 'bigint' && isSameNumber(b, a)
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Uint8Array) {
    if (!(b instanceof Uint8Array) || a.byteLength !== b.byteLength) return false
    spendBytes(a.byteLength, spend)
    return Buffer.compare(a, b) === 0
  }
  if (isList(a)) return isList(b) && areListsEqual(a, b, spend)
  return isMap(a) && isMap(b) && areMapsEqual(a, b, spend)
}

function isSameNumber(int: bigint, float: number): boolean {
  return Number.isInteger(float) && BigInt(float) === int
}

function areListsEqual(a: readonly Value[], b: readonly Value[], spend: Spend): boolean {
  if (a.length !== b.length) return false
  return a.every((element, index) => {
    spend(costs.step)
    return equalValues(element, b[index] ?? null, spend)
  })
}

function areMapsEqual(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>, spend: Spend): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    spend(costs.step)
    const other = b.get(key)
    if (other === undefined || !equalValues(value, other, spend)) return false
  }
  return true
}

/**
 * What a value takes when it is encoded, in bytes, closely and rather more than less; Infinity for one that is nested
 * deeper than `valueNestingMax`.
 */
export function valueBytes(value: Value): number {
  return bytesAt(value, 0)
}

function bytesAt(value: Value, depth: number): number {
  if (depth > limits.valueNestingMax) return Number.POSITIVE_INFINITY
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
      return FIELD_BYTES + contentBytes(value, depth)
  }
}

function contentBytes(value: Value & object, depth: number): number {
  if (value instanceof Uint8Array) return value.byteLength
  let bytes = 0
  if (isList(value)) for (const element of value) bytes += FIELD_BYTES + bytesAt(element, depth + 1)
  else if (isMap(value)) {
    for (const [key, item] of value) bytes += 3 * FIELD_BYTES + Buffer.byteLength(key) + bytesAt(item, depth + 1)
  }
  return bytes
}

/** Tells `spend` about bytes built, written or compared. */
export function spendBytes(bytes: number, spend: Spend): void {
  if (bytes >= costs.bytesPerUnit) spend(Math.floor(bytes / costs.bytesPerUnit))
}

function FREE(): void {}

/** Tag and length of a field of up to 2^32 bytes. */
const FIELD_BYTES = 6
