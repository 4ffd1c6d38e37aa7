import { exceeded, Fault } from './errors.ts'
import { limits } from './limits.ts'
import { isWellFormed } from './text.ts'

/**
 * Reads a program's text once, before the parser sees it, and refuses what the parser must not see: text that is too
 * long (it would hold the event loop), nesting that is too deep (it would overflow the stack). On the way it finds what
 * is wrong with single characters and literals, which it can say more plainly than the parser.
 *
 * Throws a Fault.
 */
export function scan(text: string): void {
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.programBytesMax) {
    throw exceeded('programBytesMax', `a program of ${bytes} bytes`, bytes, undefined)
  }
  const nesting = new Nesting()
  // Whether an expression may have ended just before: a brace that opens here begins a block, elsewhere a map.
  let isAfterOperand = false
  // The sign just before, if there is one.
  let sign = ''
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (WHITE.includes(character)) at += 1
    else if (character === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) at = commentEnd(text, at)
    else if (character === '"') {
      at = stringEnd(text, at)
      isAfterOperand = true
      sign = ''
    } else if (WORD_PART.test(character)) {
      const start = at
      while (at < text.length && WORD_PART.test(text.charAt(at))) at += 1
      const word = text.slice(start, at)
      // Behind these signs any word is a name.
      const isBeginning = BEGINNING_WORDS.has(word) && sign !== '$' && sign !== '.'
      if (isBeginning) nesting.separate()
      isAfterOperand = !isBeginning || word === 'else'
      sign = ''
    } else if (SIGNS.includes(character)) {
      const isNot = character === '!' && text[at + 1] !== '='
      if (isNot) nesting.prefix(at)
      else if (OPENING.includes(character)) nesting.open(at, character === '{' && isAfterOperand)
      else if (CLOSING.includes(character)) nesting.close()
      else if (character !== '$' && character !== '.') nesting.separate()
      isAfterOperand = CLOSING.includes(character)
      sign = character
      // The sign of inequality is not two signs.
      at += character === '!' && !isNot ? 2 : 1
    } else throw strange(text, at)
  }
}

/**
 * How deep the parser's recursion goes at a place: brackets around it, and prefix operators since the last place where
 * an expression or a statement can begin. Never less than the depth of the tree, whatever nonsense the text is.
 */
class Nesting {
  /** For each open bracket, the prefix operators before it. */
  readonly #open: number[] = []
  #depth = 0
  #prefixes = 0

  prefix(at: number): void {
    this.#prefixes += 1
    this.#check(at)
  }

  open(at: number, isBlock: boolean): void {
    // A block is no part of the condition before it.
    if (isBlock) this.#prefixes = 0
    this.#open.push(this.#prefixes)
    this.#depth += 1 + this.#prefixes
    this.#prefixes = 0
    this.#check(at)
  }

  /** The operators before the bracket still apply to what follows it: `!(a)[b]`. */
  close(): void {
    const prefixes = this.#open.pop()
    if (prefixes === undefined) return
    this.#depth -= 1 + prefixes
    this.#prefixes = prefixes
  }

  /** Operators before this place do not apply behind it. */
  separate(): void {
    this.#prefixes = 0
  }

  #check(at: number): void {
    const asked = this.#depth + this.#prefixes
    if (asked > limits.nestingMax) throw exceeded('nestingMax', `nesting ${asked} levels deep`, asked, at)
  }
}

/** Where the string that begins at `start` ends; its escapes are checked. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '"') {
      const end = at + 1
      if (!isWellFormed(stringValue(text.slice(start, end)))) throw loneSurrogate(start, 'this string')
      return end
    }
    if (character !== '\\') at += 1
    else if (ESCAPED.includes(text.charAt(at + 1)) && at + 1 < text.length) at += 2
    else if (UNICODE_ESCAPE.test(text.slice(at, at + 6))) at += 6
    else throw new Fault('syntax_error', BAD_ESCAPE, at)
  }
  throw new Fault('syntax_error', 'this string has no closing quote', start)
}

/** The value of a string literal, quotes included, whose escapes are right. */
export function stringValue(literal: string): string {
  const content = literal.slice(1, -1)
  if (!content.includes('\\')) return content
  return content.replace(ESCAPES, (sequence) => {
    const character = sequence.charAt(1)
    if (character === 'u') return String.fromCharCode(Number.parseInt(sequence.slice(2), 16))
    return SHORT_ESCAPES.get(character) ?? character
  })
}

function commentEnd(text: string, start: number): number {
  const isLine = text[start + 1] === '/'
  const end = text.indexOf(isLine ? '\n' : '*/', start + 2)
  if (end === -1 && !isLine) throw new Fault('syntax_error', 'this comment has no closing */', start)
  const next = end === -1 ? text.length : isLine ? end : end + 2
  if (!isWellFormed(text.slice(start, next))) throw loneSurrogate(start, 'this comment')
  return next
}

function strange(text: string, at: number): Fault {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (!isWellFormed(character)) return loneSurrogate(at, 'the program')
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const shown = VISIBLE.test(character) ? `${character} (${code})` : code
  return new Fault('syntax_error', `the character ${shown} can stand in strings and comments only`, at)
}

function loneSurrogate(at: number, what: string): Fault {
  return new Fault('syntax_error', `${what} contains half of a surrogate pair, which is no character`, at)
}

const WHITE = ' \t\n\r'
const WORD_PART = /[A-Za-z0-9_]/
const OPENING = '([{'
const CLOSING = ')]}'
const SIGNS = `${OPENING}${CLOSING};,:=!<>+-*/%&|?.$`
/** No operator before one of these applies to what follows it. */
const BEGINNING_WORDS: ReadonlySet<string> = new Set(['put', 'delete', 'if', 'else', 'for', 'in', 'return', 'abort'])

const ESCAPED = '"\\/bfnrt'
const UNICODE_ESCAPE = /^\\u[0-9a-fA-F]{4}$/
const ESCAPES = /\\(?:u[0-9a-fA-F]{4}|[^u])/g
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
const BAD_ESCAPE = 'this escape is none of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000'

const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u
