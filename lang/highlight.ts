import { builtins } from './builtins/index.ts'
import { TextFault } from './errors.ts'
import { type ScanListener, scan, type TokenKind } from './scan.ts'
import { reservedWords } from './words.ts'

/** What a piece of a text is to the eye. */
export type Look =
  | 'keyword'
  | 'constant'
  | 'function'
  | 'name'
  | 'parameter'
  | 'string'
  | 'number'
  | 'sign'
  | 'comment'
  /** No text has it there. */
  | 'wrong'

/** Offsets are in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly look: Look
}

/**
 * The pieces of a text in order, white space left out. It need be no program: what is being typed is not one yet, so a
 * string or a comment without an end reaches to the end of the text. A text that is too large or nested too deeply has
 * pieces up to where that is noticed. Never throws for a text.
 */
export function highlight(text: string): readonly Span[] {
  const spans = new Spans(text)
  let offset = 0
  for (let faults = 0; faults < FAULTS_MAX && offset < text.length; faults += 1) {
    const end = spans.read(offset)
    if (end === undefined) break
    offset = end
  }
  return spans.all
}

class Spans implements ScanListener {
  readonly #text: string
  readonly #spans: Span[] = []
  /** Where what is being scanned begins in the text. */
  #offset = 0
  /** The token before, and whether an expression may end with it. */
  #previous = ''
  #isAfterOperand = false
  /** A scan may go on here. */
  #isInScan = false

  constructor(text: string) {
    this.#text = text
  }

  get all(): readonly Span[] {
    return this.#spans
  }

  /** Reads from `offset`; gives where to go on behind what cannot be read, undefined: nowhere. */
  read(offset: number): number | undefined {
    this.#offset = offset
    try {
      scan(this.#text.slice(offset), this)
      return undefined
    } catch (error) {
      if (!(error instanceof TextFault)) throw error
      return error.offset === undefined ? undefined : this.#skip(offset)
    }
  }

  token(start: number, end: number, kind: TokenKind): void {
    const written = this.#text.slice(this.#offset + start, this.#offset + end)
    const look = this.#lookOf(written, kind, this.#offset + end)
    this.#add(start, end, look)
    if (written === 'scan') this.#isInScan = true
    else if (kind === 'sign' && ENDING.has(written)) this.#isInScan = false
    this.#isAfterOperand = kind === 'sign' ? CLOSING.has(written) : look !== 'keyword'
    this.#previous = written
  }

  comment(start: number, end: number): void {
    this.#add(start, end, 'comment')
  }

  #lookOf(written: string, kind: TokenKind, end: number): Look {
    switch (kind) {
      case 'string':
      case 'parameter':
      case 'sign':
        return kind
      case 'int':
      case 'float':
        return 'number'
      case 'word':
        return this.#lookOfWord(written, end)
      default:
        return kind satisfies never
    }
  }

  #lookOfWord(word: string, end: number): Look {
    const next = /^\s*(.?)/s.exec(this.#text.slice(end, end + AHEAD_UNITS))?.[1]
    if (this.#previous === '.' || next === ':') return 'name'
    if (CONSTANTS.has(word)) return 'constant'
    if (reservedWords.has(word)) return 'keyword'
    if (SCAN_WORDS.has(word) && this.#isInScan && this.#isAfterOperand) return 'keyword'
    return next === '(' && builtins.has(word) && !KEY_WORDS.has(this.#previous) ? 'function' : 'name'
  }

  /** Takes in what could not be read: all of a string or comment, else one character. */
  #skip(offset: number): number | undefined {
    const from = this.#spans.at(-1)?.end ?? 0
    const start = Math.max(from, offset) + (/^\s*/.exec(this.#text.slice(Math.max(from, offset)))?.[0].length ?? 0)
    const rest = this.#text.slice(start)
    if (rest === '') return undefined
    const text = STRING.exec(rest)?.[0]
    const comment = COMMENT.exec(rest)?.[0]
    const end = start + (text ?? comment ?? String.fromCodePoint(rest.codePointAt(0) ?? 0)).length
    this.#offset = 0
    this.#add(
      start,
      Math.min(end, this.#text.length),
      text !== undefined ? 'string' : comment !== undefined ? 'comment' : 'wrong',
    )
    this.#isAfterOperand = true
    this.#previous = ''
    return end
  }

  #add(start: number, end: number, look: Look): void {
    this.#spans.push({ start: this.#offset + start, end: this.#offset + end, look })
  }
}

/** Texts with more that cannot be read are no programs that anybody types. */
const FAULTS_MAX = 50

const AHEAD_UNITS = 20

/** With or without its end, and with escapes that are none. */
const STRING = /^"(?:[^"\\]|\\[\s\S]?)*"?/
const COMMENT = /^\/(?:\/.*|\*[\s\S]*?(?:\*\/|$))/

const CONSTANTS: ReadonlySet<string> = new Set(['true', 'false', 'null'])
const SCAN_WORDS: ReadonlySet<string> = new Set(['after', 'limit'])
/** A key follows, whose name is never a call. */
const KEY_WORDS: ReadonlySet<string> = new Set(['get', 'put', 'delete', 'exists', 'version', 'revision', 'scan'])
const ENDING: ReadonlySet<string> = new Set([';', '{', '}'])
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}'])
