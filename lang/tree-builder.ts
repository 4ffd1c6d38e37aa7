import type * as ohm from 'ohm-js'
import type {
  Block,
  Branch,
  Constant,
  Expression,
  Get,
  Literal,
  Logic,
  MapEntry,
  ProgramNode,
  Statement,
  Step,
  Term,
} from './ast.ts'
import { grammar as grammarOfRecord } from './grammar.ts'
import type { Tokens } from './tokens.ts'

/** Turns what Ohm matched, by the grammar of record or one that extends it, into a tree. */
export class TreeBuilder {
  readonly #semantics: ohm.Semantics

  /** `grammar`: of the matches. */
  constructor(grammar: ohm.Grammar) {
    this.#semantics = grammar === grammarOfRecord ? semantics : grammar.extendSemantics(semantics)
  }

  /** `tokens`: of the text that was matched. */
  build(match: ohm.MatchResult, tokens: Tokens): ProgramNode {
    underWay = tokens
    try {
      const body: Block = this.#semantics(match).block()
      return Object.freeze({ type: 'program', body, at: 0 })
    } finally {
      underWay = null
    }
  }
}

/** Of the text whose tree is being built: Ohm's actions are told nothing but the nodes. */
let underWay: Tokens | null = null

const semantics = grammarOfRecord.createSemantics()

semantics.addOperation<Block>('block', {
  Program: (statements, _end) => blockOf(statements),
  Block: (_open, statements, _close) => blockOf(statements),
  Else: (_else, body) => body.block(),
})

semantics.addOperation<Branch>('branch', {
  ElseIf: (_else, word, condition, body) => branchOf(word, condition, body),
})

semantics.addOperation<Statement>('statement', {
  Statement_get: (word, key, _end) => {
    const get: Get = Object.freeze({ type: 'get', key: key.expression(), at: tokenOf(word) })
    return Object.freeze({ type: 'getStatement', get, at: get.at })
  },
  Statement_put: (word, key, value, _end) =>
    Object.freeze({ type: 'put', key: key.expression(), value: value.expression(), at: tokenOf(word) }),
  Statement_delete: (word, key, _end) => Object.freeze({ type: 'delete', key: key.expression(), at: tokenOf(word) }),
  Statement_for: (word, names, _in, each, body) =>
    Object.freeze({
      type: 'for',
      names: names.names(),
      each: each.expression(),
      body: body.block(),
      at: tokenOf(word),
    }),
  Statement_return: (word, value, _end) =>
    Object.freeze({ type: 'return', value: value.expression(), at: tokenOf(word) }),
  Statement_abort: (word, value, _end) =>
    Object.freeze({ type: 'abort', value: value.expression(), at: tokenOf(word) }),
  Statement_assign: (name, _sign, value, _end) =>
    Object.freeze({ type: 'assignment', name: name.sourceString, value: value.expression(), at: tokenOf(name) }),
  If: (word, condition, body, elseIfs, otherwise) => {
    const others = elseIfs.children.map((elseIf): Branch => elseIf.branch())
    const branches = Object.freeze([branchOf(word, condition, body), ...others])
    const last: Block = otherwise.children[0]?.block() ?? Object.freeze([])
    return Object.freeze({ type: 'if', branches, otherwise: last, at: tokenOf(word) })
  },
})

semantics.addOperation<readonly [string] | readonly [string, string]>('names', {
  Names: (first, _comma, second) => {
    const other = second.children[0]
    return Object.freeze(other === undefined ? [first.sourceString] : [first.sourceString, other.sourceString])
  },
})

semantics.addOperation<Expression>('expression', {
  Expression: (first, signs, rest) => logicOf('??', first, signs, rest),
  Or: (first, signs, rest) => logicOf('||', first, signs, rest),
  And: (first, signs, rest) => logicOf('&&', first, signs, rest),
  Comparison: (first, signs, rest) => {
    const left: Expression = first.expression()
    const [sign, second] = [signs.children[0], rest.children[0]]
    if (sign === undefined || second === undefined) return left
    const operator = sign.sourceString as '==' | '!=' | '<' | '<=' | '>' | '>='
    return Object.freeze({ type: 'comparison', operator, left, right: second.expression(), at: tokenOf(sign) })
  },
  Sum: (first, signs, rest) => {
    if (rest.numChildren === 0) return first.expression()
    const terms = termsOf<'+' | '-'>(signs, rest)
    return Object.freeze({ type: 'sum', first: first.expression(), terms, at: tokenOf(signs.child(0)) })
  },
  Product: (first, signs, rest) => {
    if (rest.numChildren === 0) return first.expression()
    const terms = termsOf<'*' | '/' | '%'>(signs, rest)
    return Object.freeze({ type: 'product', first: first.expression(), terms, at: tokenOf(signs.child(0)) })
  },
  Unary_not: (sign, operand) =>
    Object.freeze({ type: 'unary', operator: '!', operand: operand.expression(), at: tokenOf(sign) }),
  Unary_lowest: (sign, number) =>
    Object.freeze({ type: 'unary', operator: '-', operand: literalOf(number), at: tokenOf(sign) }),
  Unary_minus: (sign, operand) =>
    Object.freeze({ type: 'unary', operator: '-', operand: operand.expression(), at: tokenOf(sign) }),
  Postfix: (primary, parts) => {
    const target: Expression = primary.expression()
    if (parts.numChildren === 0) return target
    const steps = Object.freeze(parts.children.map((part): Step => part.step()))
    return Object.freeze({ type: 'path', target, steps, at: target.at })
  },
  List: (open, items, _close) => Object.freeze({ type: 'list', items: items.items(), at: tokenOf(open) }),
  Map: (open, pairs, _close) => Object.freeze({ type: 'map', entries: pairs.entries(), at: tokenOf(open) }),
  Call: (name, _open, args, _close) =>
    Object.freeze({ type: 'call', name: name.sourceString, args: args.items(), at: tokenOf(name) }),
  Read: (word, key) =>
    Object.freeze({ type: word.sourceString as Get['type'], key: key.expression(), at: tokenOf(word) }),
  Scan: (word, prefix, after, limit) =>
    Object.freeze({
      type: 'scan',
      prefix: prefix.expression(),
      after: after.children[0]?.expression() ?? null,
      limit: limit.children[0]?.expression() ?? null,
      at: tokenOf(word),
    }),
  After: (_word, key) => key.expression(),
  Limit: (_word, count) => count.expression(),
  Parentheses: (_open, expression, _close) => expression.expression(),
  name: (name) => Object.freeze({ type: 'variable', name: name.sourceString, at: tokenOf(name) }),
  parameter: (sign, name) => Object.freeze({ type: 'parameter', name: name.sourceString, at: tokenOf(sign) }),
  constant: (word): Constant => {
    const value = word.sourceString === 'null' ? null : word.sourceString === 'true'
    return Object.freeze({ type: 'constant', value, at: tokenOf(word) })
  },
  label: (word): Constant => Object.freeze({ type: 'constant', value: word.sourceString, at: tokenOf(word) }),
  text: (literal) => literalOf(literal),
  number: (literal) => literalOf(literal),
})

semantics.addOperation<readonly Expression[]>('items', {
  Items_some: (list, _comma) => Object.freeze(list.asIteration().children.map((item): Expression => item.expression())),
  Items_none: (_nothing) => Object.freeze([]),
})

semantics.addOperation<readonly MapEntry[]>('entries', {
  Pairs_some: (list, _comma) => Object.freeze(list.asIteration().children.map((pair): MapEntry => pair.entry())),
  Pairs_none: (_nothing) => Object.freeze([]),
})

semantics.addOperation<MapEntry>('entry', {
  Pair: (key, _colon, value) => Object.freeze({ key: key.expression(), value: value.expression(), at: tokenOf(key) }),
})

semantics.addOperation<Step>('step', {
  Step_index: (open, index, _close) => Object.freeze({ type: 'index', index: index.expression(), at: tokenOf(open) }),
  Step_member: (point, name) => Object.freeze({ type: 'member', name: name.sourceString, at: tokenOf(point) }),
})

function blockOf(statements: ohm.Node): Block {
  return Object.freeze(statements.children.map((statement): Statement => statement.statement()))
}

function branchOf(word: ohm.Node, condition: ohm.Node, body: ohm.Node): Branch {
  return Object.freeze({ condition: condition.expression(), body: body.block(), at: tokenOf(word) })
}

function logicOf(operator: Logic['operator'], first: ohm.Node, signs: ohm.Node, rest: ohm.Node): Expression {
  if (rest.numChildren === 0) return first.expression()
  const operands = [first, ...rest.children].map((operand): Expression => operand.expression())
  return Object.freeze({ type: 'logic', operator, operands: Object.freeze(operands), at: tokenOf(signs.child(0)) })
}

function termsOf<Operator extends string>(signs: ohm.Node, rest: ohm.Node): readonly Term<Operator>[] {
  const terms = rest.children.map((operand, index): Term<Operator> => {
    const sign = signs.child(index)
    return Object.freeze({
      operator: sign.sourceString as Operator,
      operand: operand.expression(),
      at: tokenOf(sign),
    })
  })
  return Object.freeze(terms)
}

function literalOf(node: ohm.Node): Literal {
  return Object.freeze({ type: 'literal', slot: tokens().slotAt(node.source.startIdx), at: tokenOf(node) })
}

function tokenOf(node: ohm.Node): number {
  return tokens().numberAt(node.source.startIdx)
}

function tokens(): Tokens {
  if (underWay === null) throw new Error('a tree was built outside of build')
  return underWay
}
