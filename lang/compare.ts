import { isNumber } from './arithmetic.ts'
import { weights } from './builtins/weights.ts'
import { Fault } from './errors.ts'
import type { Value } from './value.ts'
import { compareKeys, type Spend, spendBytes, typeName } from './values.ts'

/**
 * The order of two values: negative, zero or positive, as `left` is below, equal to or above `right`. There is one
 * among numbers, exactly (JavaScript rounds neither side when it compares a bigint with a number), among strings, by
 * code point, and among bytes. Throws a Fault at `at` for others.
 */
export function compareValues(left: Value, right: Value, at: number, spend: Spend): number {
  if (isNumber(left) && isNumber(right)) return left < right ? -1 : left > right ? 1 : 0
  if (typeof left === 'string' && typeof right === 'string')
    return compareStrings(left, right, (weight) => spendBytes(weight, spend))
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    spendBytes(Math.min(left.byteLength, right.byteLength), spend)
    return Buffer.compare(left, right)
  }
  throw new Fault('type_error', `cannot order ${typeName(left)} and ${typeName(right)}${advice(left, right)}`, at)
}

/**
 * As `compareKeys`, of strings that may be large: only those that begin alike take time in proportion to their lengths.
 * `weigh` hears of it beforehand, as bytes.
 */
export function compareStrings(left: string, right: string, weigh: (weight: number) => void): number {
  const shorter = Math.min(left.length, right.length)
  const beginning = Math.min(shorter, BEGINNING_UNITS)
  let unit = 0
  while (unit < beginning && left.charCodeAt(unit) === right.charCodeAt(unit)) unit += 1
  weigh(weights.comparison + unit * 2)
  if (unit < beginning) return compareKeys(left.charAt(unit), right.charAt(unit))
  if (unit < BEGINNING_UNITS) return left.length - right.length
  weigh(shorter)
  return compareKeys(left, right)
}

function advice(left: Value, right: Value): string {
  if (left === null || right === null) return '; write a ?? 0 where a may be absent'
  const hasString = typeof left === 'string' || typeof right === 'string'
  if (hasString && (isNumber(left) || isNumber(right))) return '; write int(s) or float(s) for the number in a text'
  return '; order is defined among numbers, among strings, among bytes'
}

const BEGINNING_UNITS = 32
