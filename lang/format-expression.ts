import type { Call, Expression, ListNode, MapEntry, MapNode, Path, Scan, Step } from './ast.ts'
import { closing, group, indent, type Layout, line, softline } from './layout.ts'
import type { WrittenLiteral } from './pieces.ts'

/**
 * Lays expressions out with no more parentheses than their trees need. What a tree shows in another way than the text
 * (`(a + b) + c` is a sum within a sum) keeps its parentheses, so that the same text gives the same tree.
 */
export class ExpressionLayouts {
  readonly #literals: readonly WrittenLiteral[]
  #last = -1

  /** `literals`: how each string and number is to be written. */
  constructor(literals: readonly WrittenLiteral[]) {
    this.#literals = literals
  }

  /** The highest number of a token of any node that was laid out. */
  get last(): number {
    return this.#last
  }

  /** `least`: the level that the place allows without parentheses. */
  of(expression: Expression, least: number = LEVELS['??']): Layout {
    const layout = this.#bare(expression)
    return levelOf(expression) >= least ? layout : ['(', indent(layout), ')']
  }

  key(key: Expression): Layout {
    const isBare =
      key.type === 'variable' || key.type === 'parameter' || (key.type === 'literal' && this.#isString(key.slot))
    const layout = this.#bare(key)
    return isBare ? layout : ['(', indent(layout), ')']
  }

  /** What stands behind a `=` or a key: a list or a call begins on the same line, and so does a chain. */
  value(expression: Expression): Layout {
    const layout = this.of(expression)
    return BREAKING.has(expression.type) ? [' ', layout] : group(indent([line, layout]))
  }

  #isString(slot: number): boolean {
    return this.#literals[slot]?.kind === 'string'
  }

  #bare(expression: Expression): Layout {
    this.#last = Math.max(this.#last, expression.at)
    switch (expression.type) {
      case 'constant':
        return String(expression.value)
      case 'literal':
        return this.#literals[expression.slot]?.written ?? ''
      case 'variable':
        return expression.name
      case 'parameter':
        return `$${expression.name}`
      case 'list':
        return this.#list(expression)
      case 'map':
        return this.#map(expression)
      case 'call':
        return this.#call(expression)
      case 'get':
      case 'exists':
      case 'version':
      case 'revision':
        return [expression.type, ' ', this.key(expression.key)]
      case 'scan':
        return this.#scan(expression)
      case 'path':
        return this.#path(expression)
      case 'unary':
        return [expression.operator, this.of(expression.operand, LEVELS.unary)]
      case 'logic': {
        const [first, ...rest] = expression.operands.map((operand) => this.of(operand, LEVELS[expression.operator] + 1))
        return chain(
          first ?? '',
          rest.map((operand) => [expression.operator, operand]),
        )
      }
      case 'comparison': {
        const { left, operator, right } = expression
        return chain(this.of(left, LEVELS.sum), [[operator, this.of(right, LEVELS.sum)]])
      }
      case 'sum':
      case 'product': {
        const above = LEVELS[expression.type] + 1
        const terms = expression.terms.map(({ operator, operand }): [string, Layout] => {
          return [operator, this.of(operand, above)]
        })
        return chain(this.of(expression.first, above), terms)
      }
      default:
        return expression satisfies never
    }
  }

  #list({ items }: ListNode): Layout {
    const layouts = items.map((item) => this.of(item))
    return bracketed('[', items.every(isShort) ? filled(layouts) : separated(layouts), closing(','), ']')
  }

  #map({ entries }: MapNode): Layout {
    return bracketed('{', separated(entries.map((entry) => this.#entry(entry))), closing(','), '}')
  }

  #entry({ key, value }: MapEntry): Layout {
    const isWord = key.type === 'constant' && typeof key.value === 'string'
    const isBare = isWord || (key.type === 'literal' && this.#isString(key.slot))
    const layout = this.#bare(key)
    return [isBare ? layout : ['(', indent(layout), ')'], ': ', this.of(value)]
  }

  #call({ name, args }: Call): Layout {
    return bracketed(`${name}(`, separated(args.map((argument) => this.of(argument))), softline, ')')
  }

  #scan({ prefix, after, limit }: Scan): Layout {
    const parts: Layout[] = ['scan ', this.key(prefix)]
    if (after !== null) {
      // It would take the limit for its own.
      const isOpen = limit !== null && isOpenToLimit(after)
      const layout = isOpen ? ['(', this.of(after), ')'] : this.of(after, LEVELS.postfix)
      parts.push(indent([line, 'after ', layout]))
    }
    if (limit !== null) parts.push(indent([line, 'limit ', this.of(limit, LEVELS.postfix)]))
    return group(...parts)
  }

  #path({ target, steps }: Path): Layout {
    const isOpen = target.type === 'path' || (target.type === 'scan' && (target.after ?? target.limit) !== null)
    const layout = isOpen ? ['(', this.of(target), ')'] : this.of(target, LEVELS.postfix)
    return [layout, ...steps.map((step) => this.#step(step))]
  }

  #step(step: Step): Layout {
    this.#last = Math.max(this.#last, step.at)
    if (step.type === 'member') return `.${step.name}`
    return ['[', this.of(step.index), ']']
  }
}

/** How tightly what they make holds together. */
const LEVELS = { '??': 1, '||': 2, '&&': 3, comparison: 4, sum: 5, product: 6, unary: 7, postfix: 8 } as const

function levelOf(expression: Expression): number {
  switch (expression.type) {
    case 'logic':
      return LEVELS[expression.operator]
    case 'comparison':
    case 'sum':
    case 'product':
    case 'unary':
      return LEVELS[expression.type]
    default:
      return LEVELS.postfix
  }
}

/** Whether a `limit` that follows would become part of it. */
function isOpenToLimit(expression: Expression): boolean {
  return expression.type === 'scan' && (expression.limit === null || isOpenToLimit(expression.limit))
}

/** Operators begin the lines that a chain is broken into. */
function chain(first: Layout, rest: readonly (readonly [operator: string, operand: Layout])[]): Layout {
  return group(first, indent(rest.map(([operator, operand]) => [line, operator, ' ', operand])))
}

function bracketed(open: string, content: readonly Layout[], last: Layout, close: string): Layout {
  return content.length === 0 ? `${open}${close}` : group(open, indent([softline, ...content]), last, close)
}

/** All on one line, or each on its own. */
function separated(layouts: readonly Layout[]): readonly Layout[] {
  return layouts.map((layout, index) => (index === 0 ? layout : [',', line, layout]))
}

/** As many on a line as there is room for. */
function filled(layouts: readonly Layout[]): readonly Layout[] {
  return layouts.map((layout, index) => {
    const comma = index < layouts.length - 1 ? ',' : ''
    return index === 0 ? [layout, comma] : group(line, layout, comma)
  })
}

function isShort(item: Expression): boolean {
  return item.type === 'unary' ? isShort(item.operand) : SHORT.has(item.type)
}

const SHORT: ReadonlySet<Expression['type']> = new Set(['constant', 'literal', 'variable', 'parameter'])

/** What has breaks of its own, better taken than one in front of it. */
const BREAKING: ReadonlySet<Expression['type']> = new Set([
  'list',
  'map',
  'call',
  'scan',
  'logic',
  'comparison',
  'sum',
  'product',
])
