import { Fault } from '../errors.ts'
import type { Frame } from '../frame.ts'
import { keyProblem, prefixProblem } from '../keys.ts'
import type { Value } from '../value.ts'
import { typeName } from '../values.ts'

/** Gives an expression's value in a frame. Throws a Fault. */
export type Evaluate = (frame: Frame) => Value

/** As `Evaluate`, of an expression that must have one type. */
export type EvaluateBool = (frame: Frame) => boolean
export type EvaluateKey = (frame: Frame) => string

/** `role` begins the sentence that complains of another type. */
export function boolOf(evaluate: Evaluate, role: string, at: number): EvaluateBool {
  return (frame) => {
    const value = evaluate(frame)
    if (typeof value === 'boolean') return value
    throw new Fault('type_error', `${role} must be a bool, not ${typeName(value)}${adviceOnBool(value)}`, at)
  }
}

/** A value in key position. */
export function keyOf(evaluate: Evaluate, at: number): EvaluateKey {
  return (frame) => checked(evaluate(frame), keyProblem, 'a key', at)
}

/** The prefix of a scan, or the key behind which it starts. */
export function prefixOf(evaluate: Evaluate, role: string, at: number): EvaluateKey {
  return (frame) => checked(evaluate(frame), prefixProblem, role, at)
}

function checked(value: Value, problemOf: (value: Value) => string | undefined, role: string, at: number): string {
  const problem = problemOf(value)
  if (problem === undefined && typeof value === 'string') return value
  throw new Fault('invalid_key', `${role} ${problem}`, at)
}

function adviceOnBool(value: Value): string {
  if (value === null) return '; write a ?? false where a may be absent'
  if (typeof value === 'string') return '; compare it, as in x == "yes"'
  if (typeof value === 'bigint' || typeof value === 'number') return '; compare it, as in n != 0'
  return '; compare it, as in len(x) > 0'
}
