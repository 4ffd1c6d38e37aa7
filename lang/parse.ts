import type * as ohm from 'ohm-js'
import type { Block, Branch, Expression, Get, Logic, ProgramNode, Statement, Term } from './ast.ts'
import { grammar } from './grammar.ts'
import { scan, stringValue } from './scan.ts'
import { syntaxFault } from './syntax-fault.ts'

/** The tree of a program's text. Throws a Fault on text that is too large, too deeply nested, or no program. */
export function parse(text: string): ProgramNode {
  scan(text)
  const match = grammar.match(text)
  if (match.failed()) throw syntaxFault(text, match)
  const body: Block = semantics(match).block()
  return Object.freeze({ type: 'program', body, at: 0 })
}

const semantics = grammar.createSemantics()

semantics.addOperation<Block>('block', {
  Program: (statements, _end) => blockOf(statements),
  Block: (_open, statements, _close) => blockOf(statements),
  Else: (_else, body) => body.block(),
})

semantics.addOperation<Branch>('branch', {
  ElseIf: (_else, _if, condition, body) => Object.freeze({ condition: condition.expression(), body: body.block() }),
})

semantics.addOperation<Statement>('statement', {
  Statement_get: (word, key, _end) => {
    const get: Get = Object.freeze({ type: 'get', key: key.expression(), at: startOf(word) })
    return Object.freeze({ type: 'getStatement', get, at: get.at })
  },
  Statement_put: (word, key, value, _end) =>
    Object.freeze({ type: 'put', key: key.expression(), value: value.expression(), at: startOf(word) }),
  Statement_assign: (name, _sign, value, _end) =>
    Object.freeze({ type: 'assignment', name: name.sourceString, value: value.expression(), at: startOf(name) }),
  If: (word, condition, body, elseIfs, otherwise) => {
    const first: Branch = Object.freeze({ condition: condition.expression(), body: body.block() })
    const branches = Object.freeze([first, ...elseIfs.children.map((elseIf): Branch => elseIf.branch())])
    const last: Block = otherwise.children[0]?.block() ?? Object.freeze([])
    return Object.freeze({ type: 'if', branches, otherwise: last, at: startOf(word) })
  },
})

semantics.addOperation<Expression>('expression', {
  Or: (first, signs, rest) => logicOf('||', first, signs, rest),
  And: (first, signs, rest) => logicOf('&&', first, signs, rest),
  Comparison: (first, signs, rest) => {
    const left: Expression = first.expression()
    const [sign, second] = [signs.children[0], rest.children[0]]
    if (sign === undefined || second === undefined) return left
    const operator = sign.sourceString === '==' ? '==' : '!='
    return Object.freeze({ type: 'comparison', operator, left, right: second.expression(), at: startOf(sign) })
  },
  Sum: (head, signs, rest) => {
    const first: Expression = head.expression()
    if (rest.numChildren === 0) return first
    const terms = rest.children.map((operand, index): Term => {
      return Object.freeze({ operand: operand.expression(), at: startOf(signs.child(index)) })
    })
    return Object.freeze({ type: 'sum', first, terms: Object.freeze(terms), at: startOf(signs.child(0)) })
  },
  Unary_not: (sign, operand) => Object.freeze({ type: 'not', operand: operand.expression(), at: startOf(sign) }),
  Get: (word, key) => Object.freeze({ type: 'get', key: key.expression(), at: startOf(word) }),
  Parentheses: (_open, expression, _close) => expression.expression(),
  name: (name) => Object.freeze({ type: 'variable', name: name.sourceString, at: startOf(name) }),
  parameter: (sign, name) => Object.freeze({ type: 'parameter', name: name.sourceString, at: startOf(sign) }),
  constant: (word) => {
    const value = word.sourceString === 'null' ? null : word.sourceString === 'true'
    return Object.freeze({ type: 'literal', value, at: startOf(word) })
  },
  string: (open, characters, close) => {
    const value = stringValue(open.sourceString + characters.sourceString + close.sourceString)
    return Object.freeze({ type: 'literal', value, at: startOf(open) })
  },
})

function blockOf(statements: ohm.Node): Block {
  return Object.freeze(statements.children.map((statement): Statement => statement.statement()))
}

function logicOf(operator: Logic['operator'], first: ohm.Node, signs: ohm.Node, rest: ohm.Node): Expression {
  if (rest.numChildren === 0) return first.expression()
  const operands = [first, ...rest.children].map((operand): Expression => operand.expression())
  return Object.freeze({ type: 'logic', operator, operands: Object.freeze(operands), at: startOf(signs.child(0)) })
}

function startOf(node: ohm.Node): number {
  return node.source.startIdx
}
