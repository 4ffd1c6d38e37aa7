import type { Block, Expression, For, Get, If, Statement } from './ast.ts'
import { costs } from './limits.ts'

/**
 * What the cost of a program depends on beyond its text. `values`: those that are read, written, built or compared cost
 * more the larger they are. `loop`: a `for` costs its body for each element. `scan`: each entry costs.
 */
export type CostReason = 'values' | 'loop' | 'scan'

/** In units of `limits.costMax`. */
export interface CostEstimate {
  /** No execution that ends well costs less. */
  readonly least: number
  /** None costs more, apart from what its values cost; null: that depends on loops or scans. */
  readonly most: number | null
  readonly dependsOn: readonly CostReason[]
}

/** Of what a program's text alone tells. `keyOf`: the value of a literal key. */
export function estimateCost(body: Block, keyOf: (slot: number) => string): CostEstimate {
  const estimator = new Estimator(keyOf, false)
  const estimate = estimator.program(body)
  return estimator.hasOtherGets ? new Estimator(keyOf, true).program(body) : estimate
}

/** What it costs to get through, in any execution that does. */
interface Cost {
  readonly least: number
  readonly most: number
}

/** The same of statements: `ends` is the least with which they may end the program; infinite: they never do. */
interface Way extends Cost {
  /** Infinite: they always end it. */
  readonly least: number
  readonly ends: number
}

class Estimator {
  readonly #keyOf: (slot: number) => string
  readonly #isPlain: boolean
  readonly #reasons = new Set<CostReason>()
  /** Keys and parameters that a `get` of the text names; the result has them all, whether it is reached or not. */
  readonly #shown = new Set<string>()
  /** Those that have certainly been read before, and those that may have been. */
  readonly #sure = new Names()
  readonly #maybe = new Names()
  /** Keys whose entry has certainly been read before, and those where it may have been. */
  readonly #surelyTouched = new Names()
  readonly #touched = new Set<string>()
  #hasOtherGets = false

  /**
   * What the text shows is paid once, by the first `get` or at the end: each key once, besides the way through the
   * program. `isPlain`: not so, since another `get` may pay for it, by a parameter or a computed key.
   */
  constructor(keyOf: (slot: number) => string, isPlain: boolean) {
    this.#keyOf = keyOf
    this.#isPlain = isPlain
  }

  /** Whether the program gets other than literal keys. */
  get hasOtherGets(): boolean {
    return this.#hasOtherGets
  }

  program(body: Block): CostEstimate {
    const way = this.#block(body)
    const spelled = [...this.#shown].filter((name) => !name.startsWith('$')).length * costs.get
    const path = Math.min(way.least, way.ends)
    const least = this.#isPlain ? Math.max(path, spelled) : path + spelled
    const most = way.most + this.#shown.size * costs.get
    const dependsOn = ORDER.filter((reason) => this.#reasons.has(reason))
    return { least, most: Number.isFinite(most) ? most : null, dependsOn }
  }

  #block(block: Block): Way {
    let [least, most, ends] = [0, 0, Number.POSITIVE_INFINITY]
    for (const statement of block) {
      const way = this.#statement(statement)
      ends = Math.min(ends, least + way.ends)
      least += way.least
      most += way.most
    }
    return { least, most, ends }
  }

  #statement(statement: Statement): Way {
    switch (statement.type) {
      case 'getStatement':
        return goingOn(costs.step, this.#expression(statement.get))
      case 'put': {
        const parts = [this.#expression(statement.key), this.#expression(statement.value)]
        return goingOn(costs.step, ...parts, this.#write(statement.key))
      }
      case 'delete':
        return goingOn(costs.step, this.#expression(statement.key), this.#write(statement.key))
      case 'assignment':
        return goingOn(costs.step, this.#expression(statement.value))
      case 'if':
        return this.#if(statement)
      case 'for':
        return this.#for(statement)
      case 'return':
      case 'abort': {
        const { least, most } = goingOn(costs.step, this.#expression(statement.value))
        return { least: Number.POSITIVE_INFINITY, most, ends: least }
      }
      default:
        return statement satisfies never
    }
  }

  #if({ branches, otherwise }: If): Way {
    let conditions: Cost = FREE
    let way: Way | null = null
    let sure: Marks | null = null
    const reached: string[] = []
    for (const { condition, body } of branches) {
      conditions = added(costs.step, conditions, this.#expression(condition))
      sure ??= this.#marks()
      const [sureHere, maybeHere] = [this.#marks(), this.#maybe.mark]
      way = either(way, behind(conditions, this.#block(body)))
      this.#backTo(sureHere)
      reached.push(...this.#maybe.backTo(maybeHere))
    }
    way = either(way, behind(conditions, this.#block(otherwise)))
    if (sure !== null) this.#backTo(sure)
    for (const name of reached) this.#maybe.add(name)
    return way
  }

  #for({ each, body }: For): Way {
    this.#reasons.add('loop')
    const { least } = goingOn(costs.step, this.#expression(each))
    const sure = this.#marks()
    const { ends } = this.#block(body)
    this.#backTo(sure)
    return { least, most: Number.POSITIVE_INFINITY, ends: least + costs.step + ends }
  }

  #expression(expression: Expression): Cost {
    switch (expression.type) {
      case 'constant':
      case 'literal':
      case 'variable':
      case 'parameter':
        return FREE
      case 'list':
        return added(costs.step * (1 + expression.items.length), ...this.#all(expression.items))
      case 'map': {
        const parts = expression.entries.flatMap(({ key, value }) => [key, value])
        return added(costs.step * (1 + expression.entries.length), ...this.#all(parts))
      }
      case 'get':
        return this.#get(expression)
      case 'exists':
      case 'version':
      case 'revision':
        return this.#look(expression)
      case 'scan': {
        this.#reasons.add('scan').add('values')
        const { prefix, after, limit } = expression
        const parts = [prefix, after, limit].filter((part) => part !== null)
        return { ...added(costs.step + costs.scan, ...this.#all(parts)), most: Number.POSITIVE_INFINITY }
      }
      case 'call':
        this.#reasons.add('values')
        return added(costs.step, ...this.#all(expression.args))
      case 'unary':
        return added(costs.step, this.#expression(expression.operand))
      case 'logic':
        return this.#logic(expression.operands)
      case 'comparison':
        this.#reasons.add('values')
        return added(costs.step, this.#expression(expression.left), this.#expression(expression.right))
      case 'sum':
        this.#reasons.add('values')
        return this.#chain(expression.first, expression.terms)
      case 'product':
        return this.#chain(expression.first, expression.terms)
      case 'path': {
        const indexes = expression.steps.flatMap((step) => (step.type === 'index' ? [step.index] : []))
        return added(costs.step * expression.steps.length, ...this.#all([expression.target, ...indexes]))
      }
      default:
        return expression satisfies never
    }
  }

  #all(expressions: readonly Expression[]): readonly Cost[] {
    return expressions.map((expression) => this.#expression(expression))
  }

  #chain(first: Expression, terms: readonly { readonly operand: Expression }[]): Cost {
    return added(costs.step * terms.length, ...this.#all([first, ...terms.map(({ operand }) => operand)]))
  }

  /** Only the first operand is certainly evaluated. */
  #logic([first, ...rest]: readonly Expression[]): Cost {
    const { least, most } = added(costs.step, first === undefined ? FREE : this.#expression(first))
    const sure = this.#marks()
    const others = added(costs.step * rest.length, ...this.#all(rest))
    this.#backTo(sure)
    return { least, most: most + others.most }
  }

  #marks(): Marks {
    return { sure: this.#sure.mark, touched: this.#surelyTouched.mark }
  }

  #backTo({ sure, touched }: Marks): void {
    this.#sure.backTo(sure)
    this.#surelyTouched.backTo(touched)
  }

  #get({ key }: Get): Cost {
    this.#reasons.add('values')
    const name = this.#nameOf(key)
    if (name === null || key.type === 'parameter') this.#hasOtherGets = true
    const inner = this.#expression(key)
    this.#touch(name)
    if (name === null) return added(costs.get, inner)
    const isPlain = this.#isPlain || key.type === 'parameter'
    const least = isPlain || this.#sure.has(name) ? costs.get : 0
    const most = this.#maybe.has(name) ? costs.get : 0
    this.#shown.add(name)
    this.#sure.add(name)
    this.#maybe.add(name)
    return { least, most }
  }

  /** `exists`, `version` and `revision`. */
  #look({ key }: Get): Cost {
    this.#reasons.add('values')
    const cost = added(costs.get, this.#expression(key))
    this.#touch(this.#nameOf(key))
    return cost
  }

  /** What it costs besides its step: the entry before has to be read, unless that has happened. */
  #write(key: Expression): Cost {
    this.#reasons.add('values')
    const name = this.#nameOf(key)
    const isSurelyTouched = name !== null && this.#surelyTouched.has(name)
    const isLiteral = key.type === 'literal' && name !== null
    const isUntouched = isLiteral ? !this.#touched.has(name) && !this.#touched.has(ANY) : this.#touched.size === 0
    this.#touch(name)
    return { least: isUntouched ? costs.untouched : 0, most: isSurelyTouched ? 0 : costs.untouched }
  }

  #touch(name: string | null): void {
    if (name === null || name.startsWith('$')) this.#touched.add(ANY)
    if (name === null) return
    this.#touched.add(name)
    this.#surelyTouched.add(name)
  }

  /** The same for the same key: of a literal or parameter; null: it is computed. */
  #nameOf(key: Expression): string | null {
    if (key.type === 'literal') return `"${this.#keyOf(key.slot)}`
    return key.type === 'parameter' ? `$${key.name}` : null
  }
}

/** Stands for keys that the text does not tell. */
const ANY = ''

/** A set that can go back to what it was. */
class Names {
  readonly #names = new Set<string>()
  readonly #added: string[] = []

  /** To go back to. */
  get mark(): number {
    return this.#added.length
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  add(name: string): void {
    if (this.#names.has(name)) return
    this.#names.add(name)
    this.#added.push(name)
  }

  /** Takes out what was added since, and gives it. */
  backTo(mark: number): readonly string[] {
    const taken = this.#added.splice(mark)
    for (const name of taken) this.#names.delete(name)
    return taken
  }
}

/** What was sure at some place. */
interface Marks {
  readonly sure: number
  readonly touched: number
}

const FREE: Cost = { least: 0, most: 0 }
const ORDER: readonly CostReason[] = ['loop', 'scan', 'values']

function added(own: number, ...parts: readonly Cost[]): Cost {
  return parts.reduce((sum, { least, most }) => ({ least: sum.least + least, most: sum.most + most }), {
    least: own,
    most: own,
  })
}

function goingOn(own: number, ...parts: readonly Cost[]): Way {
  return { ...added(own, ...parts), ends: Number.POSITIVE_INFINITY }
}

function behind(before: Cost, { least, most, ends }: Way): Way {
  return { least: before.least + least, most: before.most + most, ends: before.least + ends }
}

function either(one: Way | null, other: Way): Way {
  if (one === null) return other
  return {
    least: Math.min(one.least, other.least),
    most: Math.max(one.most, other.most),
    ends: Math.min(one.ends, other.ends),
  }
}
