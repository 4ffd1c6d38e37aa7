import type { Block, Expression, ProgramNode, Statement } from './ast.ts'
import { Fault } from './errors.ts'
import { keyProblem } from './keys.ts'

/** What is known of a program without running it. */
export interface Facts {
  /** Each variable's slot, from 0. */
  readonly variables: ReadonlyMap<string, number>
  /** Parameters that the text names, each with the offset of its first mention. */
  readonly parameters: ReadonlyMap<string, number>
  /** Those that are used as a key somewhere, with the offset. */
  readonly keyParameters: ReadonlyMap<string, number>
  /** Keys of a `get` that the text spells out. */
  readonly literalReads: ReadonlySet<string>
  /** Parameters that are the key of a `get`. */
  readonly parameterReads: ReadonlySet<string>
  /** Whether any statement of it writes, be it in a branch that is never taken. */
  readonly canWrite: boolean
}

/** Checks names and literal keys. Throws a Fault. */
export function check(program: ProgramNode): Facts {
  const checker = new Checker()
  checker.block(program.body)
  return checker.facts()
}

class Checker {
  readonly #variables = new Map<string, number>()
  /** Where each variable is first read: it may be assigned further down. */
  readonly #uses = new Map<string, number>()
  readonly #parameters = new Map<string, number>()
  readonly #keyParameters = new Map<string, number>()
  readonly #literalReads = new Set<string>()
  readonly #parameterReads = new Set<string>()
  #canWrite = false

  facts(): Facts {
    for (const [name, at] of this.#uses) {
      if (!this.#variables.has(name)) {
        throw new Fault('unknown_name', `the variable "${name}" is assigned nowhere in the program`, at)
      }
    }
    return {
      variables: this.#variables,
      parameters: this.#parameters,
      keyParameters: this.#keyParameters,
      literalReads: this.#literalReads,
      parameterReads: this.#parameterReads,
      canWrite: this.#canWrite,
    }
  }

  block(block: Block): void {
    for (const statement of block) this.#statement(statement)
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case 'getStatement':
        return this.#expression(statement.get)
      case 'put':
        this.#canWrite = true
        this.#key(statement.key)
        return this.#expression(statement.value)
      case 'assignment':
        if (!this.#variables.has(statement.name)) this.#variables.set(statement.name, this.#variables.size)
        return this.#expression(statement.value)
      case 'if':
        for (const { condition, body } of statement.branches) {
          this.#expression(condition)
          this.block(body)
        }
        return this.block(statement.otherwise)
      default:
        return statement satisfies never
    }
  }

  #expression(expression: Expression): void {
    switch (expression.type) {
      case 'literal':
        return
      case 'variable':
        return remember(this.#uses, expression)
      case 'parameter':
        return remember(this.#parameters, expression)
      case 'get':
        this.#key(expression.key)
        if (expression.key.type === 'literal') this.#literalReads.add(String(expression.key.value))
        if (expression.key.type === 'parameter') this.#parameterReads.add(expression.key.name)
        return
      case 'not':
        return this.#expression(expression.operand)
      case 'logic':
        for (const operand of expression.operands) this.#expression(operand)
        return
      case 'comparison':
        this.#expression(expression.left)
        return this.#expression(expression.right)
      case 'sum':
        this.#expression(expression.first)
        for (const { operand } of expression.terms) this.#expression(operand)
        return
      default:
        return expression satisfies never
    }
  }

  #key(key: Expression): void {
    this.#expression(key)
    if (key.type === 'parameter') remember(this.#keyParameters, key)
    if (key.type !== 'literal') return
    const problem = keyProblem(key.value)
    if (problem !== undefined) throw new Fault('invalid_key', `a key ${problem}`, key.at)
  }
}

function remember(places: Map<string, number>, { name, at }: { readonly name: string; readonly at: number }): void {
  if (!places.has(name)) places.set(name, at)
}
