import { digitsEnd, isDigit, isWordPart, isWordStart, wordEnd } from './ascii.ts'
import { exceeded, TextFault } from './errors.ts'
import { limits } from './limits.ts'
import { escapeEnd, exponentEnd, unescaped } from './literal-text.ts'
import { Nesting } from './nesting.ts'
import { MARKS, ShapeWriter } from './shape-writer.ts'
import { shown } from './shown.ts'
import { isWellFormed } from './text.ts'
import { halfCharacter, noEscape, noNumber, strangeCharacter, unclosedComment, unclosedString } from './text-fault.ts'

/** What a text is, apart from its spacing, and the literals in it. Texts of one shape have one tree. */
export interface Scanned {
  /**
   * The tokens, joined by `SEPARATOR`; each string, int and float is the mark of its kind, of `MARKS`. No text can have one
   * of these characters outside of strings and comments: what has them is no program but a shape.
   */
  readonly shape: string
  /** Values of the strings, ints and floats, in order. The int 2^63 occurs where the shape has its mark only. */
  readonly literals: readonly (string | bigint | number)[]
  readonly tokens: number
  /** Levels of brackets and prefix operators, counted as the parser recurses. */
  readonly nesting: number
}

/** Hears of each piece of a text while it is read. Offsets are in UTF-16 units. */
export interface ScanListener {
  token(start: number, end: number, kind: TokenKind): void
  comment?(start: number, end: number): void
}

export type TokenKind = 'word' | 'parameter' | 'string' | 'int' | 'float' | 'sign'

/**
 * Reads a program's text into tokens, before the parser sees any of it, and refuses what the parser must not see: text
 * that is too long or of too many tokens (it would take too much time), nesting that is too deep (it would overflow the
 * stack). On the way it finds what is wrong with single characters and literals, which it can say more plainly than the
 * parser.
 *
 * It is the language's only hand-written reader; the tests compare it with the grammar's lexical rules.
 *
 * Throws a TextFault; by then `listener` has heard of all that comes before it.
 */
export function scan(text: string, listener?: ScanListener): Scanned {
  // A unit is at most three bytes: short texts need not be measured.
  if (text.length * 3 > limits.programBytesMax) checkLength(text)
  return new Scanner(text, listener).scan()
}

function checkLength(text: string): void {
  const bytes = Buffer.byteLength(text)
  if (bytes <= limits.programBytesMax) return
  throw new TextFault(exceeded('programBytesMax', `a program of ${bytes} bytes`, bytes, undefined), undefined)
}

/** Counting has ended at the bound. */
function tooManyTokens(tokens: number, at: number): TextFault {
  const what = `a program of ${tokens} tokens or more`
  return new TextFault(
    exceeded('programTokensMax', what, tokens, undefined, { advice: '; data is better passed in parameters' }),
    at,
  )
}

class Scanner {
  readonly #text: string
  readonly #listener: ScanListener | undefined
  readonly #isWellFormed: boolean
  readonly #literals: (string | bigint | number)[] = []
  readonly #nesting = new Nesting()
  readonly #shape = new ShapeWriter()
  #tokens = 0
  /** Whether an expression may have ended just before: a brace that opens here begins a block, elsewhere a map. */
  #isAfterOperand = false
  /** Behind a point any word is a name. */
  #isAfterPoint = false

  constructor(text: string, listener: ScanListener | undefined) {
    this.#text = text
    this.#listener = listener
    this.#isWellFormed = isWellFormed(text)
  }

  scan(): Scanned {
    const text = this.#text
    const { length } = text
    let at = 0
    while (at < length) {
      const unit = text.charCodeAt(at)
      switch (unit < CLASSES.length ? CLASSES[unit] : STRANGE) {
        case WHITE:
          at += 1
          break
        case WORD:
          at = this.#word(at)
          break
        case DIGIT:
          at = this.#number(at)
          break
        case QUOTE:
          at = this.#string(at)
          break
        case SIGN: {
          const next = text.charCodeAt(at + 1)
          at = unit === SLASH && (next === SLASH || next === STAR) ? this.#comment(at) : this.#sign(at, unit, next)
          break
        }
        default:
          throw strangeCharacter(text, at)
      }
    }
    return {
      shape: this.#shape.finish(),
      literals: this.#literals,
      tokens: this.#tokens,
      nesting: this.#nesting.deepest,
    }
  }

  #add(start: number, end: number, kind: TokenKind): void {
    this.#count(start)
    this.#shape.copy(this.#text, start, end)
    this.#listener?.token(start, end, kind)
  }

  #addLiteral(value: string | bigint | number, mark: string, start: number, end: number, kind: TokenKind): void {
    this.#count(start)
    this.#literals.push(value)
    this.#shape.mark(mark)
    this.#isAfterOperand = true
    this.#isAfterPoint = false
    this.#listener?.token(start, end, kind)
  }

  /** One more token, which begins at `start`. */
  #count(start: number): void {
    this.#tokens += 1
    if (this.#tokens > limits.programTokensMax) throw tooManyTokens(this.#tokens, start)
  }

  #word(start: number): number {
    const end = wordEnd(this.#text, start)
    const word = this.#text.slice(start, end)
    this.#add(start, end, 'word')
    if (this.#isAfterPoint) {
      this.#isAfterPoint = false
      this.#isAfterOperand = true
      return end
    }
    const isBeginning = BEGINNING_WORDS.has(word)
    if (isBeginning) this.#nesting.separate()
    // Its operands go on into the next scan without a bracket between them.
    else if (word === 'scan') this.#nesting.prefix(start)
    this.#isAfterOperand = !isBeginning || word === 'else'
    return end
  }

  #number(start: number): number {
    const text = this.#text
    let end = digitsEnd(text, start)
    let isFloat = false
    if (text.charCodeAt(end) === POINT && isDigit(text.charCodeAt(end + 1))) {
      isFloat = true
      end = digitsEnd(text, end + 1)
    }
    const exponent = exponentEnd(text, end)
    if (exponent > end) {
      isFloat = true
      end = exponent
    }
    const isPadded = text.charCodeAt(start) === ZERO && isDigit(text.charCodeAt(start + 1))
    if (isPadded || isWordPart(text.charCodeAt(end))) throw noNumber(text.slice(start, wordEnd(text, end)), start)
    const written = text.slice(start, end)
    if (isFloat) this.#float(written, start, end)
    else this.#int(written, start, end)
    return end
  }

  #float(written: string, start: number, end: number): void {
    const value = Number(written)
    if (!Number.isFinite(value)) {
      throw new TextFault({ code: 'overflow', message: `${shown(written)} is beyond the range of float` }, start)
    }
    this.#addLiteral(value, MARKS.float, start, end, 'float')
  }

  #int(written: string, start: number, end: number): void {
    const value = BigInt(written)
    if (value > LOWEST) {
      const message = `${shown(written)} is beyond the range of int, 64 bits; with .0 it is a float`
      throw new TextFault({ code: 'overflow', message }, start)
    }
    this.#addLiteral(value, value === LOWEST ? MARKS.lowest : MARKS.int, start, end, 'int')
  }

  #string(start: number): number {
    const text = this.#text
    let hasEscape = false
    let at = start + 1
    for (;;) {
      const unit = text.charCodeAt(at)
      if (unit === QUOTE_UNIT) break
      if (unit === BACKSLASH) {
        hasEscape = true
        const end = escapeEnd(text, at)
        if (end === at) throw noEscape(text, at)
        at = end
      } else if (at < text.length) at += 1
      else throw unclosedString(text, start, firstWithLineBreak(text.slice(0, start)))
    }
    const content = text.slice(start + 1, at)
    const value = hasEscape ? unescaped(content) : content
    if ((hasEscape || !this.#isWellFormed) && !isWellFormed(value)) throw halfCharacter('this string', start)
    this.#addLiteral(value, MARKS.string, start, at + 1, 'string')
    return at + 1
  }

  #comment(start: number): number {
    const text = this.#text
    const isLine = text.charCodeAt(start + 1) === SLASH
    const end = text.indexOf(isLine ? '\n' : '*/', start + 2)
    if (end === -1 && !isLine) throw unclosedComment(start)
    const next = end === -1 ? text.length : isLine ? end : end + 2
    if (!this.#isWellFormed && !isWellFormed(text.slice(start, next))) throw halfCharacter('this comment', start)
    this.#listener?.comment?.(start, next)
    return next
  }

  #sign(start: number, unit: number, next: number): number {
    const text = this.#text
    if (unit === DOLLAR && isWordStart(next)) {
      const end = wordEnd(text, start + 1)
      this.#add(start, end, 'parameter')
      this.#isAfterOperand = true
      this.#isAfterPoint = false
      return end
    }
    const isPair = next === EQUALS ? PAIRED_WITH_EQUALS.includes(unit) : next === unit && DOUBLED.includes(unit)
    const end = start + (isPair ? 2 : 1)
    this.#add(start, end, 'sign')
    this.#isAfterPoint = unit === POINT
    this.#nest(start, unit, isPair)
    return end
  }

  #nest(at: number, unit: number, isPair: boolean): void {
    const isPrefix = !isPair && (unit === NOT || (unit === MINUS && !this.#isAfterOperand))
    const isOpening = unit === OPEN_ROUND || unit === OPEN_SQUARE || unit === OPEN_CURLY
    const isClosing = unit === CLOSE_ROUND || unit === CLOSE_SQUARE || unit === CLOSE_CURLY
    if (isPrefix) this.#nesting.prefix(at)
    else if (isOpening) this.#nesting.open(at, unit === OPEN_CURLY && this.#isAfterOperand)
    else if (isClosing) this.#nesting.close()
    else if (unit !== POINT) this.#nesting.separate()
    this.#isAfterOperand = isClosing
  }
}

/** Where the first string with a line break in it begins, in a text that is read without fault; undefined: there is none. */
function firstWithLineBreak(text: string): number | undefined {
  let found: number | undefined
  scan(text, {
    token(start, end, kind) {
      if (kind === 'string' && found === undefined && text.slice(start, end).includes('\n')) found = start
    },
  })
  return found
}

const codeOf = (character: string): number => character.charCodeAt(0)
const [SLASH, STAR, POINT, DOLLAR, EQUALS, ZERO] = ['/', '*', '.', '$', '=', '0'].map(codeOf) as Six
const [OPEN_ROUND, CLOSE_ROUND, OPEN_SQUARE, CLOSE_SQUARE, OPEN_CURLY, CLOSE_CURLY] = [...'()[]{}'].map(codeOf) as Six
const [NOT, MINUS, QUOTE_UNIT, BACKSLASH] = ['!', '-', '"', '\\'].map(codeOf) as [number, number, number, number]
type Six = [number, number, number, number, number, number]

const PAIRED_WITH_EQUALS: readonly number[] = ['=', '!', '<', '>'].map(codeOf)
const DOUBLED: readonly number[] = ['&', '|', '?'].map(codeOf)

const STRANGE = 0
const WHITE = 1
const WORD = 2
const DIGIT = 3
const QUOTE = 4
const SIGN = 5

/** What a character of ASCII begins. */
const CLASSES: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit)
  if (' \t\n\r'.includes(character)) return WHITE
  if (isWordStart(unit)) return WORD
  if (isDigit(unit)) return DIGIT
  if (character === '"') return QUOTE
  return '()[]{};,:=!<>+-*/%&|?.$'.includes(character) ? SIGN : STRANGE
})

/** No operator before one of these applies to what follows it. */
const BEGINNING_WORDS: ReadonlySet<string> = new Set(['put', 'delete', 'if', 'else', 'for', 'in', 'return', 'abort'])

const LOWEST = 2n ** 63n
