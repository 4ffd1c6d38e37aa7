import type { Value } from '../../lang/value.ts'
import { NaiveFault } from './naive-fault.ts'
import { float, int, kindOf, type List, type Mapping, mapOf } from './naive-values.ts'

export function floatText(value: number): string {
  const digits = `${value}`
  return digits.includes('.') || digits.includes('e') ? digits : `${digits}.0`
}

export function toJson(value: Value): string {
  switch (kindOf(value)) {
    case 'null':
    case 'bool':
    case 'int':
      return `${value}`
    case 'float':
      return floatText(value as number)
    case 'string':
      return JSON.stringify(value)
    case 'bytes':
      return `{"$bytes":"${Buffer.from(value as Uint8Array).toString('base64')}"}`
    case 'list':
      return `[${(value as List).map(toJson).join(',')}]`
    case 'map':
      return `{${[...(value as Mapping)].map(([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`).join(',')}}`
  }
}

/** Throws `invalid_argument` on what is no JSON, `overflow` on numbers beyond the language's. */
export function fromJson(text: string, at: number): Value {
  const reader = new Reader(text, at)
  const value = reader.value()
  reader.end()
  return value
}

class Reader {
  readonly #text: string
  readonly #at: number
  #next = 0

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  value(): Value {
    this.#skip()
    const number = this.#take(/-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y)
    if (number !== undefined) {
      if (number[1] === '') return int(BigInt(number[0]), this.#at)
      return float(Number(number[0]), this.#at)
    }
    const word = this.#take(/true|false|null/y)
    if (word !== undefined) return word[0] === 'null' ? null : word[0] === 'true'
    const next = this.#text[this.#next]
    if (next === '"') return this.#string()
    this.#next += 1
    if (next === '[') return this.#list()
    if (next === '{') return this.#map()
    throw this.#bad()
  }

  end(): void {
    this.#skip()
    if (this.#next < this.#text.length) throw this.#bad()
  }

  #string(): string {
    const quoted = this.#take(/"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/uy)
    if (quoted === undefined) throw this.#bad()
    const value = quoted[0].slice(1, -1).replace(/\\(?:u(....)|(.))/g, (_, code?: string, letter?: string) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      const at = 'bfnrt'.indexOf(letter as string)
      return at === -1 ? (letter as string) : ('\b\f\n\r\t'[at] as string)
    })
    // A lone surrogate is a code point of its own here.
    for (const character of value) if (/^[\ud800-\udfff]$/.test(character)) throw this.#bad()
    return value
  }

  #list(): Value {
    const items: Value[] = []
    if (this.#takeSign(']')) return items
    do items.push(this.value())
    while (this.#takeSign(','))
    this.#expect(']')
    return items
  }

  #map(): Value {
    const entries: [string, Value][] = []
    if (this.#takeSign('}')) return mapOf([])
    do {
      this.#skip()
      const key = this.#string()
      if (entries.some(([other]) => other === key)) throw this.#bad()
      this.#expect(':')
      entries.push([key, this.value()])
    } while (this.#takeSign(','))
    this.#expect('}')
    const map = mapOf(entries)
    const coded = map.size === 1 ? map.get('$bytes') : undefined
    if (typeof coded !== 'string') return map
    const bytes = Buffer.from(coded, 'base64')
    if (bytes.toString('base64') !== coded) throw this.#bad()
    return Uint8Array.from(bytes)
  }

  #skip(): void {
    this.#take(/[ \t\n\r]*/y)
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#next
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#next = pattern.lastIndex
    return found
  }

  #takeSign(sign: string): boolean {
    this.#skip()
    if (this.#text[this.#next] !== sign) return false
    this.#next += 1
    return true
  }

  #expect(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#bad()
  }

  #bad(): NaiveFault {
    return new NaiveFault('invalid_argument', this.#at)
  }
}
