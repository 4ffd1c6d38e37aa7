import { limits } from '../limits.ts'
import type { Value } from '../value.ts'
import { isList, isMap } from '../values.ts'
import type { Call } from './call.ts'
import { formatFloat } from './number-text.ts'
import { type Meter, weights } from './weights.ts'

/** A value as JSON text, without white space. Throws a Fault if it is too long or nested too deep. */
export function writeJson(value: Value, call: Call): string {
  const writer = new JsonWriter(call)
  writer.value(value, 0)
  return writer.text()
}

/** Stops as soon as the text is too long: lists that share their elements may be long beyond measure. */
class JsonWriter {
  readonly #call: Call
  readonly #meter: Meter
  readonly #parts: string[] = []
  #bytes = 0

  constructor(call: Call) {
    this.#call = call
    this.#meter = call.meter()
  }

  text(): string {
    this.#call.weigh(this.#bytes)
    return this.#parts.join('')
  }

  value(value: Value, depth: number): void {
    if (depth > limits.valueNestingMax) throw this.#call.tooDeep()
    this.#meter.add(weights.jsonWritten)
    if (value === null) return this.#ascii('null')
    switch (typeof value) {
      case 'boolean':
      case 'bigint':
        return this.#ascii(String(value))
      case 'number':
        this.#meter.add(weights.jsonPart)
        return this.#ascii(formatFloat(value))
      case 'string':
        return this.#string(value)
      default:
    }
    if (value instanceof Uint8Array) this.#base64(value)
    else if (isList(value)) this.#list(value, depth)
    else if (isMap(value)) this.#map(value, depth)
  }

  #list(list: readonly Value[], depth: number): void {
    this.#ascii('[')
    let isFirst = true
    for (const element of list) {
      if (!isFirst) this.#ascii(',')
      isFirst = false
      this.value(element, depth + 1)
    }
    this.#ascii(']')
  }

  #map(map: ReadonlyMap<string, Value>, depth: number): void {
    this.#ascii('{')
    let isFirst = true
    for (const [key, item] of map) {
      if (!isFirst) this.#ascii(',')
      isFirst = false
      this.#string(key)
      this.#ascii(':')
      this.value(item, depth + 1)
    }
    this.#ascii('}')
  }

  #string(text: string): void {
    // Escapes are longer, and take longer, than what they stand for.
    this.#meter.add(weights.jsonPart + text.length * weights.escaped)
    this.#check(text.length)
    const json = JSON.stringify(text)
    this.#add(json, Buffer.byteLength(json))
  }

  #base64(bytes: Uint8Array): void {
    const size = Math.ceil(bytes.byteLength / 3) * 4
    this.#meter.add(weights.jsonPart + size)
    this.#check(size)
    this.#ascii('{"$bytes":"')
    this.#ascii(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'))
    this.#ascii('"}')
  }

  #ascii(part: string): void {
    this.#add(part, part.length)
  }

  #add(part: string, bytes: number): void {
    this.#check(bytes)
    this.#bytes += bytes
    this.#parts.push(part)
  }

  #check(bytes: number): void {
    const total = this.#bytes + bytes
    if (total > limits.valueBytesMax) throw this.#call.tooManyBytes(total)
  }
}
