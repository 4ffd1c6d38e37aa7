import type { Value } from '../../lang/value.ts'
import { NaiveFault } from './naive-fault.ts'

export type Kind = 'null' | 'bool' | 'int' | 'float' | 'string' | 'bytes' | 'list' | 'map'
export type List = readonly Value[]
export type Mapping = ReadonlyMap<string, Value>

export function kindOf(value: Value): Kind {
  if (value === null) return 'null'
  if (value === true || value === false) return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint8Array) return 'bytes'
  return value instanceof Map ? 'map' : 'list'
}

export function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number'
}

export function codePoints(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) as number)
}

/** By number, one after the other; the shorter first. Negative, zero or positive. */
export function compareSequences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let index = 0; index < a.length && index < b.length; index += 1) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function compareStrings(a: string, b: string): number {
  return compareSequences(codePoints(a), codePoints(b))
}

/** Negative, zero or positive. Throws `type_error` where there is no order. */
export function compare(a: Value, b: Value, at: number): number {
  // JavaScript compares a bigint with a number exactly.
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareSequences(a, b)
  throw new NaiveFault('type_error', at)
}

export function areEqual(a: Value, b: Value): boolean {
  if (isAbsent(a) && isAbsent(b)) return true
  if (isNumber(a) && isNumber(b)) return !(a < b) && !(a > b)
  const kind = kindOf(a)
  if (kind !== kindOf(b)) return false
  if (kind === 'bytes') return compareSequences(a as Uint8Array, b as Uint8Array) === 0
  if (kind === 'list') return areListsEqual(a as List, b as List)
  if (kind === 'map') return areMapsEqual(a as Mapping, b as Mapping)
  return a === b
}

/** An absent key reads as the empty string. */
function isAbsent(value: Value): boolean {
  return value === null || value === ''
}

function areListsEqual(a: List, b: List): boolean {
  return a.length === b.length && a.every((item, index) => areEqual(item, b[index] as Value))
}

function areMapsEqual(a: Mapping, b: Mapping): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && areEqual(value, b.get(key) as Value))
}

/** A map in key order; of two entries with one key the later counts. */
export function mapOf(entries: Iterable<readonly [string, Value]>): Mapping {
  const last = new Map(entries)
  return new Map([...last].sort(([a], [b]) => compareStrings(a, b)))
}

/** A number as the language holds it. Throws `overflow`. */
export function int(value: bigint, at: number): bigint {
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new NaiveFault('overflow', at)
  return value
}

/** As `int`. */
export function float(value: number, at: number): number {
  if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw new NaiveFault('overflow', at)
  }
  return value === 0 ? 0 : value
}
