import type { Call, Expression, Get, ListNode, Logic, MapNode, Path, Product, Scan, Sum } from '../ast.ts'
import { builtins } from '../builtins/index.ts'
import type { Facts } from '../check.ts'
import { exceeded, Fault } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Value } from '../value.ts'
import { typeName } from '../values.ts'
import { listOf, mapOf, path } from './containers.ts'
import { boolOf, type Evaluate, type EvaluateBool, type EvaluateKey, keyOf, prefixOf } from './evaluate.ts'
import { chain, coalesce, compare, decide, minus, not, OPERATIONS } from './operators.ts'

/** Turns a checked expression into a closure. What depends on a literal's value is left to the frame. */
export function compileExpression(expression: Expression, facts: Facts): Evaluate {
  const { at } = expression
  const compile = (part: Expression): Evaluate => compileExpression(part, facts)
  switch (expression.type) {
    case 'constant': {
      const { value } = expression
      return () => value
    }
    case 'literal': {
      const { slot } = expression
      return (frame) => frame.literals[slot] ?? null
    }
    case 'variable': {
      const slot = slotOf(expression.name, facts)
      return (frame) => frame.variables[slot] ?? null
    }
    case 'parameter': {
      const { name } = expression
      return (frame) => frame.parameters.get(name) ?? null
    }
    case 'list':
      return compileList(expression, compile)
    case 'map':
      return compileMap(expression, compile)
    case 'get':
    case 'exists':
    case 'version':
    case 'revision':
      return compileGet(expression, facts)
    case 'scan':
      return compileScan(expression, compile)
    case 'call':
      return compileCall(expression, compile)
    case 'unary':
      if (expression.operator === '-') return minus(compile(expression.operand), at)
      return not(compileBool(expression.operand, facts, 'the operand of !'), at)
    case 'logic':
      return compileLogic(expression, facts)
    case 'comparison':
      return compare(expression.operator, compile(expression.left), compile(expression.right), at)
    case 'sum':
    case 'product':
      return compileChain(expression, compile)
    case 'path':
      return compilePath(expression, compile)
    default:
      return expression satisfies never
  }
}

/** An expression that must be a bool; `role` begins the sentence that complains of another type. */
export function compileBool(expression: Expression, facts: Facts, role: string): EvaluateBool {
  return boolOf(compileExpression(expression, facts), role, expression.at)
}

/** An expression in key position. */
export function compileKey(key: Expression, facts: Facts): EvaluateKey {
  const { at } = key
  // Literals have been checked when they were bound, and parameters before the start.
  if (key.type === 'literal') {
    const { slot } = key
    return (frame) => frame.literals[slot] as string
  }
  if (key.type === 'parameter') {
    const { name } = key
    return (frame) => frame.parameters.get(name) as string
  }
  return keyOf(compileExpression(key, facts), at)
}

/** The slot of a variable that the checker has seen. */
export function slotOf(name: string, { variables }: Facts): number {
  const slot = variables.get(name)
  if (slot === undefined) throw new Error(`the variable ${name} has no slot, although the checker has seen it`)
  return slot
}

type Compile = (part: Expression) => Evaluate

function compileList({ items, at }: ListNode, compile: Compile): Evaluate {
  return listOf(items.map(compile), at)
}

function compileMap({ entries, at }: MapNode, compile: Compile): Evaluate {
  return mapOf(
    entries.map(({ key, value, at: keyAt }) => ({ key: compile(key), value: compile(value), at: keyAt })),
    at,
  )
}

function compileGet({ type, key: expression, at }: Get, facts: Facts): Evaluate {
  const key = compileKey(expression, facts)
  switch (type) {
    case 'get':
      return (frame) => frame.get(key(frame), at)
    case 'exists':
      return (frame) => frame.exists(key(frame), at)
    case 'version':
      return (frame) => frame.version(key(frame), at)
    case 'revision':
      return (frame) => frame.revision(key(frame), at)
    default:
      return type satisfies never
  }
}

function compileScan({ prefix, after, limit, at }: Scan, compile: Compile): Evaluate {
  const start = prefixOf(compile(prefix), 'the prefix of a scan', prefix.at)
  const behind = after === null ? null : prefixOf(nullAsEmpty(compile(after)), 'the key after "after"', after.at)
  const most = limit === null ? null : compile(limit)
  const mostAt = limit === null ? at : limit.at
  return (frame) => {
    const from = start(frame)
    const above = behind === null ? '' : behind(frame)
    const bound = most === null ? limits.scanEntriesMax : boundOf(most(frame), mostAt)
    frame.step(at)
    return frame.scan(from, above, bound, at)
  }
}

function nullAsEmpty(evaluate: Evaluate): Evaluate {
  return (frame) => evaluate(frame) ?? ''
}

/** How many entries a scan may give. */
function boundOf(value: Value, at: number): number {
  if (typeof value !== 'bigint') {
    throw new Fault('type_error', `the limit of a scan must be an int, not ${typeName(value)}`, at)
  }
  if (value < 0n) throw new Fault('invalid_argument', `the limit of a scan must not be negative, as ${value} is`, at)
  if (value > limits.scanEntriesMax) {
    const advice = '; go on behind the last key by after'
    throw exceeded('scanEntriesMax', `a scan of ${value} entries`, Number(value), at, { advice })
  }
  return Number(value)
}

function compileCall({ name, args, at }: Call, compile: Compile): Evaluate {
  const builtin = builtins.get(name)
  if (builtin === undefined) throw new Error(`there is no function ${name}, although the checker has seen it`)
  const compiled = args.map(compile)
  return (frame) => {
    const values = compiled.map((arg) => arg(frame))
    frame.step(at)
    return builtin.call(values, frame, at)
  }
}

function compileLogic({ operator, operands, at }: Logic, facts: Facts): Evaluate {
  if (operator === '??') {
    return coalesce(
      operands.map((operand) => compileExpression(operand, facts)),
      at,
    )
  }
  const role = `an operand of ${operator}`
  return decide(
    operator,
    operands.map((operand) => compileBool(operand, facts, role)),
    at,
  )
}

function compileChain({ first, terms }: Sum | Product, compile: Compile): Evaluate {
  return chain(
    compile(first),
    terms.map(({ operator, operand, at }) => ({ apply: OPERATIONS[operator], operand: compile(operand), at })),
  )
}

function compilePath({ target, steps }: Path, compile: Compile): Evaluate {
  return path(
    compile(target),
    steps.map((step) => (step.type === 'index' ? { ...step, index: compile(step.index) } : step)),
  )
}
