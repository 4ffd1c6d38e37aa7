import type { ProgramNode } from './ast.ts'
import type { Fault, LanguageErrorCode } from './errors.ts'
import { grammar, shapeGrammar } from './grammar.ts'
import { syntaxFault } from './syntax-fault.ts'
import { Tokens } from './tokens.ts'
import { TreeBuilder } from './tree-builder.ts'

/** A shape to be parsed. Plain data: it can be posted to another thread. */
export interface ParseJob {
  readonly type: 'parse'
  readonly shape: string
}

/** What became of it: a tree, or what a Fault says. Plain data. */
export type ParseOutcome =
  | { readonly type: 'tree'; readonly tree: ProgramNode }
  | {
      readonly type: 'fault'
      readonly code: LanguageErrorCode
      readonly sentence: string
      readonly at: number | undefined
    }

/**
 * Takes some 30 µs for each token, in the thread that calls it. The shape is one that `scan` gave: its nesting has been
 * checked.
 */
export function parseShape({ shape }: ParseJob): ParseOutcome {
  const tokens = Tokens.ofShape(shape)
  const match = shapeGrammar.match(shape)
  if (match.succeeded()) return { type: 'tree', tree: shapeBuilder.build(match, tokens) }
  return outcomeOf(syntaxFault(shape, match, tokens))
}

/** The same of a text, by the grammar of record alone: to compare with. Throws a TextFault if it cannot be scanned. */
export function parseDirectly(text: string): ParseOutcome {
  const tokens = Tokens.ofText(text)
  const match = grammar.match(text)
  if (match.succeeded()) return { type: 'tree', tree: textBuilder.build(match, tokens) }
  return outcomeOf(syntaxFault(text, match, tokens))
}

function outcomeOf({ code, message, at }: Fault): ParseOutcome {
  return { type: 'fault', code, sentence: message, at }
}

const textBuilder = new TreeBuilder(grammar)
const shapeBuilder = new TreeBuilder(shapeGrammar)
