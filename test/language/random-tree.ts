import type fc from 'fast-check'
import type { Block, Expression, Get, MapEntry, ProgramNode, Statement, Step } from '../../lang/ast.ts'
import type { Value } from '../../lang/value.ts'
import { type Choices, chosen } from './choices.ts'
import type { Case } from './naive.ts'
import type { Kind } from './naive-values.ts'
import { type LaidOut, layOut } from './print.ts'
import { callOf } from './random-call.ts'
import {
  hostileStrings,
  keyKinds,
  keys,
  randomFloat,
  randomInt,
  randomState,
  randomString,
  randomValue,
} from './random-value.ts'
import { render } from './spelling.ts'

/** A program, its text in some style, and what it runs on. */
export interface RandomCase extends Case, LaidOut {
  readonly text: string
}

/** How many nodes a program has, more or less. */
const SIZE = 90

/** `styled`: texts in all styles; otherwise plain ones, which costs less. */
export function randomCases(styled: boolean, size: number = SIZE): fc.Arbitrary<RandomCase> {
  return chosen((choices) => randomCase(choices, styled, size))
}

export function randomCase(choices: Choices, styled: boolean, size: number = SIZE): RandomCase {
  const maker = new TreeMaker(choices, size)
  const program = maker.program()
  const laidOut = layOut(program, maker.literals, styled ? choices : null)
  const parameters = parametersFor(choices, maker.parameters)
  const text = render(laidOut.tokens, styled ? choices : null)
  return { ...laidOut, text, state: randomState(choices), parameters, nowMs: 1_700_000_000_000 }
}

function parametersFor(choices: Choices, named: ReadonlyMap<string, Kind>): Map<string, Value> {
  const parameters = new Map<string, Value>()
  for (const [name, kind] of named) {
    if (choices.chance(1)) continue
    const isKey = name === 'k' || name === 'constructor'
    if (isKey && !choices.chance(4)) parameters.set(name, choices.pick(keys))
    else parameters.set(name, randomValue(choices, choices.chance(2) ? 'null' : kind, 2))
  }
  if (choices.chance(1)) parameters.set('more', null)
  return parameters
}

/** Variables by the kind that they mostly hold; names that are words of the language elsewhere are among them. */
const VARIABLES: readonly (readonly [string, Kind])[] = [
  ['i', 'int'],
  ['limit', 'int'],
  ['s', 'string'],
  ['after', 'string'],
  ['f', 'float'],
  ['y', 'bytes'],
  ['l', 'list'],
  ['len', 'list'],
  ['m', 'map'],
  ['__proto__', 'map'],
  ['t', 'bool'],
  ['constructor', 'null'],
]
const PARAMETERS: readonly (readonly [string, Kind])[] = [
  ['n', 'int'],
  ['k', 'string'],
  ['constructor', 'string'],
  ['f', 'float'],
  ['y', 'bytes'],
  ['l', 'list'],
  ['get', 'map'],
  ['t', 'bool'],
  ['__proto__', 'null'],
]
const KINDS: readonly Kind[] = ['int', 'string', 'bool', 'list', 'map', 'float', 'bytes', 'null']
const MEMBERS: readonly string[] = ['a', 'b', 'version', 'get', '__proto__', 'constructor']

/** Makes trees without places (`at` is 0): `layOut` gives them theirs, and numbers the literals. */
export class TreeMaker {
  readonly literals: Value[] = []
  /** Those that the program names, with the kind that it expects. */
  readonly parameters = new Map<string, Kind>()
  readonly #choices: Choices
  readonly #assigned: (readonly [string, Kind])[] = []
  /** Nodes that may still be made: bounds programs whatever their depth. */
  #left: number

  constructor(choices: Choices, size: number = SIZE) {
    this.#choices = choices
    this.#left = Math.ceil(size / 3) + choices.below(size)
  }

  program(): ProgramNode {
    const first = this.#choices.list(5, () => this.#assignment(1))
    const rest = this.#block(6, 2)
    const last = this.#choices.chance(30) ? [this.#ending()] : []
    return { type: 'program', body: [...first, ...rest, ...last], at: 0 }
  }

  #block(most: number, depth: number): Block {
    return this.#choices.list(most, () => this.#statement(depth))
  }

  #statement(depth: number): Statement {
    const choice = this.#left <= 0 ? 0 : this.#choices.below(depth > 0 ? 100 : 70)
    if (choice < 10) {
      const get = this.#get('get', 0)
      return { type: 'getStatement', get, at: 0 }
    }
    if (choice < 38) {
      const [key, kind] = this.#key(1)
      const value = this.expression(this.#choices.chance(10) ? this.#anyKind() : kind, 3)
      return { type: 'put', key, value, at: 0 }
    }
    if (choice < 46) return { type: 'delete', key: this.#key(1)[0], at: 0 }
    if (choice < 68) return this.#assignment(3)
    if (choice < 70) return this.#ending()
    if (choice < 86) {
      const count = 1 + Math.min(this.#choices.below(3), this.#choices.below(3))
      const branches = Array.from({ length: count }, () => ({
        condition: this.expression('bool', 2),
        body: this.#block(3, depth - 1),
        at: 0,
      }))
      return { type: 'if', branches, otherwise: this.#choices.chance(50) ? this.#block(3, depth - 1) : [], at: 0 }
    }
    return this.#for(depth)
  }

  #for(depth: number): Statement {
    if (this.#choices.chance(50)) {
      const each = this.expression('list', 2)
      this.#assign('e', 'null')
      return { type: 'for', names: ['e'], each, body: this.#block(3, depth - 1), at: 0 }
    }
    if (this.#choices.chance(50)) {
      const each = this.expression('map', 2)
      this.#assign('s', 'string')
      return { type: 'for', names: ['s'], each, body: this.#block(3, depth - 1), at: 0 }
    }
    const each = this.#choices.chance(50)
      ? this.#scan(1)
      : this.expression(this.#choices.pick(['map', 'map', 'list']), 2)
    this.#assign('s', 'string')
    this.#assign('e', 'null')
    const names: [string, string] = this.#choices.chance(2) ? ['s', 's'] : ['s', 'e']
    return { type: 'for', names, each, body: this.#block(3, depth - 1), at: 0 }
  }

  #ending(): Statement {
    const value = this.expression(this.#anyKind(), 2)
    return { type: this.#choices.chance(30) ? 'abort' : 'return', value, at: 0 }
  }

  #assignment(depth: number): Statement {
    const [name, kind] = this.#choices.pick(VARIABLES)
    const value = this.expression(kind, depth)
    this.#assign(name, kind)
    return { type: 'assignment', name, value, at: 0 }
  }

  #assign(name: string, kind: Kind): void {
    this.#assigned.push([name, kind])
  }

  #anyKind(): Kind {
    return this.#choices.pick(KINDS)
  }

  /** Something that is mostly of the kind; `null`: anything, such as an unknown variable. */
  expression(kind: Kind, depth: number): Expression {
    this.#left -= 1
    const wanted = this.#choices.chance(2) ? this.#anyKind() : kind
    if (depth <= 0 || this.#left <= 0 || this.#choices.chance(25)) return this.#leaf(wanted)
    const choice = this.#choices.below(100)
    if (choice < 6) {
      const first = this.#choices.chance(50) ? this.#read(depth) : this.#leaf('null')
      const operands = [first, ...this.#some(1, 2, () => this.expression(wanted, depth - 1))]
      return { type: 'logic', operator: '??', operands, at: 0 }
    }
    if (choice < 9) return this.#path(this.expression(this.#choices.pick(['map', 'list']), depth - 1), depth)
    if (choice < 45)
      return callOf(this.#choices, wanted, {
        expression: (each) => this.expression(each, depth - 1),
        literal: (value) => this.#literal(value),
      })
    return this.#composed(wanted, depth)
  }

  #composed(kind: Kind, depth: number): Expression {
    switch (kind) {
      case 'int':
      case 'float':
        return this.#number(kind, depth)
      case 'bool':
        return this.#condition(depth)
      case 'list':
        if (this.#choices.chance(20)) return this.#scan(depth - 1)
        if (this.#choices.chance(30)) return this.#sum(['+'], () => this.expression('list', depth - 1))
        return { type: 'list', items: this.#some(0, 3, () => this.expression(this.#anyKind(), depth - 1)), at: 0 }
      case 'map':
        return { type: 'map', entries: this.#some(0, 3, () => this.#entry(depth)), at: 0 }
      case 'string':
      case 'bytes':
        return this.#sum(['+'], () => this.expression(kind, depth - 1))
      case 'null':
        return this.#choices.chance(30) ? this.#read(depth) : this.expression(this.#anyKind(), depth - 1)
    }
  }

  #number(kind: 'int' | 'float', depth: number): Expression {
    const operand = () => this.expression(this.#choices.chance(kind === 'float' ? 30 : 3) ? 'int' : kind, depth - 1)
    const choice = this.#choices.below(10)
    if (choice < 5) return this.#sum(['+', '+', '-'], operand)
    if (choice < 8) {
      const terms = this.#some(1, 2, () => {
        return { operator: this.#choices.pick(['*', '/', '%'] as const), operand: operand(), at: 0 }
      })
      return { type: 'product', first: operand(), terms, at: 0 }
    }
    return { type: 'unary', operator: '-', operand: operand(), at: 0 }
  }

  #sum(operators: readonly ('+' | '-')[], operand: () => Expression): Expression {
    const first = operand()
    const terms = this.#some(1, 2, () => ({ operator: this.#choices.pick(operators), operand: operand(), at: 0 }))
    return { type: 'sum', first, terms, at: 0 }
  }

  #condition(depth: number): Expression {
    const choice = this.#choices.below(10)
    if (choice < 2) {
      const operator = this.#choices.pick(['&&', '||'] as const)
      return { type: 'logic', operator, operands: this.#some(2, 3, () => this.expression('bool', depth - 1)), at: 0 }
    }
    if (choice < 3) return { type: 'unary', operator: '!', operand: this.expression('bool', depth - 1), at: 0 }
    if (choice < 5) return this.#get('exists', depth - 1)
    const isOrder = choice < 7
    const kind = isOrder ? this.#choices.pick(['int', 'float', 'string', 'bytes'] as const) : this.#anyKind()
    const other = this.#choices.chance(kind === 'float' ? 50 : 3) ? 'int' : kind
    const operator = this.#choices.pick(isOrder ? (['<', '<=', '>', '>='] as const) : (['==', '!='] as const))
    const [left, right] = [this.expression(kind, depth - 1), this.expression(other, depth - 1)]
    return { type: 'comparison', operator, left, right, at: 0 }
  }

  #entry(depth: number): MapEntry {
    const value = this.expression(this.#anyKind(), depth - 1)
    const choice = this.#choices.below(10)
    if (choice < 5) return { key: { type: 'constant', value: this.#choices.pick(MEMBERS), at: 0 }, value, at: 0 }
    if (choice < 9) return { key: this.#literal(this.#choices.pick(hostileStrings)), value, at: 0 }
    return { key: this.expression('string', depth - 1), value, at: 0 }
  }

  #path(target: Expression, depth: number): Expression {
    const steps = this.#some(1, 2, (): Step => {
      if (this.#choices.chance(40)) return { type: 'member', name: this.#choices.pick(MEMBERS), at: 0 }
      const kind = this.#choices.chance(70) ? 'int' : 'string'
      return { type: 'index', index: this.expression(kind, Math.min(1, depth - 1)), at: 0 }
    })
    return { type: 'path', target, steps, at: 0 }
  }

  #read(depth: number): Expression {
    return this.#get(this.#choices.pick(['get', 'get', 'version', 'revision', 'exists']), depth - 1)
  }

  #get(type: Get['type'], depth: number): Get {
    return { type, key: this.#key(depth)[0], at: 0 }
  }

  /** A key, with the kind of the value that it mostly holds. */
  #key(depth: number): readonly [Expression, Kind] {
    const [key, kind] = this.#choices.pick(keyKinds)
    const choice = this.#choices.below(100)
    if (choice < 70) return [this.#literal(key), kind]
    if (choice < 71) return [this.#leaf('null'), kind]
    if (choice < 80) return [this.#parameter('k', 'string'), kind]
    const name = this.#assigned.find(([, each]) => each === 'string')
    if (choice < 85 && name !== undefined) return [{ type: 'variable', name: name[0], at: 0 }, kind]
    const half = this.#literal(key.slice(0, key.startsWith('a') ? 1 : 0))
    const end = this.#literal(key.slice(key.startsWith('a') ? 1 : 0))
    if (choice < 95) return [{ type: 'sum', first: half, terms: [{ operator: '+', operand: end, at: 0 }], at: 0 }, kind]
    return [this.expression('string', depth), kind]
  }

  #scan(depth: number): Expression {
    const prefix = this.#choices.chance(70)
      ? this.#literal(this.#choices.pick(['', 's/', 'a', '__', '\u0000']))
      : this.#key(depth)[0]
    const after = this.#choices.chance(30) ? this.#key(depth)[0] : null
    const limit = this.#choices.chance(30) ? this.expression('int', depth) : null
    return { type: 'scan', prefix, after, limit, at: 0 }
  }

  #leaf(kind: Kind): Expression {
    const choice = this.#choices.below(100)
    if (choice < 55) return this.#constant(kind)
    if (choice < 80) return this.#variable(kind)
    if (choice < 88) {
      const named = PARAMETERS.find(([, each]) => each === kind)
      return named === undefined ? this.#constant(kind) : this.#parameter(...named)
    }
    const named = keyKinds.filter(([, each]) => each === kind)
    const get: Get = {
      type: 'get',
      key: this.#literal(named.length > 0 ? this.#choices.pick(named)[0] : 'zero'),
      at: 0,
    }
    if (this.#choices.chance(15)) return get
    return { type: 'logic', operator: '??', operands: [get, this.#constant(kind)], at: 0 }
  }

  #variable(kind: Kind): Expression {
    if (this.#choices.chance(1)) return { type: 'variable', name: this.#choices.pick(VARIABLES)[0], at: 0 }
    const fitting = this.#assigned.filter(([, each]) => each === kind || kind === 'null')
    const found = fitting[this.#choices.below(Math.max(1, fitting.length))]
    return found === undefined ? this.#constant(kind) : { type: 'variable', name: found[0], at: 0 }
  }

  #parameter(name: string, kind: Kind): Expression {
    this.parameters.set(name, kind)
    return { type: 'parameter', name, at: 0 }
  }

  #constant(kind: Kind): Expression {
    switch (kind) {
      case 'null':
        return { type: 'constant', value: null, at: 0 }
      case 'bool':
        return { type: 'constant', value: this.#choices.chance(50), at: 0 }
      case 'int':
        if (this.#choices.chance(2)) return { type: 'unary', operator: '-', operand: this.#literal(2n ** 63n), at: 0 }
        return this.#literal(randomInt(this.#choices))
      case 'float':
        return this.#literal(randomFloat(this.#choices))
      case 'string':
        return this.#literal(randomString(this.#choices))
      case 'bytes':
        return { type: 'call', name: 'bytes', args: [this.#literal(randomString(this.#choices))], at: 0 }
      case 'list':
        return {
          type: 'list',
          items: this.#some(0, 3, () => this.#constant(this.#choices.pick(['int', 'string']))),
          at: 0,
        }
      case 'map': {
        const key: Expression = { type: 'constant', value: this.#choices.pick(MEMBERS), at: 0 }
        return { type: 'map', entries: [{ key, value: this.#constant('int'), at: 0 }], at: 0 }
      }
    }
  }

  #literal(value: string | bigint | number): Expression {
    this.literals.push(value)
    return { type: 'literal', slot: this.literals.length - 1, at: 0 }
  }

  #some<T>(least: number, most: number, one: () => T): T[] {
    return Array.from({ length: least + this.#choices.below(most - least + 1) }, one)
  }
}
