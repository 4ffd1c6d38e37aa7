import { unitsOf } from './characters.ts'

/** Where the number ends that begins at `start`, and of which type it is. Undefined if none begins there. */
export function scanNumber(
  units: Uint16Array,
  start: number,
): { readonly end: number; readonly isFloat: boolean } | undefined {
  const whole = units[start] === MINUS ? start + 1 : start
  const wholeEnd = units[whole] === ZERO ? whole + 1 : digitsEnd(units, whole)
  if (wholeEnd === whole) return undefined
  let end = wholeEnd
  if (units[end] === POINT) {
    const fractionEnd = digitsEnd(units, end + 1)
    if (fractionEnd > end + 1) end = fractionEnd
  }
  if (units[end] === SMALL_E || units[end] === LARGE_E) {
    const sign = units[end + 1]
    const exponent = sign === PLUS || sign === MINUS ? end + 2 : end + 1
    const exponentEnd = digitsEnd(units, exponent)
    if (exponentEnd > exponent) end = exponentEnd
  }
  return { end, isFloat: end > wholeEnd }
}

function digitsEnd(units: Uint16Array, start: number): number {
  let end = start
  for (;;) {
    const unit = units[end] ?? 0
    if (unit < ZERO || unit > NINE) return end
    end += 1
  }
}

/** The number that a text is, as the language reads it, with an optional sign; undefined if it is none. */
export function readNumber(text: string): bigint | number | 'overflow' | undefined {
  const scanned = scanNumber(unitsOf(text), 0)
  if (scanned?.end !== text.length) return undefined
  return scanned.isFloat ? floatOf(text) : intOf(text)
}

/** As `readNumber`, but a text of digits alone is a float, too: their range is wider. */
export function readFloat(text: string): number | 'overflow' | undefined {
  return scanNumber(unitsOf(text), 0)?.end === text.length ? floatOf(text) : undefined
}

/** Of a text that is scanned as an int. */
export function intOf(digits: string): bigint | 'overflow' {
  // This many digits are exact as floats, which is faster; more than the longest take long.
  if (digits.length <= 15) return BigInt(Number(digits))
  if (digits.length > 20) return 'overflow'
  return toInt(BigInt(digits))
}

/** Of a text that is scanned as a float. */
export function floatOf(digits: string): number | 'overflow' {
  const float = Number(digits)
  // Adding zero turns negative zero into zero.
  return Number.isFinite(float) ? float + 0 : 'overflow'
}

/** An integer of any size, if it fits into 64 bits. */
export function toInt(integer: bigint): bigint | 'overflow' {
  return BigInt.asIntN(64, integer) === integer ? integer : 'overflow'
}

/** The float's text always has a point or an exponent: it is seen to be no int. */
export function formatFloat(float: number): string {
  const digits = String(float)
  return /[.e]/.test(digits) ? digits : `${digits}.0`
}

const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const LARGE_E = 0x45
const SMALL_E = 0x65
