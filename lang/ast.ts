/**
 * A program as a tree of plain frozen data. `at` is the number of a token of its text: of an operator where there is
 * one, else of the first. Chains of operators are lists, not towers, so that a tree is as deep as its program is nested
 * and no deeper. Parentheses leave no trace.
 *
 * A tree holds no value of a string or number of the text, only the number of its literal: programs that differ in
 * nothing else have one tree.
 */
interface Node {
  readonly at: number
}

export interface ProgramNode extends Node {
  readonly type: 'program'
  readonly body: Block
}

export type Block = readonly Statement[]

export type Statement = GetStatement | Put | Delete | Assignment | If | For | Return | Abort

/** `get k;` shows the key's value in the result. */
export interface GetStatement extends Node {
  readonly type: 'getStatement'
  readonly get: Get
}

export interface Put extends Node {
  readonly type: 'put'
  readonly key: Expression
  readonly value: Expression
}

export interface Delete extends Node {
  readonly type: 'delete'
  readonly key: Expression
}

export interface Assignment extends Node {
  readonly type: 'assignment'
  readonly name: string
  readonly value: Expression
}

/** The first branch whose condition holds is taken. */
export interface If extends Node {
  readonly type: 'if'
  readonly branches: readonly Branch[]
  readonly otherwise: Block
}

/** `at`: its `if`. */
export interface Branch extends Node {
  readonly condition: Expression
  readonly body: Block
}

/** One name: elements of a list or keys of a map. Two: (key, value) of a map, or lists of two elements. */
export interface For extends Node {
  readonly type: 'for'
  readonly names: readonly [string] | readonly [string, string]
  readonly each: Expression
  readonly body: Block
}

/** Ends the program; its writes count. */
export interface Return extends Node {
  readonly type: 'return'
  readonly value: Expression
}

/** Ends the program; nothing is written. */
export interface Abort extends Node {
  readonly type: 'abort'
  readonly value: Expression
}

export type Expression =
  | Constant
  | Literal
  | ListNode
  | MapNode
  | Variable
  | Parameter
  | Get
  | Scan
  | Call
  | Unary
  | Logic
  | Comparison
  | Sum
  | Product
  | Path

/** `null`, `true`, `false`; and a word that stands for itself: a map's key without quotes. */
export interface Constant extends Node {
  readonly type: 'constant'
  readonly value: null | boolean | string
}

/** A string, int or float. `slot`: which of the text's literals it is, from 0. */
export interface Literal extends Node {
  readonly type: 'literal'
  readonly slot: number
}

export interface ListNode extends Node {
  readonly type: 'list'
  readonly items: readonly Expression[]
}

export interface MapNode extends Node {
  readonly type: 'map'
  readonly entries: readonly MapEntry[]
}

/** `key`: a string literal, a word (a constant), or anything in parentheses. `at`: where the key begins. */
export interface MapEntry extends Node {
  readonly key: Expression
  readonly value: Expression
}

export interface Variable extends Node {
  readonly type: 'variable'
  readonly name: string
}

/** `name` is without the `$`. */
export interface Parameter extends Node {
  readonly type: 'parameter'
  readonly name: string
}

/** What one key tells: its value, whether it is there, its version, its revision. */
export interface Get extends Node {
  readonly type: 'get' | 'exists' | 'version' | 'revision'
  readonly key: Expression
}

/** Entries whose keys start with `prefix`, behind the key `after`, at most `limit`; null: not given. */
export interface Scan extends Node {
  readonly type: 'scan'
  readonly prefix: Expression
  readonly after: Expression | null
  readonly limit: Expression | null
}

/** A built-in function. */
export interface Call extends Node {
  readonly type: 'call'
  readonly name: string
  readonly args: readonly Expression[]
}

export interface Unary extends Node {
  readonly type: 'unary'
  readonly operator: '!' | '-'
  readonly operand: Expression
}

/** Two operands or more, evaluated from the left until one decides: `??` the first that is not null, or the last. */
export interface Logic extends Node {
  readonly type: 'logic'
  readonly operator: '&&' | '||' | '??'
  readonly operands: readonly Expression[]
}

export interface Comparison extends Node {
  readonly type: 'comparison'
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>='
  readonly left: Expression
  readonly right: Expression
}

/** `first + term - term …`, from the left. Each term's `at` is its operator's. */
export interface Sum extends Node {
  readonly type: 'sum'
  readonly first: Expression
  readonly terms: readonly Term<'+' | '-'>[]
}

/** `first * factor / factor …`, from the left. */
export interface Product extends Node {
  readonly type: 'product'
  readonly first: Expression
  readonly terms: readonly Term<'*' | '/' | '%'>[]
}

export interface Term<Operator extends string> extends Node {
  readonly operator: Operator
  readonly operand: Expression
}

/** `target[index].name…`, from the left. */
export interface Path extends Node {
  readonly type: 'path'
  readonly target: Expression
  readonly steps: readonly Step[]
}

export type Step = IndexStep | MemberStep

/** `[index]`; `at`: its bracket. */
export interface IndexStep extends Node {
  readonly type: 'index'
  readonly index: Expression
}

/** `.name`; `at`: its point. */
export interface MemberStep extends Node {
  readonly type: 'member'
  readonly name: string
}
