import { compareStrings } from '../compare.ts'
import type { Fault } from '../errors.ts'
import { limits } from '../limits.ts'
import { isWellFormed } from '../text.ts'
import type { Value } from '../value.ts'
import { compareKeys } from '../values.ts'
import type { Call } from './call.ts'
import { characterCount, quoted, unitsOf } from './characters.ts'
import { floatOf, intOf, scanNumber } from './number-text.ts'
import { entriesWeight, type Meter, weights } from './weights.ts'

/** The value of a JSON text. Throws a Fault that tells the offset, in characters from 0, and what is there. */
export function readJson(text: string, call: Call): Value {
  call.weigh(text.length * 2)
  return new JsonReader(text, call).document()
}

/** JSON.parse would round long ints, forget which numbers had a point, and take the last of equal keys. */
class JsonReader {
  readonly #text: string
  readonly #units: Uint16Array
  readonly #call: Call
  readonly #meter: Meter
  /** In UTF-16 units. */
  #at = 0

  constructor(text: string, call: Call) {
    this.#text = text
    this.#units = unitsOf(text)
    this.#call = call
    this.#meter = call.meter()
  }

  document(): Value {
    const value = this.#value(0)
    if (this.#next() !== undefined) throw this.#unexpected('the end of the text')
    return value
  }

  /** `depth`: how many lists and objects are around it. */
  #value(depth: number): Value {
    this.#meter.add(weights.jsonRead)
    switch (this.#next()) {
      case QUOTE:
        return this.#string()
      case LIST_START:
        return this.#list(depth)
      case OBJECT_START:
        return this.#object(depth)
      case T:
        return this.#word('true', true)
      case F:
        return this.#word('false', false)
      case N:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  /** The unit behind white space; undefined at the end. */
  #next(): number | undefined {
    for (;;) {
      const unit = this.#units[this.#at]
      if (unit !== SPACE && unit !== LINE_FEED && unit !== RETURN && unit !== TAB) return unit
      this.#at += 1
    }
  }

  #word<T extends Value>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected('a value')
    this.#at += word.length
    return value
  }

  #number(): bigint | number {
    const start = this.#at
    const scanned = scanNumber(this.#units, start)
    if (scanned === undefined) throw this.#unexpected('a value')
    const digits = this.#text.slice(start, scanned.end)
    const number = scanned.isFloat ? floatOf(digits) : intOf(digits)
    if (number === 'overflow') {
      const type = scanned.isFloat ? 'float' : 'int, 64 bits'
      throw this.#call.overflow(`at offset ${this.#offset()}, ${quoted(digits)} is beyond the range of ${type}`)
    }
    this.#at = scanned.end
    return number
  }

  #list(depth: number): readonly Value[] {
    this.#open(depth)
    const elements: Value[] = []
    if (this.#next() === LIST_END) {
      this.#at += 1
      return elements
    }
    for (;;) {
      this.#checkCount(elements.length + 1)
      elements.push(this.#value(depth + 1))
      const sign = this.#next()
      if (sign !== COMMA && sign !== LIST_END) throw this.#unexpected('"," or "]"')
      this.#at += 1
      if (sign === LIST_END) break
    }
    this.#checkDepth(depth + 1)
    return elements
  }

  #object(depth: number): ReadonlyMap<string, Value> | Uint8Array {
    const start = this.#at
    this.#open(depth)
    this.#meter.add(weights.jsonMap)
    const map = new Map<string, Value>()
    if (this.#next() === OBJECT_END) {
      this.#at += 1
      return map
    }
    let isOrdered = true
    let last = ''
    for (;;) {
      this.#checkCount(map.size + 1)
      const key = this.#key(map)
      isOrdered &&= compareKeys(last, key) <= 0
      last = key
      map.set(key, this.#value(depth + 1))
      const sign = this.#next()
      if (sign !== COMMA && sign !== OBJECT_END) throw this.#unexpected('"," or "}"')
      this.#at += 1
      if (sign === OBJECT_END) break
    }
    const base64 = map.size === 1 ? map.get('$bytes') : undefined
    if (typeof base64 === 'string') return this.#bytes(base64, start)
    this.#checkDepth(depth + 1)
    return isOrdered ? map : this.#ordered(map)
  }

  #key(map: ReadonlyMap<string, Value>): string {
    if (this.#next() !== QUOTE) throw this.#unexpected('a key in quotes')
    this.#meter.add(weights.jsonKey)
    const start = this.#at
    const key = this.#string()
    if (map.has(key)) throw this.#invalid(`the key ${quoted(key)} is in this object already`, start)
    if (this.#next() !== COLON) throw this.#unexpected('":"')
    this.#at += 1
    return key
  }

  #ordered(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
    this.#meter.add(entriesWeight(map.size))
    const weigh = (weight: number) => this.#meter.add(weight)
    return new Map([...map].sort(([a], [b]) => compareStrings(a, b, weigh)))
  }

  /** Only what `text` writes is read: other characters in it, or other padding, are a mistake to be told. */
  #bytes(base64: string, start: number): Uint8Array {
    this.#meter.add(base64.length * 2)
    const bytes = Buffer.from(base64, 'base64')
    if (bytes.toString('base64') !== base64) throw this.#invalid('"$bytes" is followed by no base64', start)
    return new Uint8Array(bytes)
  }

  /** The string whose opening quote is here. */
  #string(): string {
    const [units, start] = [this.#units, this.#at]
    let hasEscapes = false
    let at = start + 1
    for (;;) {
      const unit = units[at]
      if (unit === QUOTE) break
      if (unit === BACKSLASH) {
        hasEscapes = true
        at += this.#escapeLength(at)
      } else if (unit === undefined || unit < SPACE) {
        this.#at = at
        throw this.#unexpected(unit === undefined ? 'a closing quote' : 'an escape')
      } else at += 1
    }
    this.#at = at + 1
    if (!hasEscapes) return this.#text.slice(start + 1, at)
    this.#meter.add((at - start) * weights.escaped)
    const text: string = JSON.parse(this.#text.slice(start, at + 1))
    if (isWellFormed(text)) return text
    throw this.#invalid('an escape in this string is half of a surrogate pair, which is no character', start)
  }

  #escapeLength(at: number): number {
    const unit = this.#units[at + 1]
    if (unit !== undefined && SHORT_ESCAPES.has(unit)) return 2
    if (unit === U && this.#areHexDigits(at + 2, at + 6)) return 6
    throw this.#invalid('this is no escape of JSON', at)
  }

  #areHexDigits(start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const unit = this.#units[at] ?? 0
      const isDigit = unit >= 0x30 && unit <= 0x39
      // Letters differ by this bit from their other case.
      const letter = unit | 0x20
      if (!isDigit && !(letter >= 0x61 && letter <= 0x66)) return false
    }
    return true
  }

  #open(depth: number): void {
    this.#checkDepth(depth)
    this.#at += 1
  }

  #checkDepth(depth: number): void {
    if (depth > limits.valueNestingMax) throw this.#call.tooDeep()
  }

  #checkCount(count: number): void {
    if (count > limits.elementsMax) throw this.#call.tooManyElements(count)
  }

  #unexpected(expected: string): Fault {
    const code = this.#text.codePointAt(this.#at)
    const found = code === undefined ? 'the end of the text' : quoted(String.fromCodePoint(code))
    return this.#invalid(`expected ${expected}, found ${found}`, this.#at)
  }

  #invalid(sentence: string, unit: number): Fault {
    this.#at = unit
    return this.#call.invalid(`at offset ${this.#offset()}, ${sentence}`)
  }

  #offset(): number {
    return characterCount(this.#text.slice(0, this.#at))
  }
}

const TAB = 0x09
const LINE_FEED = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const LIST_START = 0x5b
const BACKSLASH = 0x5c
const LIST_END = 0x5d
const F = 0x66
const N = 0x6e
const T = 0x74
const U = 0x75
const OBJECT_START = 0x7b
const OBJECT_END = 0x7d
const SHORT_ESCAPES: ReadonlySet<number> = new Set(unitsOf('"\\/bfnrt'))
