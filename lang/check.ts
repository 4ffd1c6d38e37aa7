import type { Block, Call, Expression, Get, MapNode, ProgramNode, Scan, Statement } from './ast.ts'
import { builtins } from './builtins/index.ts'
import { Fault } from './errors.ts'
import { adviceOnConstant, adviceOnFunction } from './foreign-names.ts'
import { keyProblem } from './keys.ts'
import { shown } from './shown.ts'
import { suggestion } from './suggestion.ts'

/** A literal, and the token to blame when its value will not do. */
export interface LiteralPlace {
  readonly slot: number
  readonly at: number
}

/** A key of a map literal that can be told without running: a string literal, or a word that stands for itself. */
export type MapKey = LiteralPlace | { readonly word: string; readonly at: number }

/** What is known of a program without running it, whatever the values of its literals. */
export interface Facts {
  /** Each variable's slot, from 0. */
  readonly variables: ReadonlyMap<string, number>
  /** Parameters that the text names, each with the token of its first mention. */
  readonly parameters: ReadonlyMap<string, number>
  readonly parameterNames: ReadonlySet<string>
  /** Those that are used as a key somewhere, with the token. */
  readonly keyParameters: ReadonlyMap<string, number>
  /** Those that are used as the prefix of a scan somewhere, with the token. */
  readonly prefixParameters: ReadonlyMap<string, number>
  /** Slots of the literals that are the key of a `get`. */
  readonly literalReads: readonly number[]
  /** Parameters that are the key of a `get`. */
  readonly parameterReads: ReadonlySet<string>
  /** Literals that are used as a key, or as the prefix of a scan. */
  readonly keyLiterals: readonly LiteralPlace[]
  readonly prefixLiterals: readonly LiteralPlace[]
  /** By map literal, where there are two such keys or more, and a literal among them: no two may be the same. */
  readonly mapKeys: readonly (readonly MapKey[])[]
  /** Whether any statement of it writes, be it in a branch that is never taken. */
  readonly canWrite: boolean
}

/** Checks all that depends on no literal's value: names, numbers of arguments, constants as keys. Throws a Fault. */
export function check(program: ProgramNode): Facts {
  const checker = new Checker()
  checker.block(program.body)
  return checker.facts()
}

class Checker {
  readonly #variables = new Map<string, number>()
  /** Where each variable is first read: it may be assigned further down. */
  readonly #uses = new Map<string, number>()
  /** Places of the variables that are a key, or the prefix of a scan. */
  readonly #keyUses = new Set<number>()
  readonly #parameters = new Map<string, number>()
  readonly #keyParameters = new Map<string, number>()
  readonly #prefixParameters = new Map<string, number>()
  readonly #literalReads: number[] = []
  readonly #parameterReads = new Set<string>()
  readonly #keyLiterals: LiteralPlace[] = []
  readonly #prefixLiterals: LiteralPlace[] = []
  readonly #mapKeys: (readonly MapKey[])[] = []
  #canWrite = false

  facts(): Facts {
    for (const [name, at] of this.#uses) if (!this.#variables.has(name)) throw this.#unassigned(name, at)
    return {
      variables: this.#variables,
      parameters: this.#parameters,
      parameterNames: new Set(this.#parameters.keys()),
      keyParameters: this.#keyParameters,
      prefixParameters: this.#prefixParameters,
      literalReads: this.#literalReads,
      parameterReads: this.#parameterReads,
      keyLiterals: this.#keyLiterals,
      prefixLiterals: this.#prefixLiterals,
      mapKeys: this.#mapKeys,
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
      case 'delete':
        this.#canWrite = true
        return this.#key(statement.key)
      case 'assignment':
        this.#assigned(statement.name)
        return this.#expression(statement.value)
      case 'if':
        for (const { condition, body } of statement.branches) {
          this.#expression(condition)
          this.block(body)
        }
        return this.block(statement.otherwise)
      case 'for':
        for (const name of statement.names) this.#assigned(name)
        this.#expression(statement.each)
        return this.block(statement.body)
      case 'return':
      case 'abort':
        return this.#expression(statement.value)
      default:
        return statement satisfies never
    }
  }

  #expression(expression: Expression): void {
    switch (expression.type) {
      case 'constant':
      case 'literal':
        return
      case 'variable':
        return remember(this.#uses, expression)
      case 'parameter':
        return remember(this.#parameters, expression)
      case 'list':
        return this.#all(expression.items)
      case 'map':
        return this.#map(expression)
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        return this.#get(expression)
      case 'scan':
        return this.#scan(expression)
      case 'call':
        return this.#call(expression)
      case 'unary':
        return this.#expression(expression.operand)
      case 'logic':
        return this.#all(expression.operands)
      case 'comparison':
        this.#expression(expression.left)
        return this.#expression(expression.right)
      case 'sum':
      case 'product':
        this.#expression(expression.first)
        for (const { operand } of expression.terms) this.#expression(operand)
        return
      case 'path':
        this.#expression(expression.target)
        for (const step of expression.steps) if (step.type === 'index') this.#expression(step.index)
        return
      default:
        return expression satisfies never
    }
  }

  #all(expressions: readonly Expression[]): void {
    for (const expression of expressions) this.#expression(expression)
  }

  #assigned(name: string): void {
    if (!this.#variables.has(name)) this.#variables.set(name, this.#variables.size)
  }

  #get({ type, key }: Get): void {
    this.#key(key)
    if (type !== 'get') return
    if (key.type === 'literal') this.#literalReads.push(key.slot)
    if (key.type === 'parameter') this.#parameterReads.add(key.name)
  }

  #key(key: Expression): void {
    this.#expression(key)
    if (key.type === 'variable') this.#keyUses.add(key.at)
    if (key.type === 'parameter') remember(this.#keyParameters, key)
    if (key.type === 'literal') this.#keyLiterals.push(key)
    if (key.type !== 'constant') return
    const problem = keyProblem(key.value)
    if (problem !== undefined) throw new Fault('invalid_key', `a key ${problem}`, key.at)
  }

  #scan({ prefix, after, limit }: Scan): void {
    this.#expression(prefix)
    if (prefix.type === 'variable') this.#keyUses.add(prefix.at)
    if (prefix.type === 'parameter') remember(this.#prefixParameters, prefix)
    if (prefix.type === 'literal') this.#prefixLiterals.push(prefix)
    if (after !== null) this.#expression(after)
    if (limit !== null) this.#expression(limit)
  }

  #map({ entries }: MapNode): void {
    const keys: MapKey[] = []
    const words = new Set<string>()
    for (const { key, value, at } of entries) {
      if (key.type === 'literal') keys.push({ slot: key.slot, at })
      else if (key.type === 'constant' && typeof key.value === 'string') {
        if (words.has(key.value)) throw duplicateKey(key.value, at)
        words.add(key.value)
        keys.push({ word: key.value, at })
      } else this.#expression(key)
      this.#expression(value)
    }
    if (keys.length > Math.max(words.size, 1)) this.#mapKeys.push(keys)
  }

  #call({ name, args, at }: Call): void {
    this.#all(args)
    const builtin = builtins.get(name)
    if (builtin === undefined) {
      throw new Fault('unknown_name', `there is no function ${shown(name)}${adviceOnFunction(name)}`, at)
    }
    const [least, most] = builtin.arity
    if (args.length >= least && args.length <= most) return
    throw new Fault('syntax_error', `${name} takes ${range(least, most)}, not ${args.length}: ${builtin.signature}`, at)
  }

  #unassigned(name: string, at: number): Fault {
    const advice = this.#adviceOnVariable(name, at)
    return new Fault('unknown_name', `the variable "${shown(name)}" is assigned nowhere in the program${advice}`, at)
  }

  #adviceOnVariable(name: string, at: number): string {
    const near = suggestion(name, this.#variables.keys())
    if (near !== '') return near
    if (this.#keyUses.has(at)) return `; a literal key is written in quotes: "${shown(name)}"`
    const builtin = builtins.get(name)
    if (builtin !== undefined) return `; to call the function, write ${builtin.signature}`
    return adviceOnConstant(name)
  }
}

/** A key of a map literal stands there twice; `at`: the second. */
export function duplicateKey(key: string, at: number): Fault {
  return new Fault('syntax_error', `this map has the key "${shown(key)}" twice`, at)
}

/** How many arguments a function takes. Of those that take any number, one alone is a list. */
function range(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return 'one list, or two arguments or more'
  return least === most ? count(least) : `${least} to ${count(most)}`
}

function count(args: number): string {
  return args === 1 ? '1 argument' : args === 0 ? 'no arguments' : `${args} arguments`
}

function remember(places: Map<string, number>, { name, at }: { readonly name: string; readonly at: number }): void {
  if (!places.has(name)) places.set(name, at)
}
