import { exceeded, Fault } from './errors.ts'
import { limits } from './limits.ts'
import type { Value } from './value.ts'
import { isList, type Spend, spendBytes, typeName } from './values.ts'

/**
 * `left + right`: joins strings, bytes, lists; adds numbers, an int and a float to a float. Null is its identity.
 * Throws a Fault at `at` where there is no sum, or it is too large.
 */
export function add(left: Value, right: Value, at: number, spend: Spend): Value {
  if (left === null) return right
  if (right === null) return left
  switch (typeof left) {
    case 'string':
      if (typeof right === 'string') return joinStrings(left, right, at, spend)
      break
    case 'bigint':
      if (typeof right === 'bigint') return addInts(left, right, at)
      if (typeof right === 'number') return addFloats(Number(left), right, at)
      break
    case 'number':
      if (typeof right === 'number') return addFloats(left, right, at)
      if (typeof right === 'bigint') return addFloats(left, Number(right), at)
      break
    case 'object':
      if (left instanceof Uint8Array && right instanceof Uint8Array) return joinBytes(left, right, at, spend)
      if (isList(left) && isList(right)) return joinLists(left, right, at, spend)
      break
    case 'boolean':
      break
    default:
      left satisfies never
  }
  const isTextWithNumber = [left, right].some(isString) && [left, right].some(isNumber)
  const advice = isTextWithNumber ? '; write str(n) to join' : ''
  throw new Fault('type_error', `cannot add ${typeName(left)} and ${typeName(right)}${advice}`, at)
}

function joinStrings(left: string, right: string, at: number, spend: Spend): string {
  // A unit is at most three bytes: small strings need not be measured.
  if ((left.length + right.length) * 3 < SMALL_BYTES) return left + right
  const bytes = Buffer.byteLength(left) + Buffer.byteLength(right)
  checkBuilt(bytes, at)
  spendBytes(bytes, spend)
  return left + right
}

function joinBytes(left: Uint8Array, right: Uint8Array, at: number, spend: Spend): Uint8Array {
  const bytes = left.byteLength + right.byteLength
  checkBuilt(bytes, at)
  spendBytes(bytes, spend)
  const joined = new Uint8Array(bytes)
  joined.set(left)
  joined.set(right, left.byteLength)
  return joined
}

function joinLists(left: readonly Value[], right: readonly Value[], at: number, spend: Spend): readonly Value[] {
  const length = left.length + right.length
  if (length > limits.elementsMax) throw exceeded('elementsMax', `a list of ${length} elements`, length, at)
  spendBytes(length * REFERENCE_BYTES, spend)
  return left.concat(right)
}

function addInts(left: bigint, right: bigint, at: number): bigint {
  const sum = left + right
  if (BigInt.asIntN(64, sum) === sum) return sum
  throw new Fault('overflow', `${left} + ${right} is beyond the range of int, 64 bits`, at)
}

function addFloats(left: number, right: number, at: number): number {
  const sum = left + right
  // Adding zero turns negative zero into zero.
  if (Number.isFinite(sum)) return sum + 0
  throw new Fault('overflow', `${left} + ${right} is beyond the range of float`, at)
}

function checkBuilt(bytes: number, at: number): void {
  if (bytes > limits.valueBytesMax) throw exceeded('valueBytesMax', `a value of ${bytes} bytes`, bytes, at)
}

function isString(value: Value): boolean {
  return typeof value === 'string'
}

function isNumber(value: Value): boolean {
  return typeof value === 'bigint' || typeof value === 'number'
}

/** Below the unit of cost. */
const SMALL_BYTES = 256
const REFERENCE_BYTES = 8
