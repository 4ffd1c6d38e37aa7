import type {
  Block,
  Expression,
  Get,
  Logic,
  MapEntry,
  Path,
  ProgramNode,
  Scan,
  Statement,
  Term,
} from '../../lang/ast.ts'
import type { Value } from '../../lang/value.ts'
import type { Choices } from './choices.ts'
import { spellFloat, spellInt, spellString } from './spelling.ts'

/** A program written down: parsing its tokens, however spaced, gives its tree. */
export interface LaidOut {
  /** With the places and the numbers of literals that its tokens give it. */
  readonly program: ProgramNode
  readonly literals: readonly Value[]
  readonly tokens: readonly string[]
}

/**
 * Writes a tree down, whose places and numbers of literals do not matter: the slots of its literals are into
 * `literals`. `style`: takes liberties, such as more parentheses than needed; null: plainly, without line breaks.
 */
export function layOut(program: ProgramNode, literals: readonly Value[], style: Choices | null): LaidOut {
  const layout = new Layout(literals, style)
  const body = layout.block(program.body)
  return { program: { type: 'program', body, at: 0 }, literals: layout.literals, tokens: layout.tokens }
}

/** How tight expressions bind; what is looser than its place asks for needs parentheses. */
const LEVEL = {
  anything: 0,
  '??': 0,
  '||': 1,
  '&&': 2,
  comparison: 3,
  sum: 4,
  product: 5,
  unary: 6,
  primary: 7,
} as const

function levelOf(node: Expression): number {
  switch (node.type) {
    case 'logic':
      return LEVEL[node.operator]
    case 'comparison':
    case 'sum':
    case 'product':
    case 'unary':
      return LEVEL[node.type]
    case 'path':
      return LEVEL.unary + 0.5
    default:
      return LEVEL.primary
  }
}

class Layout {
  readonly tokens: string[] = []
  readonly literals: Value[] = []
  readonly #values: readonly Value[]
  readonly #style: Choices | null

  constructor(values: readonly Value[], style: Choices | null) {
    this.#values = values
    this.#style = style
  }

  block(block: Block): Block {
    return block.map((statement) => this.#statement(statement))
  }

  /** Gives the number of the token. */
  #put(token: string): number {
    this.tokens.push(token)
    return this.tokens.length - 1
  }

  #takes(percent: number): boolean {
    return this.#style?.chance(percent) ?? false
  }

  #braced(block: Block): Block {
    this.#put('{')
    const body = this.block(block)
    this.#put('}')
    return body
  }

  #statement(statement: Statement): Statement {
    switch (statement.type) {
      case 'getStatement': {
        const get = this.#get(statement.get)
        this.#put(';')
        return { type: 'getStatement', get, at: get.at }
      }
      case 'put': {
        const at = this.#put('put')
        const key = this.#key(statement.key)
        return this.#ended({ type: 'put', key, value: this.#anything(statement.value), at })
      }
      case 'delete': {
        const at = this.#put('delete')
        return this.#ended({ type: 'delete', key: this.#key(statement.key), at })
      }
      case 'assignment': {
        const at = this.#put(statement.name)
        this.#put('=')
        return this.#ended({ type: 'assignment', name: statement.name, value: this.#anything(statement.value), at })
      }
      case 'return':
      case 'abort': {
        const at = this.#put(statement.type)
        return this.#ended({ type: statement.type, value: this.#anything(statement.value), at })
      }
      case 'for': {
        const at = this.#put('for')
        this.#put(statement.names[0])
        if (statement.names[1] !== undefined) {
          this.#put(',')
          this.#put(statement.names[1])
        }
        this.#put('in')
        const each = this.#anything(statement.each)
        return { type: 'for', names: statement.names, each, body: this.#braced(statement.body), at }
      }
      case 'if': {
        const branches = statement.branches.map(({ condition, body }, index) => {
          if (index > 0) this.#put('else')
          const at = this.#put('if')
          return { condition: this.#anything(condition), body: this.#braced(body), at }
        })
        if (statement.otherwise.length === 0 && !this.#takes(10)) {
          return { type: 'if', branches, otherwise: [], at: branches[0]?.at ?? 0 }
        }
        this.#put('else')
        return { type: 'if', branches, otherwise: this.#braced(statement.otherwise), at: branches[0]?.at ?? 0 }
      }
    }
  }

  #ended<S extends Statement>(statement: S): S {
    this.#put(';')
    return statement
  }

  #anything(node: Expression): Expression {
    return this.#expression(node, LEVEL.anything)
  }

  #expression(node: Expression, least: number): Expression {
    // The int 2^63 is a number behind a minus sign only, and a bracket is none.
    const mayBracket = !(node.type === 'literal' && this.#values[node.slot] === 2n ** 63n)
    if (levelOf(node) < least || (mayBracket && this.#takes(5))) return this.#parenthesized(node)
    return this.#bare(node)
  }

  #parenthesized(node: Expression): Expression {
    this.#put('(')
    const inner = this.#anything(node)
    this.#put(')')
    return inner
  }

  #bare(node: Expression): Expression {
    switch (node.type) {
      case 'constant':
        return { ...node, at: this.#put(String(node.value)) }
      case 'literal': {
        const value = this.#values[node.slot] ?? null
        this.literals.push(value)
        return { type: 'literal', slot: this.literals.length - 1, at: this.#put(this.#spell(value)) }
      }
      case 'list': {
        const at = this.#put('[')
        return { type: 'list', items: this.#items(node.items, (item) => this.#anything(item), ']'), at }
      }
      case 'map': {
        const at = this.#put('{')
        return { type: 'map', entries: this.#items(node.entries, (entry) => this.#entry(entry), '}'), at }
      }
      case 'variable':
        return { ...node, at: this.#put(node.name) }
      case 'parameter':
        return { ...node, at: this.#put(`$${node.name}`) }
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        return this.#get(node)
      case 'scan':
        return this.#scan(node)
      case 'call': {
        const at = this.#put(node.name)
        this.#put('(')
        return { type: 'call', name: node.name, args: this.#items(node.args, (arg) => this.#anything(arg), ')'), at }
      }
      case 'unary': {
        const at = this.#put(node.operator)
        return { type: 'unary', operator: node.operator, operand: this.#expression(node.operand, LEVEL.unary), at }
      }
      case 'logic':
        return this.#logic(node)
      case 'comparison': {
        const left = this.#expression(node.left, LEVEL.sum)
        const at = this.#put(node.operator)
        return { type: 'comparison', operator: node.operator, left, right: this.#expression(node.right, LEVEL.sum), at }
      }
      case 'sum': {
        const first = this.#expression(node.first, LEVEL.product)
        const terms = this.#terms(node.terms, LEVEL.product)
        return { type: 'sum', first, terms, at: terms[0]?.at ?? 0 }
      }
      case 'product': {
        const first = this.#expression(node.first, LEVEL.unary)
        const terms = this.#terms(node.terms, LEVEL.unary)
        return { type: 'product', first, terms, at: terms[0]?.at ?? 0 }
      }
      case 'path':
        return this.#path(node)
    }
  }

  #logic({ operator, operands }: Logic): Expression {
    let at = -1
    const laidOut = operands.map((operand, index) => {
      const sign = index === 0 ? -1 : this.#put(operator)
      if (index === 1) at = sign
      return this.#expression(operand, LEVEL[operator] + 1)
    })
    return { type: 'logic', operator, operands: laidOut, at }
  }

  #terms<Operator extends string>(terms: readonly Term<Operator>[], least: number): Term<Operator>[] {
    return terms.map(({ operator, operand }) => {
      const at = this.#put(operator)
      return { operator, operand: this.#expression(operand, least), at }
    })
  }

  #items<T>(items: readonly T[], one: (item: T) => T, close: string): T[] {
    const laidOut = items.map((item, index) => {
      if (index > 0) this.#put(',')
      return one(item)
    })
    if (items.length > 0 && this.#takes(10)) this.#put(',')
    this.#put(close)
    return laidOut
  }

  #entry({ key, value }: MapEntry): MapEntry {
    const at = this.tokens.length
    const laidOut = this.#entryKey(key)
    this.#put(':')
    return { key: laidOut, value: this.#anything(value), at }
  }

  #entryKey(key: Expression): Expression {
    if (key.type === 'constant' && typeof key.value === 'string') return this.#bare(key)
    return this.#isText(key) && !this.#takes(5) ? this.#bare(key) : this.#parenthesized(key)
  }

  #isText(node: Expression): boolean {
    return node.type === 'literal' && typeof this.#values[node.slot] === 'string'
  }

  #key(node: Expression): Expression {
    const isPlain = node.type === 'parameter' || node.type === 'variable' || this.#isText(node)
    return isPlain && !this.#takes(5) ? this.#bare(node) : this.#parenthesized(node)
  }

  #get({ type, key }: Get): Get {
    const at = this.#put(type)
    return { type, key: this.#key(key), at }
  }

  #scan(node: Scan): Scan {
    const at = this.#put('scan')
    const prefix = this.#key(node.prefix)
    if (node.after !== null) this.#put('after')
    const after = node.after === null ? null : this.#clause(node.after)
    if (node.limit !== null) this.#put('limit')
    const limit = node.limit === null ? null : this.#clause(node.limit)
    return { type: 'scan', prefix, after, limit, at }
  }

  /** A scan behind `after` or `limit` would take the clauses that follow, unless it has its own. */
  #clause(node: Expression): Expression {
    const isOpen = node.type === 'scan' && node.limit === null
    return isOpen ? this.#parenthesized(node) : this.#expression(node, LEVEL.unary + 0.5)
  }

  #path({ target, steps }: Path): Path {
    const isScanWithClauses = target.type === 'scan' && (target.after !== null || target.limit !== null)
    const laidOut = isScanWithClauses ? this.#parenthesized(target) : this.#expression(target, LEVEL.primary)
    const stepsLaidOut = steps.map((step) => {
      if (step.type === 'member') {
        const at = this.#put('.')
        this.#put(step.name)
        return { ...step, at }
      }
      const at = this.#put('[')
      const index = this.#anything(step.index)
      this.#put(']')
      return { type: 'index', index, at } as const
    })
    return { type: 'path', target: laidOut, steps: stepsLaidOut, at: laidOut.at }
  }

  #spell(value: Value): string {
    if (typeof value === 'string') return spellString(value, this.#style)
    return typeof value === 'bigint' ? spellInt(value) : spellFloat(value as number, this.#style)
  }
}
