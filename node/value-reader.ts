import type { Value } from '../lang/index.ts'
import { type Limit, limits } from '../lang/limits.ts'
import { compareKeys } from '../lang/values.ts'
import type { WireReader } from '../proto/reader.ts'
import { BOOL, BYTES, FLOAT, INT, ITEM, KEY, LIST, MAP, NULL, STRING, VALUE } from './value-tags.ts'
import { finite } from './values.ts'

type ParameterLimit = Extract<Limit, 'parametersBytesMax' | 'valueNestingMax' | 'elementsMax'>

/** A value is beyond one of the language's limits; `asked`: how far it had been counted. */
export class BeyondLimit extends Error {
  override readonly name = 'BeyondLimit'
  readonly limit: ParameterLimit
  readonly asked: number

  constructor(limit: ParameterLimit, asked: number) {
    super(`${asked} or more is beyond ${limit}`)
    this.limit = limit
    this.asked = asked
  }
}

/**
 * Makes values of the language from their encoding (`decree.v1.Value`), as the generated decoder and `decodeValue` do
 * together, but several times faster, and within the language's limits: reading ends as soon as a value is too deep or has
 * too many elements, or all that it has read is too large by the language's own count (`valueBytes`). A frame can otherwise
 * stand for millions of empty lists.
 */
export class ValueReader {
  readonly #reader: WireReader
  readonly #bytesMax: number
  #spent = 0

  /** `bytesMax`: of all values together. */
  constructor(reader: WireReader, bytesMax: number = limits.parametersBytesMax) {
    this.#reader = reader
    this.#bytesMax = bytesMax
  }

  /**
   * The value from the reader's place to `end`. Bytes are copies; maps come in key order. Throws BeyondLimit; an Error
   * on a value without a kind, a float that is not finite, a key that occurs twice in a map, and on what is malformed.
   */
  value(end: number): Value {
    return this.#value(end, 0)
  }

  #value(end: number, depth: number): Value {
    const reader = this.#reader
    let value: Value | undefined
    while (reader.pos < end) {
      const tag = reader.uint32()
      // The last kind counts, as in every decoder of protobuf.
      switch (tag) {
        case NULL:
          reader.bool()
          this.#spend(2)
          value = null
          break
        case BOOL:
          this.#spend(2)
          value = reader.bool()
          break
        case INT:
          this.#spend(11)
          value = BigInt(reader.sint64())
          break
        case FLOAT:
          this.#spend(9)
          // Adding zero turns negative zero into zero.
          value = finite(reader.double()) + 0
          break
        case STRING:
          value = this.#string(end)
          break
        case BYTES:
          value = this.#copy(reader.partEnd(end))
          break
        case LIST:
          value = this.#list(reader.partEnd(end), depth)
          break
        case MAP:
          value = this.#map(reader.partEnd(end), depth)
          break
        default:
          reader.pass(tag, end)
      }
    }
    reader.ends(end)
    if (value === undefined) throw new Error('a value without a kind')
    return value
  }

  #list(end: number, depth: number): readonly Value[] {
    this.#spend(FIELD_BYTES)
    const reader = this.#reader
    if (reader.pos === end) return NO_ITEMS
    checkDepth(depth)
    const items: Value[] = []
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === ITEM) {
        this.#spend(FIELD_BYTES)
        checkElements(items.length)
        items.push(this.#value(reader.partEnd(end), depth + 1))
      } else reader.pass(tag, end)
    }
    reader.ends(end)
    return items
  }

  #map(end: number, depth: number): ReadonlyMap<string, Value> {
    this.#spend(FIELD_BYTES)
    const reader = this.#reader
    if (reader.pos === end) return NO_PAIRS
    checkDepth(depth)
    const map = new Map<string, Value>()
    let last: string | undefined
    let isOrdered = true
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag !== ITEM) {
        reader.pass(tag, end)
        continue
      }
      checkElements(map.size)
      const [key, value] = this.#pair(reader.partEnd(end), depth)
      isOrdered &&= last === undefined || compareKeys(last, key) < 0
      if (!isOrdered && map.has(key)) throw new Error(`a map with the key ${quoted(key)} twice`)
      last = key
      map.set(key, value)
    }
    reader.ends(end)
    return isOrdered ? map : new Map([...map].sort(([a], [b]) => compareKeys(a, b)))
  }

  #pair(end: number, depth: number): readonly [string, Value] {
    const reader = this.#reader
    this.#spend(2 * FIELD_BYTES)
    let key = ''
    let value: Value | undefined
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === KEY) key = this.#string(end)
      else if (tag === VALUE) value = this.#value(reader.partEnd(end), depth + 1)
      else reader.pass(tag, end)
    }
    reader.ends(end)
    if (value === undefined) throw new Error(`a map without a value for the key ${quoted(key)}`)
    return [key, value]
  }

  #string(end: number): string {
    const reader = this.#reader
    const start = reader.pos
    const length = reader.partEnd(end) - reader.pos
    this.#spend(FIELD_BYTES + length)
    reader.pos = start
    return reader.string()
  }

  /** A copy: what the frame is does not stay in memory for it. Small ones share a buffer, because each costs as much as its bytes. */
  #copy(end: number): Uint8Array {
    const reader = this.#reader
    const length = end - reader.pos
    this.#spend(FIELD_BYTES + length)
    const start = reader.pos
    reader.pos = end
    if (length === 0) return NO_BYTES
    const { source } = reader
    if (length > SHARED_BYTES / 8) return source.slice(start, end)
    if (sharedAt + length > SHARED_BYTES) {
      shared = new Uint8Array(SHARED_BYTES)
      sharedAt = 0
    }
    const at = sharedAt
    sharedAt += length
    for (let index = 0; index < length; index++) shared[at + index] = source[start + index] ?? 0
    return new Uint8Array(shared.buffer, at, length)
  }

  #spend(bytes: number): void {
    this.#spent += bytes
    if (this.#spent > this.#bytesMax) throw new BeyondLimit('parametersBytesMax', this.#spent)
  }
}

/** A name or key as an error of this place shows it. */
export function quoted(name: string): string {
  return JSON.stringify(shortened(name))
}

export function shortened(name: string): string {
  return name.length > SHOWN_UNITS_MAX ? `${name.slice(0, SHOWN_UNITS_MAX).toWellFormed()}…` : name
}

/** `before`: elements that the list or map has already. */
function checkElements(before: number): void {
  if (before >= limits.elementsMax) throw new BeyondLimit('elementsMax', before + 1)
}

/** `depth`: lists and maps around one that is not empty. */
function checkDepth(depth: number): void {
  if (depth >= limits.valueNestingMax) throw new BeyondLimit('valueNestingMax', depth + 1)
}

/** Tag and length of a part, as the language counts them. */
const FIELD_BYTES = 6

/** Values are never changed: all that are empty can be one. */
const NO_ITEMS: readonly Value[] = []
const NO_PAIRS: ReadonlyMap<string, Value> = new Map()
const NO_BYTES = new Uint8Array(0)

const SHARED_BYTES = 8_192
let shared = new Uint8Array(SHARED_BYTES)
let sharedAt = 0

const SHOWN_UNITS_MAX = 100
