import { type ScanListener, scan } from './scan.ts'
import { MARKS, SEPARATOR } from './shape-writer.ts'

/** Where the tokens of a text are, by number; and which of them are literals. */
export class Tokens implements ScanListener {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #numbers = new Map<number, number>()
  readonly #slots = new Map<number, number>()

  /** Of a program's text. Throws a TextFault. */
  static ofText(text: string): Tokens {
    const tokens = new Tokens()
    scan(text, tokens)
    return tokens
  }

  static ofShape(shape: string): Tokens {
    const tokens = new Tokens()
    if (shape === '') return tokens
    let start = 0
    for (const token of shape.split(SEPARATOR)) {
      tokens.#add(start, start + token.length, LITERAL_MARKS.has(token))
      start += token.length + SEPARATOR.length
    }
    return tokens
  }

  get count(): number {
    return this.#starts.length
  }

  token(start: number, end: number, kind: Parameters<ScanListener['token']>[2]): void {
    this.#add(start, end, kind === 'string' || kind === 'int' || kind === 'float')
  }

  /** The number of the token that begins at `offset`. */
  numberAt(offset: number): number {
    return known(this.#numbers.get(offset), offset)
  }

  /** Which literal the token that begins at `offset` is. */
  slotAt(offset: number): number {
    return known(this.#slots.get(offset), offset)
  }

  /** The number of the first token that ends behind `offset`; `count` behind the last. */
  numberBehind(offset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ends[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The range of a token in the text; behind the last one nothing, at its end. */
  range(number: number, text: string): readonly [start: number, end: number] {
    return [this.#starts[number] ?? text.length, this.#ends[number] ?? text.length]
  }

  #add(start: number, end: number, isLiteral: boolean): void {
    this.#numbers.set(start, this.count)
    if (isLiteral) this.#slots.set(start, this.#slots.size)
    this.#starts.push(start)
    this.#ends.push(end)
  }
}

function known(number: number | undefined, offset: number): number {
  if (number === undefined) throw new Error(`the parser found a token at ${offset} where the scanner found none`)
  return number
}

const LITERAL_MARKS: ReadonlySet<string> = new Set(Object.values(MARKS))
