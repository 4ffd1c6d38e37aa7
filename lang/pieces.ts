import { type ScanListener, scan, type TokenKind } from './scan.ts'

/** A token or a comment; offsets are in UTF-16 units. */
export interface Piece {
  readonly start: number
  readonly end: number
}

export interface TokenPiece extends Piece {
  readonly kind: TokenKind
}

/** A string or number of a text, as it is written there. */
export interface WrittenLiteral {
  readonly written: string
  readonly kind: 'string' | 'int' | 'float'
}

/** All that a text is made of but its white space. */
export class Pieces implements ScanListener {
  readonly text: string
  readonly has: 'all' | 'tokens'
  /** By number. */
  readonly tokens: TokenPiece[] = []
  /** Comments directly in front of a token, by its number; those at the end by the number of tokens. */
  readonly #comments = new Map<number, Piece[]>()

  /** `has`: whether comments count. Throws a TextFault. */
  constructor(text: string, has: 'all' | 'tokens' = 'all') {
    this.text = text
    this.has = has
    scan(text, this)
  }

  token(start: number, end: number, kind: TokenKind): void {
    this.tokens.push({ start, end, kind })
  }

  comment(start: number, end: number): void {
    if (this.has === 'tokens') return
    const before = this.#comments.get(this.tokens.length)
    if (before === undefined) this.#comments.set(this.tokens.length, [{ start, end }])
    else before.push({ start, end })
  }

  /** What is written there; nothing behind the last token. */
  written(token: number): string {
    const piece = this.tokens[token]
    return piece === undefined ? '' : this.text.slice(piece.start, piece.end)
  }

  /** Those directly in front of a token, in order. */
  comments(token: number): readonly Piece[] {
    return this.#comments.get(token) ?? []
  }

  /** The strings and numbers, in order. */
  get literals(): readonly WrittenLiteral[] {
    return this.tokens.flatMap(({ start, end, kind }) => {
      const isLiteral = kind === 'string' || kind === 'int' || kind === 'float'
      return isLiteral ? [{ written: this.text.slice(start, end), kind }] : []
    })
  }

  /** For each opening bracket the one that closes it, by number. The text is a program. */
  get brackets(): ReadonlyMap<number, number> {
    const pairs = new Map<number, number>()
    const open: number[] = []
    for (const [number, { kind }] of this.tokens.entries()) {
      if (kind !== 'sign') continue
      const sign = this.written(number)
      if (OPENING.has(sign)) open.push(number)
      else if (CLOSING.has(sign)) pairs.set(open.pop() ?? -1, number)
    }
    return pairs
  }
}

const OPENING: ReadonlySet<string> = new Set(['(', '[', '{'])
const CLOSING: ReadonlySet<string> = new Set([')', ']', '}'])
