import type { Block, Expression, Statement } from './ast.ts'
import type { Value } from './value.ts'
import { compareKeys } from './values.ts'

/** Keys, as far as they are known before a program runs. */
export interface KeySet {
  /** Those that the text spells out, in key order. */
  readonly keys: readonly string[]
  /** Parameters whose value is such a key, without `$`, in the order of the text. */
  readonly parameters: readonly string[]
  /** True: there are others, which can be told by running only. */
  readonly computed: boolean
}

/** Which keys a program may touch, in branches that are never taken too. */
export interface KeySets {
  /** By `get`, `exists`, `version` and `revision`. */
  readonly reads: KeySet
  /** Prefixes, by `scan`. */
  readonly scans: KeySet
  /** By `put` and `delete`. */
  readonly writes: KeySet
}

/** `literals`: of the program's text. */
export function keySets(body: Block, literals: readonly Value[]): KeySets {
  const finder = new Finder(literals)
  finder.block(body)
  return { reads: finder.reads.set, scans: finder.scans.set, writes: finder.writes.set }
}

class Finder {
  readonly reads: Keys
  readonly scans: Keys
  readonly writes: Keys

  constructor(literals: readonly Value[]) {
    this.reads = new Keys(literals)
    this.scans = new Keys(literals)
    this.writes = new Keys(literals)
  }

  block(block: Block): void {
    for (const statement of block) this.#statement(statement)
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case 'getStatement':
        return this.#expression(statement.get)
      case 'put':
        this.writes.add(statement.key)
        this.#expression(statement.key)
        return this.#expression(statement.value)
      case 'delete':
        this.writes.add(statement.key)
        return this.#expression(statement.key)
      case 'assignment':
      case 'return':
      case 'abort':
        return this.#expression(statement.value)
      case 'if':
        for (const { condition, body } of statement.branches) {
          this.#expression(condition)
          this.block(body)
        }
        return this.block(statement.otherwise)
      case 'for':
        this.#expression(statement.each)
        return this.block(statement.body)
      default:
        return statement satisfies never
    }
  }

  #expression(expression: Expression): void {
    switch (expression.type) {
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        this.reads.add(expression.key)
        break
      case 'scan':
        this.scans.add(expression.prefix)
        break
      default:
    }
    for (const part of partsOf(expression)) this.#expression(part)
  }
}

class Keys {
  readonly #literals: readonly Value[]
  readonly #keys = new Set<string>()
  readonly #parameters = new Set<string>()
  #computed = false

  constructor(literals: readonly Value[]) {
    this.#literals = literals
  }

  get set(): KeySet {
    return { keys: [...this.#keys].sort(compareKeys), parameters: [...this.#parameters], computed: this.#computed }
  }

  add(key: Expression): void {
    const literal = key.type === 'literal' ? this.#literals[key.slot] : undefined
    if (typeof literal === 'string') this.#keys.add(literal)
    else if (key.type === 'parameter') this.#parameters.add(key.name)
    else this.#computed = true
  }
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case 'constant':
    case 'literal':
    case 'variable':
    case 'parameter':
      return []
    case 'list':
      return expression.items
    case 'map':
      return expression.entries.flatMap(({ key, value }) => [key, value])
    case 'get':
    case 'exists':
    case 'version':
    case 'revision':
      return [expression.key]
    case 'scan':
      return [expression.prefix, expression.after, expression.limit].filter((part) => part !== null)
    case 'call':
      return expression.args
    case 'unary':
      return [expression.operand]
    case 'logic':
      return expression.operands
    case 'comparison':
      return [expression.left, expression.right]
    case 'sum':
    case 'product':
      return [expression.first, ...expression.terms.map(({ operand }) => operand)]
    case 'path': {
      const indexes = expression.steps.flatMap((step) => (step.type === 'index' ? [step.index] : []))
      return [expression.target, ...indexes]
    }
    default:
      return expression satisfies never
  }
}
