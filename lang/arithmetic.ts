import { readNumber } from './builtins/number-text.ts'
import { exceeded, Fault } from './errors.ts'
import { limits } from './limits.ts'
import type { Value } from './value.ts'
import { isList, type Spend, spendBytes, typeName } from './values.ts'

/** An operator of two operands, at a token. Throws a Fault there; spends what is in proportion to data. */
export type Operation = (left: Value, right: Value, at: number, spend: Spend) => Value

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
      if (typeof right === 'bigint') return int(left + right, left, '+', right, at)
      if (typeof right === 'number') return float(Number(left) + right, left, '+', right, at)
      break
    case 'number':
      if (isNumber(right)) return float(left + Number(right), left, '+', right, at)
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
  throw new Fault('type_error', `cannot add ${typeName(left)} and ${typeName(right)}${adviceToAdd(left, right)}`, at)
}

/** `left - right`, of numbers. */
export function subtract(left: Value, right: Value, at: number): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left - right, left, '-', right, at)
  if (isNumber(left) && isNumber(right)) return float(Number(left) - Number(right), left, '-', right, at)
  throw noNumbers(`cannot subtract ${typeName(right)} from ${typeName(left)}`, left, right, at)
}

/** `left * right`, of numbers. */
export function multiply(left: Value, right: Value, at: number): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left * right, left, '*', right, at)
  if (isNumber(left) && isNumber(right)) return float(Number(left) * Number(right), left, '*', right, at)
  throw noNumbers(`cannot multiply ${typeName(left)} by ${typeName(right)}`, left, right, at)
}

/** `left / right`, of numbers; of ints it is truncated toward zero. */
export function divide(left: Value, right: Value, at: number): Value {
  if (!isNumber(left) || !isNumber(right)) {
    throw noNumbers(`cannot divide ${typeName(left)} by ${typeName(right)}`, left, right, at)
  }
  if (Number(right) === 0) throw new Fault('division_by_zero', `cannot divide ${left} by zero`, at)
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left / right, left, '/', right, at)
  return float(Number(left) / Number(right), left, '/', right, at)
}

/** `left % right`, of numbers: what is left of a truncated division, with the sign of `left`. */
export function remainder(left: Value, right: Value, at: number): Value {
  if (!isNumber(left) || !isNumber(right)) {
    const sentence = `cannot take the remainder of ${typeName(left)} by ${typeName(right)}`
    throw noNumbers(sentence, left, right, at)
  }
  if (Number(right) === 0) throw new Fault('division_by_zero', `cannot take the remainder of ${left} by zero`, at)
  if (typeof left === 'bigint' && typeof right === 'bigint') return left % right
  return float(Number(left) % Number(right), left, '%', right, at)
}

/** `-value`, of a number. */
export function negate(value: Value, at: number): Value {
  if (typeof value === 'bigint') {
    const negated = -value
    if (BigInt.asIntN(64, negated) === negated) return negated
    throw new Fault('overflow', `-(${value}) is beyond the range of int, 64 bits`, at)
  }
  // Adding zero turns negative zero into zero.
  if (typeof value === 'number') return -value + 0
  throw noNumbers(`cannot negate ${typeName(value)}`, value, value, at)
}

export function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number'
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

function int(result: bigint, left: bigint, operator: string, right: bigint, at: number): bigint {
  if (BigInt.asIntN(64, result) === result) return result
  throw new Fault('overflow', `${left} ${operator} ${right} is beyond the range of int, 64 bits`, at)
}

function float(result: number, left: bigint | number, operator: string, right: bigint | number, at: number): number {
  // Adding zero turns negative zero into zero.
  if (Number.isFinite(result)) return result + 0
  throw new Fault('overflow', `${left} ${operator} ${right} is beyond the range of float`, at)
}

function checkBuilt(bytes: number, at: number): void {
  if (bytes > limits.valueBytesMax) throw exceeded('valueBytesMax', `a value of ${bytes} bytes`, bytes, at)
}

function adviceToAdd(left: Value, right: Value): string {
  const types = [left, right].map(typeName)
  if (!types.includes('string')) return types.includes('list') ? '; write append(list, x) to add one element' : ''
  if (isNumber(left) || isNumber(right)) return `; write str(n) to join${adviceToConvert(left, right)}`
  if (types.includes('bool')) return '; write str(b) to join'
  if (types.includes('bytes')) return '; write bytes(s) or str(b) to join'
  return ''
}

/** Where the text beside a number is a number itself. */
function adviceToConvert(left: Value, right: Value): string {
  const text = typeof left === 'string' ? left : right
  if (typeof text !== 'string' || text.length > NUMBER_UNITS_MAX) return ''
  const number = readNumber(text)
  return number === undefined ? '' : `, or ${typeof number === 'number' ? 'float' : 'int'}(s) to add`
}

function noNumbers(sentence: string, left: Value, right: Value, at: number): Fault {
  return new Fault('type_error', `${sentence}${adviceOnNumbers(left, right)}`, at)
}

/** What to do about an operand that is no number. */
function adviceOnNumbers(left: Value, right: Value): string {
  if (left === null || right === null) return '; write a ?? 0 where a may be absent'
  if (typeof left === 'string' || typeof right === 'string')
    return '; write int(s) or float(s) for the number in a text'
  return '; it takes numbers'
}

/** Below the unit of cost. */
const SMALL_BYTES = 256
const REFERENCE_BYTES = 8
/** Longer texts are no numbers that anybody adds. */
const NUMBER_UNITS_MAX = 30
