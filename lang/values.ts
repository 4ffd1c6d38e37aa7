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

/** Told in advance about work in proportion to data: elements or blocks of bytes. May throw to stop it. */
export type Spend = (units: number) => void

/**
 * Whether two values are equal. Null is absence, and an absent key reads as the empty string: they are equal, also
 * inside lists and maps. Ints and floats are equal when they are the same number, exactly.
 */
export function equalValues(a: Value, b: Value, spend: Spend = FREE): boolean {
  if (a === b) return true
  if (a === null) return b === ''
  if (b === null) return a === ''
  // JavaScript compares a bigint with a number exactly.
  if (typeof a === 'bigint' || typeof a === 'number') return (typeof b === 'bigint' || typeof b === 'number') && a == b
  if (typeof a !== 'object' || typeof b !== 'object') return equalScalars(a, b, spend)
  if (a instanceof Uint8Array) {
    if (!(b instanceof Uint8Array) || a.byteLength !== b.byteLength) return false
    spend(a.byteLength / BYTES_PER_UNIT)
    return a.every((byte, index) => byte === b[index])
  }
  if (isList(a)) return isList(b) && equalLists(a, b, spend)
  return isMap(b) && equalMaps(a, b, spend)
}
