import type { Value } from '../../lang/index.ts'

/** A text with its abbreviations written out: `⟨text × 65⟩` is the text 65 times, `⟨U+00A0⟩` a character by number. */
export function expand(text: string): string {
  const expanded = text
    .replace(/⟨U\+([0-9A-F]{4,6})⟩/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replace(/⟨([^⟨⟩]+?) × (\d+)⟩/g, (_, repeated: string, count: string) => repeated.repeat(Number(count)))
  if (/[⟨⟩]/.test(expanded)) throw new Error('⟨ and ⟩ enclose "text × number" or "U+" and four digits or more')
  return expanded
}

/**
 * A value and what of the text follows it. `@2`, revision 2, is the int 2 in a store whose first revision is 1; `start` is
 * the revision that it had before. Throws an Error on what is no value.
 */
export function readValue(text: string, start = 0): readonly [value: Value, rest: string] {
  const reader = new Reader(text, start)
  const value = reader.value()
  return [value, text.slice(reader.at)]
}

/** The value that the whole text is. Throws an Error. */
export function parseValue(text: string, start = 0): Value {
  const [value, rest] = readValue(text, start)
  if (rest !== '') throw new Error(`a value was expected to end before ${JSON.stringify(shorten(rest))}`)
  return value
}

/** A value as the cases write it, so that values of different types never look alike. */
export function formatValue(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') {
    const digits = Object.is(value, -0) ? '-0' : String(value)
    return /[.eIN]/.test(digits) ? digits : `${digits}.0`
  }
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('hex').replace(/..\B/g, '$& ')}>`
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}: ${formatValue(item)}`).join(', ')}}`
  }
  return `[${(value as readonly Value[]).map(formatValue).join(', ')}]`
}

/** Long text with its middle left out. */
export function shorten(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX / 2)}…${text.slice(-SHOWN_MAX / 2)}`
}

class Reader {
  readonly #text: string
  readonly #start: number
  at = 0

  constructor(text: string, start: number) {
    this.#text = text
    this.#start = start
  }

  value(): Value {
    const word = this.#take(/null|true|false/y)
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    const number = this.#take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    if (number !== undefined) return /[.eE]/.test(number) ? Number(number) : BigInt(number)
    const revision = this.#take(/@\d+/y)
    if (revision !== undefined) return BigInt(revision.slice(1)) + BigInt(this.#start)
    const bytes = this.#take(/<(?:[0-9a-f]{2}(?: [0-9a-f]{2})*)?>/y)
    if (bytes !== undefined) return Uint8Array.from(Buffer.from(bytes.replace(/[<> ]/g, ''), 'hex'))
    if (this.#text[this.at] === '"') return this.#string()
    if (this.#take(/\[/y) !== undefined) return this.#items(']', () => this.value())
    if (this.#take(/\{/y) === undefined) throw new Error(`no value: ${shorten(this.#text.slice(this.at)) || 'nothing'}`)
    const entries = this.#items('}', (): readonly [string, Value] => {
      const key = this.#string()
      this.#need(': ')
      return [key, this.value()]
    })
    const map = new Map(entries)
    if (map.size < entries.length) throw new Error('a key of a map stands twice')
    return map
  }

  #string(): string {
    const literal = this.#take(/"(?:[^"\\]|\\.)*"/y)
    if (literal === undefined) throw new Error(`no string: ${shorten(this.#text.slice(this.at))}`)
    return JSON.parse(literal)
  }

  #items<T>(end: string, read: () => T): readonly T[] {
    const items: T[] = []
    while (this.#text[this.at] !== end) {
      if (items.length > 0) {
        this.#need(',')
        this.#take(/ /y)
      }
      items.push(read())
    }
    this.at += end.length
    return items
  }

  #need(token: string): void {
    if (!this.#text.startsWith(token, this.at)) {
      throw new Error(`"${token}" is missing before ${JSON.stringify(shorten(this.#text.slice(this.at)))}`)
    }
    this.at += token.length
  }

  /** `pattern` is sticky. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }
}

const SHOWN_MAX = 120
