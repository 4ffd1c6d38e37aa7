/**
 * A program as a tree of plain frozen data. `at` is a UTF-16 offset into the text: of an operator where there is one,
 * else of the first character. Chains of operators are lists, not towers, so that a tree is as deep as its program is
 * nested and no deeper. Parentheses leave no trace.
 */
interface Node {
  readonly at: number
}

export interface ProgramNode extends Node {
  readonly type: 'program'
  readonly body: Block
}

export type Block = readonly Statement[]

export type Statement = GetStatement | PutStatement | Assignment | If

/** `get k;` shows the key's value in the result. */
export interface GetStatement extends Node {
  readonly type: 'getStatement'
  readonly get: Get
}

export interface PutStatement extends Node {
  readonly type: 'put'
  readonly key: Expression
  readonly value: Expression
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

export interface Branch {
  readonly condition: Expression
  readonly body: Block
}

export type Expression = Literal | Variable | Parameter | Get | Not | Logic | Comparison | Sum

export interface Literal extends Node {
  readonly type: 'literal'
  readonly value: null | boolean | string
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

export interface Get extends Node {
  readonly type: 'get'
  readonly key: Expression
}

export interface Not extends Node {
  readonly type: 'not'
  readonly operand: Expression
}

/** Two operands or more, evaluated from the left until one decides. */
export interface Logic extends Node {
  readonly type: 'logic'
  readonly operator: '&&' | '||'
  readonly operands: readonly Expression[]
}

export interface Comparison extends Node {
  readonly type: 'comparison'
  readonly operator: '==' | '!='
  readonly left: Expression
  readonly right: Expression
}

/** `first + term + term …`, from the left. Each term's `at` is its operator's. */
export interface Sum extends Node {
  readonly type: 'sum'
  readonly first: Expression
  readonly terms: readonly Term[]
}

export interface Term extends Node {
  readonly operand: Expression
}
