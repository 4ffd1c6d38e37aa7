import { add } from './add.ts'
import type { Block, Expression, Get, Logic, Statement, Sum } from './ast.ts'
import { Fault } from './errors.ts'
import { type Frame, keyOf } from './frame.ts'
import type { Value } from './value.ts'
import { equalValues, typeName } from './values.ts'

/** Performs statements in a frame. Throws a Fault. */
export type Perform = (frame: Frame) => void

type Evaluate = (frame: Frame) => Value

/** Turns a checked tree into closures, which run some ten times faster than a walk over it. `slots`: of the variables. */
export function compileBlock(block: Block, slots: ReadonlyMap<string, number>): Perform {
  const statements = block.map((statement) => compileStatement(statement, slots))
  return (frame) => {
    for (const perform of statements) perform(frame)
  }
}

function compileStatement(statement: Statement, slots: ReadonlyMap<string, number>): Perform {
  const { at } = statement
  switch (statement.type) {
    case 'getStatement': {
      const get = compileGet(statement.get, slots)
      return (frame) => {
        frame.step(at)
        get(frame)
      }
    }
    case 'put': {
      const key = compileExpression(statement.key, slots)
      const keyAt = statement.key.at
      const value = compileExpression(statement.value, slots)
      return (frame) => {
        frame.step(at)
        const name = keyOf(key(frame), keyAt)
        frame.put(name, value(frame), at)
      }
    }
    case 'assignment': {
      const slot = slotOf(statement.name, slots)
      const value = compileExpression(statement.value, slots)
      return (frame) => {
        frame.step(at)
        frame.variables[slot] = value(frame)
      }
    }
    case 'if': {
      const branches = statement.branches.map(({ condition, body }) => ({
        condition: compileBool(condition, slots, 'the condition of if'),
        perform: compileBlock(body, slots),
      }))
      const otherwise = compileBlock(statement.otherwise, slots)
      return (frame) => {
        for (const { condition, perform } of branches) {
          frame.step(at)
          if (condition(frame)) return perform(frame)
        }
        otherwise(frame)
      }
    }
    default:
      return statement satisfies never
  }
}

function compileExpression(expression: Expression, slots: ReadonlyMap<string, number>): Evaluate {
  const { at } = expression
  switch (expression.type) {
    case 'literal': {
      const { value } = expression
      return () => value
    }
    case 'variable': {
      const slot = slotOf(expression.name, slots)
      return (frame) => frame.variables[slot] ?? null
    }
    case 'parameter': {
      const { name } = expression
      return (frame) => frame.parameters.get(name) ?? null
    }
    case 'get':
      return compileGet(expression, slots)
    case 'not': {
      const operand = compileBool(expression.operand, slots, 'the operand of !')
      return (frame) => {
        frame.step(at)
        return !operand(frame)
      }
    }
    case 'logic':
      return compileLogic(expression, slots)
    case 'comparison': {
      const left = compileExpression(expression.left, slots)
      const right = compileExpression(expression.right, slots)
      const wanted = expression.operator === '=='
      return (frame) => {
        const [a, b] = [left(frame), right(frame)]
        frame.step(at)
        return equalValues(a, b, frame.spend) === wanted
      }
    }
    case 'sum':
      return compileSum(expression, slots)
    default:
      return expression satisfies never
  }
}

function compileGet(get: Get, slots: ReadonlyMap<string, number>): Evaluate {
  const { at } = get
  const keyAt = get.key.at
  // A literal key has been checked already.
  if (get.key.type === 'literal' && typeof get.key.value === 'string') {
    const name = get.key.value
    return (frame) => frame.get(name, at)
  }
  const key = compileExpression(get.key, slots)
  return (frame) => frame.get(keyOf(key(frame), keyAt), at)
}

function compileLogic({ operator, operands, at }: Logic, slots: ReadonlyMap<string, number>): Evaluate {
  const compiled = operands.map((operand) => compileBool(operand, slots, `an operand of ${operator}`))
  const deciding = operator === '||'
  return (frame) => {
    for (const operand of compiled) {
      frame.step(at)
      if (operand(frame) === deciding) return deciding
    }
    return !deciding
  }
}

function compileSum({ first, terms }: Sum, slots: ReadonlyMap<string, number>): Evaluate {
  const head = compileExpression(first, slots)
  const rest = terms.map(({ operand, at }) => ({ operand: compileExpression(operand, slots), at }))
  return (frame) => {
    let sum = head(frame)
    for (const { operand, at } of rest) {
      const right = operand(frame)
      frame.step(at)
      sum = add(sum, right, at, frame.spend)
    }
    return sum
  }
}

/** `role` begins the sentence that complains of another type. */
function compileBool(
  expression: Expression,
  slots: ReadonlyMap<string, number>,
  role: string,
): (frame: Frame) => boolean {
  const evaluate = compileExpression(expression, slots)
  const { at } = expression
  return (frame) => {
    const value = evaluate(frame)
    if (typeof value === 'boolean') return value
    throw new Fault('type_error', `${role} must be a bool, not ${typeName(value)}`, at)
  }
}

function slotOf(name: string, slots: ReadonlyMap<string, number>): number {
  const slot = slots.get(name)
  if (slot === undefined) throw new Error(`the variable ${name} has no slot, although the checker has seen it`)
  return slot
}
