import type { Block, Expression, Get, MapNode, ProgramNode, Statement } from '../../lang/ast.ts'
import type { Value } from '../../lang/value.ts'
import { naiveBuiltins } from './naive-builtins.ts'
import { NaiveFault } from './naive-fault.ts'

/** What a program tells about itself before it runs. */
export interface NaiveFacts {
  /** Everything that is wrong; the first is to be reported, but the text does not say which is first. */
  readonly faults: readonly NaiveFault[]
  /** Keys of every `get` of a literal, also in branches that are not taken. */
  readonly literalReads: ReadonlySet<string>
  readonly parameters: ReadonlySet<string>
  /** Parameters that are a key of a `get`, then those that are any key, then those that a scan begins with. */
  readonly parameterReads: ReadonlySet<string>
  readonly parameterKeys: ReadonlySet<string>
  readonly parameterPrefixes: ReadonlySet<string>
}

export function isKey(value: Value): value is string {
  return typeof value === 'string' && value !== '' && isPrefix(value)
}

export function isPrefix(value: Value): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= 1024 && !value.includes('\0')
}

export function check(program: ProgramNode, literals: readonly Value[]): NaiveFacts {
  const checker = new Checker(literals)
  checker.assignments(program.body)
  checker.block(program.body)
  return checker
}

class Checker implements NaiveFacts {
  readonly faults: NaiveFault[] = []
  readonly literalReads = new Set<string>()
  readonly parameters = new Set<string>()
  readonly parameterReads = new Set<string>()
  readonly parameterKeys = new Set<string>()
  readonly parameterPrefixes = new Set<string>()
  readonly #literals: readonly Value[]
  readonly #assigned = new Set<string>()

  constructor(literals: readonly Value[]) {
    this.#literals = literals
  }

  assignments(block: Block): void {
    for (const statement of block) {
      if (statement.type === 'assignment') this.#assigned.add(statement.name)
      if (statement.type === 'for') {
        for (const name of statement.names) this.#assigned.add(name)
        this.assignments(statement.body)
      }
      if (statement.type === 'if') {
        for (const { body } of statement.branches) this.assignments(body)
        this.assignments(statement.otherwise)
      }
    }
  }

  block(block: Block): void {
    for (const statement of block) this.#statement(statement)
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case 'getStatement':
        return this.#get(statement.get)
      case 'put':
        this.#key(statement.key)
        return this.#expression(statement.value)
      case 'delete':
        return this.#key(statement.key)
      case 'assignment':
      case 'return':
      case 'abort':
        return this.#expression(statement.value)
      case 'for':
        this.#expression(statement.each)
        return this.block(statement.body)
      case 'if':
        for (const { condition, body } of statement.branches) {
          this.#expression(condition)
          this.block(body)
        }
        return this.block(statement.otherwise)
    }
  }

  #expression(node: Expression): void {
    switch (node.type) {
      case 'constant':
      case 'literal':
        return
      case 'list':
        return this.#expressions(node.items)
      case 'map':
        return this.#map(node)
      case 'variable':
        if (!this.#assigned.has(node.name)) this.faults.push(new NaiveFault('unknown_name', node.at))
        return
      case 'parameter':
        this.parameters.add(node.name)
        return
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        return this.#get(node)
      case 'scan':
        this.#prefix(node.prefix)
        if (node.after !== null) this.#expression(node.after)
        if (node.limit !== null) this.#expression(node.limit)
        return
      case 'call': {
        const builtin = naiveBuiltins.get(node.name)
        if (builtin === undefined) this.faults.push(new NaiveFault('unknown_name', node.at))
        else if (node.args.length < builtin.least || node.args.length > builtin.most) {
          this.faults.push(new NaiveFault('syntax_error', node.at))
        }
        return this.#expressions(node.args)
      }
      case 'unary':
        return this.#expression(node.operand)
      case 'logic':
        return this.#expressions(node.operands)
      case 'comparison':
        this.#expression(node.left)
        return this.#expression(node.right)
      case 'sum':
      case 'product':
        this.#expression(node.first)
        return this.#expressions(node.terms.map(({ operand }) => operand))
      case 'path':
        this.#expression(node.target)
        for (const step of node.steps) if (step.type === 'index') this.#expression(step.index)
        return
    }
  }

  #expressions(nodes: readonly Expression[]): void {
    for (const node of nodes) this.#expression(node)
  }

  #map(node: MapNode): void {
    const seen = new Set<string>()
    for (const { key, value, at } of node.entries) {
      const known = key.type === 'literal' ? this.#literals[key.slot] : key.type === 'constant' ? key.value : undefined
      if (typeof known === 'string') {
        if (seen.has(known)) this.faults.push(new NaiveFault('syntax_error', at))
        seen.add(known)
      }
      this.#expression(key)
      this.#expression(value)
    }
  }

  #get(node: Get): void {
    this.#key(node.key)
    if (node.type !== 'get') return
    if (node.key.type === 'parameter') this.parameterReads.add(node.key.name)
    if (node.key.type !== 'literal') return
    const key = this.#literals[node.key.slot] as Value
    if (isKey(key)) this.literalReads.add(key)
  }

  #key(node: Expression): void {
    if (node.type === 'parameter') this.parameterKeys.add(node.name)
    this.#known(node, isKey)
    this.#expression(node)
  }

  #prefix(node: Expression): void {
    if (node.type === 'parameter') this.parameterPrefixes.add(node.name)
    if (node.type !== 'constant') this.#known(node, isPrefix)
    this.#expression(node)
  }

  /** What stands in the text must be right, also where the program never comes. */
  #known(node: Expression, isRight: (value: Value) => boolean): void {
    const isWrong = node.type === 'literal' ? !isRight(this.#literals[node.slot] as Value) : node.type === 'constant'
    if (isWrong) this.faults.push(new NaiveFault('invalid_key', node.at))
  }
}
