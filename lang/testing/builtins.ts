import fc from 'fast-check'
import { builtins } from '../builtins/index.ts'
import { Fault } from '../errors.ts'
import type { Value } from '../index.ts'
import { compareKeys } from '../values.ts'

/** What a built-in function gives for these arguments, in an execution whose cost is `costMax` at most. */
export function call(name: string, args: readonly Value[], costMax: number = Number.POSITIVE_INFINITY): Value {
  return measured(name, args, costMax).value
}

/** What it spends. */
export function costOf(name: string, args: readonly Value[]): number {
  return measured(name, args, Number.POSITIVE_INFINITY).cost
}

/** The fault that it throws. Anything else that is thrown, or nothing, fails the test. */
export function faultOf(name: string, args: readonly Value[]): Fault {
  try {
    call(name, args)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Thrown where an execution has spent what it may. */
export class Spent extends Error {}

function measured(
  name: string,
  args: readonly Value[],
  costMax: number,
): { readonly value: Value; readonly cost: number } {
  const builtin = builtins.get(name)
  if (builtin === undefined) throw new Error(`there is no ${name}`)
  let cost = 0
  const spend = (units: number): void => {
    if (!Number.isInteger(units) || units < 0) throw new Error(`${units} units cannot be spent`)
    cost += units
    if (cost > costMax) throw new Spent()
  }
  const value = builtin.call(args, { spend, nowMs: 1_700_000_000_000, uuid: () => 'an-id' }, 7)
  return { value, cost }
}

/** A map in the order of its keys. */
export function mapOf(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  return new Map([...new Map(entries)].sort(([a], [b]) => compareKeys(a, b)))
}

export const anyInt = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
export const anyFloat = fc.double({ noNaN: true, noDefaultInfinity: true }).map((float) => float + 0)
/** With characters at the bounds of planes and surrogates, and marks that combine. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'b', '"', '\\', '\u0301', '\ud7ff', '\ue000', '\uffff', '𐀀', '😀'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})
/** Of few characters, so that one is often a part of another. */
export const smallText = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '😁'), maxLength: 12 })
export const anyBytes = fc.uint8Array({ maxLength: 20 })
export const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    anyInt,
    anyFloat,
    anyText,
    anyBytes,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(fc.oneof(anyText, fc.constant('__proto__')), tie('value')), { maxLength: 6 }).map(mapOf),
  ),
})).value
