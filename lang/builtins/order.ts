import { compareStrings } from '../compare.ts'
import type { Value } from '../value.ts'
import { typeName } from '../values.ts'
import type { Call } from './call.ts'
import { type Meter, weights } from './weights.ts'

/** Negative, zero or positive, as `a` is before, equal to or behind `b`. */
export type Order = (a: Value, b: Value) => number

/**
 * The order of these values, which must be all numbers, all strings or all bytes. It spends for each comparison. Throws
 * a Fault that calls the values `what`.
 */
export function orderOf(values: readonly Value[], what: string, call: Call): Order {
  const [first = 0n] = values
  const type = orderedType(first)
  for (const value of values) {
    const other = orderedType(value)
    if (other === undefined) throw call.wrongType(what, 'numbers, strings or bytes', value)
    if (other !== type) {
      throw call.typeError(`${what} must be of one ordered type, not ${typeName(first)} and ${typeName(value)}`)
    }
  }
  const meter = call.meter()
  const weigh = (weight: number) => meter.add(weight)
  switch (type) {
    case 'string':
      return (a, b) => compareStrings(String(a), String(b), weigh)
    case 'bytes':
      return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array, meter)
    default:
      return (a, b) => compareNumbers(a as bigint | number, b as bigint | number, meter)
  }
}

function orderedType(value: Value): 'number' | 'string' | 'bytes' | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return 'number'
  if (typeof value === 'string') return 'string'
  return value instanceof Uint8Array ? 'bytes' : undefined
}

/** JavaScript compares ints with floats exactly. */
function compareNumbers(a: bigint | number, b: bigint | number, meter: Meter): number {
  meter.add(weights.comparison)
  return a < b ? -1 : a > b ? 1 : 0
}

function compareBytes(a: Uint8Array, b: Uint8Array, meter: Meter): number {
  // The machine compares many at once, so that they weigh less.
  meter.add(weights.call + Math.min(a.byteLength, b.byteLength) / 8)
  return Buffer.compare(a, b)
}
