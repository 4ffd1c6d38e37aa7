import type { Block, Expression, For, Get, Logic, MapNode, Path, ProgramNode, Scan, Statement } from '../../lang/ast.ts'
import type { RunResult } from '../../lang/run.ts'
import type { Value } from '../../lang/value.ts'
import { add, arithmetic, negate } from './naive-arithmetic.ts'
import { naiveBuiltins, type World } from './naive-builtins.ts'
import { check, isKey, isPrefix, type NaiveFacts } from './naive-check.ts'
import { NaiveFault } from './naive-fault.ts'
import { NaiveStore, type State } from './naive-store.ts'
import { areEqual, compare, compareStrings, kindOf, mapOf } from './naive-values.ts'

/** A program with its literals, and what it runs on. */
export interface Case {
  readonly program: ProgramNode
  readonly literals: readonly Value[]
  readonly state: State
  readonly parameters: ReadonlyMap<string, Value>
  readonly nowMs: number
}

/** `faults`: what may be reported; several when the program is wrong in several ways before it runs. */
export type Outcome =
  | { readonly type: 'result'; readonly result: RunResult }
  | { readonly type: 'error'; readonly faults: readonly NaiveFault[] }

/**
 * The language once more, as plainly as possible: it walks the tree at every step, copies whole states and remembers
 * nothing. Written from the language's description alone, to be compared with the interpreter that is used. It knows
 * no costs and no sizes.
 */
export function runNaively(given: Case): Outcome {
  const facts = check(given.program, given.literals)
  if (facts.faults.length > 0) return { type: 'error', faults: facts.faults }
  const faults = parameterFaults(facts, given.parameters)
  if (faults.length > 0) return { type: 'error', faults }
  try {
    return { type: 'result', result: new Run(given, facts).result() }
  } catch (error) {
    if (error instanceof NaiveFault) return { type: 'error', faults: [error] }
    throw error
  }
}

function parameterFaults(facts: NaiveFacts, given: ReadonlyMap<string, Value>): readonly NaiveFault[] {
  const faults: NaiveFault[] = []
  for (const name of given.keys()) {
    if (!facts.parameters.has(name)) faults.push(new NaiveFault('unknown_parameter', null))
  }
  for (const name of facts.parameters) {
    if (!given.has(name)) faults.push(new NaiveFault('missing_parameter', null))
  }
  const isBad = (names: ReadonlySet<string>, isRight: (value: Value) => boolean) =>
    [...names].some((name) => given.has(name) && !isRight(given.get(name) as Value))
  if (isBad(facts.parameterKeys, isKey) || isBad(facts.parameterPrefixes, isPrefix)) {
    faults.push(new NaiveFault('invalid_key', null))
  }
  return faults
}

/** How a program ends early. */
class Ending {
  readonly status: RunResult['status']
  readonly value: Value

  constructor(status: RunResult['status'], value: Value) {
    this.status = status
    this.value = value
  }
}

const SCAN_MAX = 4_000

class Run {
  readonly #case: Case
  readonly #store: NaiveStore
  readonly #world: World
  readonly #variables = new Map<string, Value>()
  readonly #read: Set<string>

  constructor(given: Case, facts: NaiveFacts) {
    this.#case = given
    this.#store = new NaiveStore(given.state)
    this.#read = new Set(facts.literalReads)
    for (const name of facts.parameterReads) this.#read.add(given.parameters.get(name) as string)
    this.#world = { nowMs: given.nowMs, uuid: counter() }
  }

  result(): RunResult {
    const { status, value } = this.#end()
    const reads = new Map<string, Value>()
    for (const key of [...this.#read].sort(compareStrings)) {
      const before = this.#store.before(key)
      if (before !== null) reads.set(key, before)
    }
    return { status, value, reads, writes: status === 'aborted' ? new Map() : this.#store.writes() }
  }

  #end(): Ending {
    try {
      this.#block(this.#case.program.body)
      return new Ending('committed', null)
    } catch (thrown) {
      if (thrown instanceof Ending) return thrown
      throw thrown
    }
  }

  #block(block: Block): void {
    for (const statement of block) this.#statement(statement)
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case 'getStatement':
        this.#get(statement.get)
        return
      case 'put': {
        const key = this.#key(statement.key)
        this.#store.put(key, this.#value(statement.value))
        return
      }
      case 'delete':
        this.#store.put(this.#key(statement.key), null)
        return
      case 'assignment':
        this.#variables.set(statement.name, this.#value(statement.value))
        return
      case 'if':
        for (const { condition, body } of statement.branches) if (this.#holds(condition)) return this.#block(body)
        return this.#block(statement.otherwise)
      case 'for':
        return this.#for(statement)
      case 'return':
        throw new Ending('committed', this.#value(statement.value))
      case 'abort':
        throw new Ending('aborted', this.#value(statement.value))
    }
  }

  #for({ names, each, body }: For): void {
    const all = this.#value(each)
    const kind = kindOf(all)
    if (kind !== 'map' && kind !== 'list') throw new NaiveFault('type_error', each.at)
    const [first, second] = names
    for (const turn of all as Iterable<Value>) {
      if (second === undefined) this.#variables.set(first, kind === 'map' ? (turn as [string, Value])[0] : turn)
      else {
        if (kindOf(turn) !== 'list' || (turn as readonly Value[]).length !== 2) {
          throw new NaiveFault('type_error', each.at)
        }
        this.#variables.set(first, (turn as [Value, Value])[0])
        this.#variables.set(second, (turn as [Value, Value])[1])
      }
      this.#block(body)
    }
  }

  #value(node: Expression): Value {
    switch (node.type) {
      case 'constant':
        return node.value
      case 'literal':
        return this.#case.literals[node.slot] as Value
      case 'list':
        return node.items.map((item) => this.#value(item))
      case 'map':
        return this.#map(node)
      case 'variable':
        return this.#variables.get(node.name) ?? null
      case 'parameter':
        return this.#case.parameters.get(node.name) as Value
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        return this.#get(node)
      case 'scan':
        return this.#scan(node)
      case 'call': {
        const args = node.args.map((arg) => this.#value(arg))
        const builtin = naiveBuiltins.get(node.name)
        if (builtin === undefined) throw new Error(`${node.name} was not checked`)
        return builtin.call(args, node.at, this.#world)
      }
      case 'unary': {
        const operand = this.#value(node.operand)
        if (node.operator === '-') return negate(operand, node.at)
        return !asBool(operand, node.operand.at)
      }
      case 'logic':
        return this.#logic(node)
      case 'comparison':
        return this.#comparison(node.operator, this.#value(node.left), this.#value(node.right), node.at)
      case 'sum': {
        let total = this.#value(node.first)
        for (const { operator, operand, at } of node.terms) {
          const value = this.#value(operand)
          total = operator === '+' ? add(total, value, at) : arithmetic('-', total, value, at)
        }
        return total
      }
      case 'product': {
        let total = this.#value(node.first)
        for (const { operator, operand, at } of node.terms) {
          total = arithmetic(operator, total, this.#value(operand), at)
        }
        return total
      }
      case 'path':
        return this.#path(node)
    }
  }

  #comparison(operator: string, left: Value, right: Value, at: number): boolean {
    switch (operator) {
      case '==':
        return areEqual(left, right)
      case '!=':
        return !areEqual(left, right)
      case '<':
        return compare(left, right, at) < 0
      case '<=':
        return compare(left, right, at) <= 0
      case '>':
        return compare(left, right, at) > 0
      default:
        return compare(left, right, at) >= 0
    }
  }

  #logic({ operator, operands }: Logic): Value {
    let last: Value = null
    for (const operand of operands) {
      last = this.#value(operand)
      if (operator === '??') {
        if (last !== null) return last
      } else if (asBool(last, operand.at) === (operator === '||')) return last
    }
    return last
  }

  #map({ entries }: MapNode): Value {
    const pairs = entries.map((entry): [string, Value] => {
      const key = this.#value(entry.key)
      if (typeof key !== 'string') throw new NaiveFault('type_error', entry.at)
      return [key, this.#value(entry.value)]
    })
    pairs.forEach(([key], index) => {
      const isFirst = pairs.findIndex(([other]) => other === key) === index
      if (!isFirst) throw new NaiveFault('invalid_argument', entries[index]?.at ?? null)
    })
    return mapOf(pairs)
  }

  #path({ target, steps }: Path): Value {
    let value = this.#value(target)
    for (const step of steps) {
      const index = step.type === 'member' ? step.name : this.#value(step.index)
      if (value instanceof Map && typeof index === 'string') value = value.get(index) ?? null
      else if (Array.isArray(value) && typeof index === 'bigint') {
        if (index < 0n || index >= BigInt(value.length)) throw new NaiveFault('invalid_argument', step.at)
        value = value[Number(index)]
      } else throw new NaiveFault('type_error', step.at)
    }
    return value
  }

  #holds(condition: Expression): boolean {
    return asBool(this.#value(condition), condition.at)
  }

  #key(node: Expression): string {
    const key = this.#value(node)
    if (!isKey(key)) throw new NaiveFault('invalid_key', node.at)
    return key
  }

  #get(node: Get): Value {
    const key = this.#key(node.key)
    const entry = this.#store.get(key)
    switch (node.type) {
      case 'get':
        this.#read.add(key)
        return entry?.value ?? null
      case 'exists':
        return entry !== undefined
      case 'version':
        return entry === undefined ? null : BigInt(entry.version)
      case 'revision':
        return BigInt(entry?.revision ?? 0)
    }
  }

  #scan(node: Scan): Value {
    const prefix = this.#value(node.prefix)
    if (!isPrefix(prefix)) throw new NaiveFault('invalid_key', node.prefix.at)
    const after = node.after === null ? '' : (this.#value(node.after) ?? '')
    if (!isPrefix(after)) throw new NaiveFault('invalid_key', node.after?.at ?? node.at)
    const limit = node.limit === null ? BigInt(SCAN_MAX) : this.#value(node.limit)
    const at = node.limit?.at ?? node.at
    if (typeof limit !== 'bigint') throw new NaiveFault('type_error', at)
    if (limit < 0n) throw new NaiveFault('invalid_argument', at)
    if (limit > SCAN_MAX) throw new NaiveFault('limit_exceeded', at)
    const found = this.#store
      .all()
      .filter(([key]) => key.startsWith(prefix) && (after === '' || compareStrings(key, after) > 0))
    return found.slice(0, Number(limit))
  }
}

function asBool(value: Value, at: number): boolean {
  if (typeof value !== 'boolean') throw new NaiveFault('type_error', at)
  return value
}

/** What stands for `uuid()` on both sides: the same ones in the same order. */
export function counter(): () => string {
  let count = 0
  return () => {
    count += 1
    return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`
  }
}
