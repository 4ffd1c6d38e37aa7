import type { Block, For, If, ProgramNode, Statement } from './ast.ts'
import { blaming } from './blame.ts'
import { exceeded, Fault } from './errors.ts'
import { ExpressionLayouts } from './format-expression.ts'
import { group, INDENT, indent, type Layout, set } from './layout.ts'
import { limits } from './limits.ts'
import { parseShape } from './parse.ts'
import { type Piece, Pieces, type WrittenLiteral } from './pieces.ts'
import { scan } from './scan.ts'

/**
 * The program as it is best read: a statement a line, two spaces a level, no parentheses that it does not need, lines of
 * 100 code points where they can be broken. Its tree stays the same, strings and numbers stay as they are written, and
 * so do comments: those within a statement go in front of it, those within an `else if` to the top of its block. Of empty
 * lines between statements one is kept. What is formatted already stays as it is.
 *
 * Throws a LanguageError if the text is no program, or would be too large for one.
 */
export function format(text: string): string {
  return blaming(text, true, () => {
    const outcome = parseShape({ type: 'parse', shape: scan(text).shape })
    if (outcome.type === 'fault') throw new Fault(outcome.code, outcome.sentence, outcome.at)
    const pieces = new Pieces(text)
    const formatted = new Formatter(pieces, pieces.literals).program(outcome.tree)
    const bytes = Buffer.byteLength(formatted)
    if (bytes <= limits.programBytesMax) return formatted
    throw exceeded('programBytesMax', `the formatted program, of ${bytes} bytes,`, bytes, undefined)
  })
}

/**
 * The same without comments and empty lines, and with `‹string›`, `‹int›` and `‹float›` for literals: alike for all
 * texts of one shape. `tree`: of the text. Throws a Fault.
 */
export function formatShape(tree: ProgramNode, text: string): string {
  const pieces = new Pieces(text, 'tokens')
  const literals = pieces.literals.map(({ kind }) => ({ written: `‹${kind}›`, kind }))
  return new Formatter(pieces, literals).program(tree)
}

/** One or more whole lines. */
interface Item {
  readonly text: string
  readonly isAfterEmptyLine: boolean
}

/** The comments between two tokens. */
interface Gap {
  /** Those that stay behind the token before them, on its line. */
  readonly trailing: readonly Piece[]
  /** Those on lines of their own. */
  readonly own: readonly Piece[]
}

class Formatter {
  readonly #pieces: Pieces
  readonly #brackets: ReadonlyMap<number, number>
  readonly #literals: readonly WrittenLiteral[]

  /** `literals`: how they are to be written. */
  constructor(pieces: Pieces, literals: readonly WrittenLiteral[]) {
    this.#pieces = pieces
    this.#brackets = pieces.brackets
    this.#literals = literals
  }

  program({ body }: ProgramNode): string {
    const items = this.#items(body, -1, this.#pieces.tokens.length, 0, [])
    return items.length === 0 ? '' : `${joined(items)}\n`
  }

  /** The statements between the tokens `open` and `close`, and the comments there. `moved`: comments from further up. */
  #items(block: Block, open: number, close: number, level: number, moved: readonly Piece[]): readonly Item[] {
    const items = moved.map((comment): Item => this.#comment(comment, level, false))
    let previous = open
    for (const statement of block) {
      items.push(...this.#comments(previous, statement.at, level))
      const end = this.#statement(statement, level, this.#isAfterEmptyLine(statement.at), items)
      this.#trail(items, end)
      previous = end
    }
    items.push(...this.#comments(previous, close, level))
    return items
  }

  /** Adds the statement and the comments within it; gives the number of its last token. */
  #statement(statement: Statement, level: number, isAfterEmptyLine: boolean, items: Item[]): number {
    const { end, text, inner } = this.#set(statement, level)
    const first = items.length
    for (const comment of inner) items.push(this.#comment(comment, level, isAfterEmptyLine && items.length === first))
    items.push({ text, isAfterEmptyLine: isAfterEmptyLine && inner.length === 0 })
    return end
  }

  #set(statement: Statement, level: number): { end: number; text: string; inner: readonly Piece[] } {
    if (statement.type === 'if') return this.#if(statement, level)
    if (statement.type === 'for') return this.#for(statement, level)
    let end = statement.at
    while (this.#pieces.written(end) !== ';') end += 1
    const layout = simple(statement, new ExpressionLayouts(this.#literals))
    return { end, text: setLine([layout, ';'], level), inner: this.#within(statement.at, end) }
  }

  #for({ at, names, each, body }: For, level: number): { end: number; text: string; inner: readonly Piece[] } {
    const layouts = new ExpressionLayouts(this.#literals)
    const head = setLine([`for ${names.join(', ')} in `, indent(layouts.of(each)), ' {'], level)
    const open = this.#opening(layouts.last + 1)
    const { end, text } = this.#block(body, open, level, [])
    return { end, text: head + text, inner: this.#within(at, open) }
  }

  #if({ branches, otherwise }: If, level: number): { end: number; text: string; inner: readonly Piece[] } {
    let text = ''
    let inner: readonly Piece[] = []
    let end = -1
    for (const { at, condition, body } of branches) {
      const isFirst = end === -1
      const layouts = new ExpressionLayouts(this.#literals)
      const head = [isFirst ? 'if ' : ' else if ', indent(layouts.of(condition)), ' {']
      // The brace before it takes room on its line.
      text += isFirst
        ? setLine(head, level)
        : setLine(['}', ...head], level)
            .trimStart()
            .slice(1)
      const open = this.#opening(layouts.last + 1)
      const within = this.#within(isFirst ? at : end, open)
      if (isFirst) inner = within
      const block = this.#block(body, open, level, isFirst ? [] : within)
      text += block.text
      end = block.end
    }
    if (this.#pieces.written(end + 1) !== 'else') return { end, text, inner }
    const open = end + 2
    const block = this.#block(otherwise, open, level, this.#within(end, open))
    // An empty one says nothing.
    return { end: block.end, text: block.text === '}' ? text : `${text} else {${block.text}`, inner }
  }

  /** What stands behind the opening brace, up to the closing one. */
  #block(block: Block, open: number, level: number, moved: readonly Piece[]): { end: number; text: string } {
    const end = this.#brackets.get(open) ?? open
    const { trailing } = this.#gap(open, open + 1)
    const items = this.#items(block, open, end, level + 1, moved)
    const behind = trailing.map((comment) => ` ${this.#written(comment)}`).join('')
    if (items.length === 0 && trailing.length === 0) return { end, text: '}' }
    const content = items.length === 0 ? '' : `${joined(items)}\n`
    return { end, text: `${behind}\n${content}${INDENT.repeat(level)}}` }
  }

  /** The brace that opens a block, behind a condition whose last node is before `from`. */
  #opening(from: number): number {
    let open = from
    while (this.#pieces.written(open) !== '{') open += 1
    return open
  }

  /** Comments between the tokens from `first` to `last`, all of which move. */
  #within(first: number, last: number): readonly Piece[] {
    const comments: Piece[] = []
    for (let token = first + 1; token <= last; token += 1) comments.push(...this.#pieces.comments(token))
    return comments
  }

  #comments(previous: number, token: number, level: number): readonly Item[] {
    return this.#gap(previous, token).own.map((comment) => {
      return this.#comment(comment, level, this.#isAfterEmptyLineAt(comment.start))
    })
  }

  #comment(comment: Piece, level: number, isAfterEmptyLine: boolean): Item {
    return { text: INDENT.repeat(level) + this.#written(comment), isAfterEmptyLine }
  }

  /** Puts comments that stand on the line of a statement's end behind it. */
  #trail(items: Item[], end: number): void {
    const { trailing } = this.#gap(end, end + 1)
    const last = items.pop()
    if (last === undefined) return
    items.push({ ...last, text: [last.text, ...trailing.map((comment) => this.#written(comment))].join(' ') })
  }

  /** `previous`: the token before `token`; -1: none. */
  #gap(previous: number, token: number): Gap {
    const { text, tokens } = this.#pieces
    const comments = this.#pieces.comments(token)
    let end = tokens[previous]?.end
    let count = 0
    for (const comment of comments) {
      if (end === undefined || text.slice(end, comment.start).includes('\n')) break
      end = comment.end
      count += 1
    }
    const next = tokens[token]
    const isFollowed = next !== undefined && count === comments.length && !text.slice(end, next.start).includes('\n')
    // On the line of what follows it belongs to that, unless that is only the end of a block.
    const isOfNext = isFollowed && (this.#pieces.written(token) !== '}' || this.#pieces.written(previous) === '{')
    if (isOfNext) return { trailing: [], own: comments }
    return { trailing: comments.slice(0, count), own: comments.slice(count) }
  }

  #written({ start, end }: Piece): string {
    return this.#pieces.text.slice(start, end).replace(/[ \t\r]+$/, '')
  }

  #isAfterEmptyLine(token: number): boolean {
    return this.#isAfterEmptyLineAt(this.#pieces.tokens[token]?.start ?? 0)
  }

  #isAfterEmptyLineAt(offset: number): boolean {
    const { text, has } = this.#pieces
    if (has === 'tokens') return false
    let lineFeeds = 0
    for (let at = offset - 1; WHITE.includes(text.charAt(at)) && at >= 0; at -= 1) {
      if (text.charAt(at) === '\n') lineFeeds += 1
    }
    return lineFeeds > 1
  }
}

/** Without the semicolon. */
function simple(statement: Exclude<Statement, If | For>, layouts: ExpressionLayouts): Layout {
  switch (statement.type) {
    case 'getStatement':
      return layouts.of(statement.get)
    case 'delete':
      return ['delete ', layouts.key(statement.key)]
    case 'put':
      return ['put ', layouts.key(statement.key), layouts.value(statement.value)]
    case 'assignment':
      return [`${statement.name} =`, layouts.value(statement.value)]
    case 'return':
    case 'abort':
      return [statement.type, layouts.value(statement.value)]
    default:
      return statement satisfies never
  }
}

function setLine(layout: Layout, level: number): string {
  return INDENT.repeat(level) + set(group(layout), level, COLUMNS_MAX)
}

function joined(items: readonly Item[]): string {
  return items
    .map(({ text, isAfterEmptyLine }, index) => (isAfterEmptyLine && index > 0 ? `\n${text}` : text))
    .join('\n')
}

const WHITE = ' \t\r\n'

/** Longer lines are hard to read side by side. */
const COLUMNS_MAX = 100
