import type { Block, For, If, Statement } from './ast.ts'
import type { Facts } from './check.ts'
import type { EvaluateBool } from './compile/evaluate.ts'
import { compileBool, compileExpression, compileKey, slotOf } from './compile/expressions.ts'
import { Fault } from './errors.ts'
import type { Frame } from './frame.ts'
import type { Value } from './value.ts'
import { isList, isMap, typeName } from './values.ts'

/** Performs statements in a frame; true: the program has ended. Throws a Fault. */
export type Perform = (frame: Frame) => boolean

/**
 * Turns a checked tree into closures, which run some ten times faster than a walk over it. They hold nothing that
 * depends on a literal's value: those are in the frame.
 */
export function compileBlock(block: Block, facts: Facts): Perform {
  const statements = block.map((statement) => compileStatement(statement, facts))
  return (frame) => {
    for (const perform of statements) if (perform(frame)) return true
    return false
  }
}

function compileStatement(statement: Statement, facts: Facts): Perform {
  const { at } = statement
  switch (statement.type) {
    case 'getStatement': {
      const get = compileExpression(statement.get, facts)
      return (frame) => {
        frame.step(at)
        get(frame)
        return false
      }
    }
    case 'put': {
      const key = compileKey(statement.key, facts)
      const value = compileExpression(statement.value, facts)
      return (frame) => {
        frame.step(at)
        const name = key(frame)
        frame.put(name, value(frame), at)
        return false
      }
    }
    case 'delete': {
      const key = compileKey(statement.key, facts)
      return (frame) => {
        frame.step(at)
        frame.put(key(frame), null, at)
        return false
      }
    }
    case 'assignment': {
      const slot = slotOf(statement.name, facts)
      const value = compileExpression(statement.value, facts)
      return (frame) => {
        frame.step(at)
        frame.variables[slot] = value(frame)
        return false
      }
    }
    case 'if':
      return compileIf(statement, facts)
    case 'for':
      return compileFor(statement, facts)
    case 'return':
    case 'abort': {
      const value = compileExpression(statement.value, facts)
      const hasAborted = statement.type === 'abort'
      return (frame) => {
        frame.step(at)
        frame.end(value(frame), hasAborted, at)
        return true
      }
    }
    default:
      return statement satisfies never
  }
}

interface Branch {
  readonly condition: EvaluateBool
  readonly perform: Perform
  readonly at: number
}

function compileIf(statement: If, facts: Facts): Perform {
  const branches = statement.branches.map(
    ({ condition, body, at }): Branch => ({
      condition: compileBool(condition, facts, 'the condition of if'),
      perform: compileBlock(body, facts),
      at,
    }),
  )
  const otherwise = compileBlock(statement.otherwise, facts)
  return (frame) => {
    for (const { condition, perform, at } of branches) {
      frame.step(at)
      if (condition(frame)) return perform(frame)
    }
    return otherwise(frame)
  }
}

function compileFor({ names, each, body, at }: For, facts: Facts): Perform {
  const items = compileExpression(each, facts)
  const assign = names.length === 1 ? assignOne(names, facts) : assignTwo(names, facts, each.at)
  const perform = compileBlock(body, facts)
  return (frame) => {
    frame.step(at)
    let index = 0
    for (const item of itemsOf(items(frame), names.length, each.at)) {
      frame.step(at)
      assign(frame, item, index)
      index += 1
      if (perform(frame)) return true
    }
    return false
  }
}

/** What a loop with so many names goes over: values do not change, so that it is what it was at the start. */
function itemsOf(value: Value, names: number, at: number): Iterable<Value> {
  if (isList(value)) return value
  if (isMap(value)) return names === 1 ? value.keys() : value
  const advice = value === null ? '; write a ?? [] where a may be absent' : ''
  throw new Fault('type_error', `for goes over a list or a map, not ${typeName(value)}${advice}`, at)
}

type Assign = (frame: Frame, item: Value, index: number) => void

function assignOne([name]: readonly [string], facts: Facts): Assign {
  const slot = slotOf(name, facts)
  return (frame, item) => {
    frame.variables[slot] = item
  }
}

function assignTwo([first, second]: readonly [string, string], facts: Facts, at: number): Assign {
  const [firstSlot, secondSlot] = [slotOf(first, facts), slotOf(second, facts)]
  return (frame, item, index) => {
    if (!isList(item) || item.length !== 2) {
      const found = `element ${index} is ${isList(item) ? `a list of ${item.length}` : typeName(item)}`
      throw new Fault('type_error', `for with two names goes over a map, or lists of two elements; ${found}`, at)
    }
    frame.variables[firstSlot] = item[0] ?? null
    frame.variables[secondSlot] = item[1] ?? null
  }
}
