import type { Value } from '../value.ts'
import { isList } from '../values.ts'
import { type Call, define } from './call.ts'
import { quoted } from './characters.ts'
import { readFloat, readNumber, toInt } from './number-text.ts'
import { orderOf } from './order.ts'
import { weights } from './weights.ts'

const int = define('int(x)', 'an int: a float or number text, truncated toward zero', [1, 1], ([x = null], call) => {
  const number = numberOf(x, call)
  return typeof number === 'bigint' ? number : toWhole(Math.trunc(number), call)
})

const float = define('float(x)', 'a float: the nearest to an int or number text', [1, 1], ([x = null], call) =>
  // Ints beyond 2^53 may round; all are in range, and so are digits beyond those of an int.
  Number(typeof x === 'string' ? numberIn(x, readFloat, 'float', call) : numberOf(x, call)),
)

const floor = define('floor(x)', 'the greatest int that is not above x', [1, 1], ([x = null], call) =>
  rounded(x, Math.floor, call),
)

const ceil = define('ceil(x)', 'the least int that is not below x', [1, 1], ([x = null], call) =>
  rounded(x, Math.ceil, call),
)

const round = define('round(x)', 'the int nearest to x, halves away from zero', [1, 1], ([x = null], call) =>
  rounded(x, nearest, call),
)

const abs = define('abs(x)', 'x without its sign', [1, 1], ([x = null], call) => {
  const number = call.number(x, 'x')
  if (typeof number === 'number') return Math.abs(number)
  return inRange(number < 0n ? -number : number, call)
})

const min = define(
  'min(a, b, ...)',
  'the least of the arguments, or of one list',
  [1, Number.POSITIVE_INFINITY],
  (args, call) => extreme(args, -1, call),
)

const max = define(
  'max(a, b, ...)',
  'the greatest of the arguments, or of one list',
  [1, Number.POSITIVE_INFINITY],
  (args, call) => extreme(args, 1, call),
)

/**
 * Ints are added without a bound, so that only a sum that is itself beyond 64 bits overflows. From the first float on,
 * floats are added in the list's order. Null is the identity, as it is for `+`.
 */
const sum = define('sum(list)', 'the sum of a list of numbers; 0 for an empty one', [1, 1], ([list = null], call) => {
  const numbers = call.list(list, 'list')
  call.weigh(numbers.length * weights.visit)
  let total: bigint | number = 0n
  for (const number of numbers) {
    if (number === null) continue
    if (typeof number !== 'bigint' && typeof number !== 'number') {
      throw call.wrongType('the elements', 'numbers', number)
    }
    if (typeof total === 'bigint' && typeof number === 'bigint') total += number
    else total = Number(total) + Number(number)
  }
  if (typeof total === 'bigint') return inRange(total, call)
  if (Number.isFinite(total)) return total + 0
  throw call.overflow('the sum is beyond the range of float')
})

export const numbers = [int, float, floor, ceil, round, abs, min, max, sum]

/** The number that a value is or, as a string, denotes. */
function numberOf(x: Value, call: Call): bigint | number {
  if (typeof x === 'bigint' || typeof x === 'number') return x
  if (typeof x !== 'string') throw call.wrongType('x', 'a number or number text', x, '0')
  return numberIn(x, readNumber, /[.eE]/.test(x) ? 'float' : 'int, 64 bits', call)
}

/** What `read` makes of a text; `range`: of the numbers that it gives. */
function numberIn(text: string, read: typeof readNumber, range: string, call: Call): bigint | number {
  call.weigh(text.length * 2)
  const number = read(text)
  if (number === undefined) throw call.invalid(`${quoted(text)} is no number`)
  if (number === 'overflow') throw call.overflow(`${quoted(text)} is beyond the range of ${range}`)
  return number
}

function rounded(x: Value, toInteger: (float: number) => number, call: Call): bigint {
  const number = call.number(x, 'x')
  return typeof number === 'bigint' ? number : toWhole(toInteger(number), call)
}

/** What a float has behind its point is exact, and so is the comparison; adding a half would round. */
function nearest(float: number): number {
  const whole = Math.trunc(float)
  return Math.abs(float - whole) >= 0.5 ? whole + Math.sign(float) : whole
}

function toWhole(float: number, call: Call): bigint {
  const int = toInt(BigInt(float))
  if (int === 'overflow') throw call.overflow(`${float} is beyond the range of int, 64 bits`)
  return int
}

function inRange(integer: bigint, call: Call): bigint {
  const int = toInt(integer)
  if (int === 'overflow') throw call.overflow(`${integer} is beyond the range of int, 64 bits`)
  return int
}

/** The first of those that are equal; `sign`: 1 for the greatest, -1 for the least. */
function extreme(args: readonly Value[], sign: 1 | -1, call: Call): Value {
  const [only = null] = args
  const isOne = args.length === 1
  if (isOne && !isList(only)) throw call.wrongType('one argument', 'a list', only)
  const values = isOne && isList(only) ? only : args
  call.weigh(values.length * weights.visit)
  const order = orderOf(values, isOne ? 'the elements' : 'the arguments', call)
  const [first] = values
  if (first === undefined) throw call.invalid('the list must not be empty')
  let found = first
  for (const value of values) if (order(value, found) * sign > 0) found = value
  return found
}
