import { add, divide, multiply, negate, type Operation, remainder, subtract } from '../arithmetic.ts'
import type { Comparison, Logic } from '../ast.ts'
import { compareValues } from '../compare.ts'
import { equalValues } from '../values.ts'
import type { Evaluate, EvaluateBool } from './evaluate.ts'

/** An operator and what is on its right. */
export interface Term {
  readonly apply: Operation
  readonly operand: Evaluate
  readonly at: number
}

/** What an operator of arithmetic does. */
export const OPERATIONS = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
} as const satisfies Readonly<Record<string, Operation>>

/** `first + term - term …`, from the left. */
export function chain(first: Evaluate, terms: readonly Term[]): Evaluate {
  return (frame) => {
    let result = first(frame)
    for (const { apply, operand, at } of terms) {
      const right = operand(frame)
      frame.step(at)
      result = apply(result, right, at, frame.spend)
    }
    return result
  }
}

export function not(operand: EvaluateBool, at: number): Evaluate {
  return (frame) => {
    frame.step(at)
    return !operand(frame)
  }
}

export function minus(operand: Evaluate, at: number): Evaluate {
  return (frame) => {
    const value = operand(frame)
    frame.step(at)
    return negate(value, at)
  }
}

/** `&&` and `||`: evaluates operands until one decides. */
export function decide(
  operator: Exclude<Logic['operator'], '??'>,
  operands: readonly EvaluateBool[],
  at: number,
): Evaluate {
  const deciding = operator === '||'
  return (frame) => {
    for (const operand of operands) {
      frame.step(at)
      if (operand(frame) === deciding) return deciding
    }
    return !deciding
  }
}

/** `??`: the first that is not null. */
export function coalesce(operands: readonly Evaluate[], at: number): Evaluate {
  return (frame) => {
    for (const operand of operands) {
      frame.step(at)
      const value = operand(frame)
      if (value !== null) return value
    }
    return null
  }
}

export function compare(operator: Comparison['operator'], left: Evaluate, right: Evaluate, at: number): Evaluate {
  if (operator === '==' || operator === '!=') {
    const wanted = operator === '=='
    return (frame) => {
      const a = left(frame)
      const b = right(frame)
      frame.step(at)
      return equalValues(a, b, frame.spend, at) === wanted
    }
  }
  const holds = ORDERS[operator]
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    frame.step(at)
    return holds(compareValues(a, b, at, frame.spend))
  }
}

const ORDERS = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const
