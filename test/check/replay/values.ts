import { compareKeys, type Value } from '../../../lang/index.ts'
import { isObject, type Json } from '../json.ts'

/** The language's value that a history's JSON stands for: integers are ints, other numbers floats. */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json
  if (typeof json !== 'object' || json === null) return json
  if (isList(json)) return json.map(fromJson)
  const special = specialOf(json)
  if (special !== undefined) return special
  const pairs = Object.entries(json).sort(([a], [b]) => compareKeys(a, b))
  return new Map(pairs.map(([name, inner]) => [name, fromJson(inner)]))
}

/** Whether a history's JSON tells this value. A JSON integer is also told by a float that is whole. */
export function isToldBy(value: Value, json: Json | undefined): boolean {
  if (json === undefined) return false
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value === json
  if (typeof value === 'bigint' || typeof value === 'number') {
    if (typeof json === 'number') {
      return typeof value === 'number' ? value === json : Number.isInteger(json) && BigInt(json) === value
    }
    return isObject(json) && specialOf(json) === value
  }
  if (value instanceof Uint8Array) {
    const special = isObject(json) ? specialOf(json) : undefined
    return special instanceof Uint8Array && Buffer.compare(value, special) === 0
  }
  if (value instanceof Map) {
    if (!isObject(json) || Object.keys(json).length !== value.size) return false
    for (const [name, inner] of value) if (!Object.hasOwn(json, name) || !isToldBy(inner, json[name])) return false
    return true
  }
  if (!isValues(value) || !Array.isArray(json) || json.length !== value.length) return false
  return value.every((inner, index) => isToldBy(inner, json[index]))
}

/** A value as a history tells it. */
export function toJson(value: Value): Json {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : { $int: String(value) }
  }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [name, toJson(inner)]))
  return isValues(value) ? value.map(toJson) : (value as Json)
}

function specialOf(json: Readonly<Record<string, Json>>): bigint | number | Uint8Array | undefined {
  const [pair, second] = Object.entries(json)
  if (pair === undefined || second !== undefined) return undefined
  const [name, content] = pair
  if (name === '$int' && typeof content === 'string' && /^-?\d+$/.test(content)) return BigInt(content)
  if (name === '$float' && typeof content === 'number') return content
  if (name === '$bytes' && typeof content === 'string') return Uint8Array.from(Buffer.from(content, 'base64'))
  return undefined
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json)
}

function isValues(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
