import type { ProgramNode } from './ast.ts'
import { check, type Facts } from './check.ts'
import { compileBlock, type Perform } from './compile.ts'
import { Fault } from './errors.ts'
import { type ParseOutcome, parseShape } from './parse.ts'

/**
 * What all programs of one shape share: what is known of them without their literals, and the closures that run them.
 * Nothing in it depends on the value of a literal.
 */
export interface Shape {
  readonly facts: Facts
  readonly perform: Perform
}

/** Parses on this thread. Throws a Fault. */
export function compileShape(shape: string): Shape {
  return shapeOf(parseShape({ type: 'parse', shape }))
}

/** Of what a parser has found, here or elsewhere. Throws a Fault. */
export function shapeOf(outcome: ParseOutcome): Shape {
  if (outcome.type === 'fault') throw new Fault(outcome.code, outcome.sentence, outcome.at)
  return shapeOfTree(outcome.tree)
}

/** Throws a Fault about its names. */
export function shapeOfTree(tree: ProgramNode): Shape {
  const facts = check(tree)
  return { facts, perform: compileBlock(tree.body, facts) }
}
