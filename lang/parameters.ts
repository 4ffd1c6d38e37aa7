import type { Facts } from './check.ts'
import { exceeded, Fault } from './errors.ts'
import { keyProblem } from './keys.ts'
import { limits } from './limits.ts'
import { isWellFormed } from './text.ts'
import type { Value } from './value.ts'
import { compareKeys, isList, isMap, valueBytes } from './values.ts'

/**
 * The parameters as a program may see them, once it is certain that they are those that its text names, that they are
 * values of the language, and that those used as keys are valid keys. Throws a Fault, before anything has run.
 */
export function checkParameters(given: ReadonlyMap<string, Value>, facts: Facts): ReadonlyMap<string, Value> {
  for (const [name, at] of facts.parameters) {
    if (!given.has(name)) throw new Fault('missing_parameter', `the parameter $${name} is not given`, at)
  }
  let bytes = 0
  let checked = given
  for (const [name, value] of given) {
    if (!facts.parameters.has(name)) {
      throw new Fault('unknown_parameter', `the program names no parameter $${name}`, undefined)
    }
    const canonical = canonicalValue(value, `the parameter $${name}`, 0)
    if (!Object.is(canonical, value)) checked = new Map(checked).set(name, canonical)
    bytes += valueBytes(canonical)
  }
  if (bytes > limits.parametersBytesMax) {
    throw exceeded('parametersBytesMax', `parameters of ${bytes} bytes`, bytes, undefined)
  }
  for (const [name, at] of facts.keyParameters) {
    const problem = keyProblem(checked.get(name) ?? null)
    if (problem !== undefined) throw new Fault('invalid_key', `the parameter $${name} is a key, which ${problem}`, at)
  }
  return checked
}

/**
 * The value itself, or where it is not in the form that all others have (a negative zero, a map out of order), one that
 * is. Throws a Fault on what is no value of the language, whatever the types say: callers without them exist.
 */
function canonicalValue(value: Value, what: string, depth: number): Value {
  if (depth > limits.valueNestingMax) throw exceeded('valueNestingMax', `the nesting of ${what}`, depth, undefined)
  if (value === null) return value
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      if (isWellFormed(value)) return value
      throw invalid(`${what} contains half of a surrogate pair, which is no character`)
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value
      throw invalid(`${what} contains an int beyond 64 bits`)
    case 'number':
      // Adding zero turns negative zero into zero.
      if (Number.isFinite(value)) return Object.is(value, -0) ? 0 : value
      throw invalid(`${what} contains a float that is not finite`)
    case 'object':
      if (value instanceof Uint8Array) return value
      if (isList(value)) return canonicalList(value, what, depth)
      if (isMap(value)) return canonicalMap(value, what, depth)
      break
  }
  throw invalid(`${what} is, or contains, what is no value of the language`)
}

function canonicalList(list: readonly Value[], what: string, depth: number): readonly Value[] {
  checkElements(list.length, what)
  // Holes of a sparse array are visited too, and refused.
  const canonical = Array.from(list, (element) => canonicalValue(element, what, depth + 1))
  return canonical.every((element, index) => Object.is(element, list[index])) ? list : canonical
}

function canonicalMap(map: ReadonlyMap<string, Value>, what: string, depth: number): ReadonlyMap<string, Value> {
  checkElements(map.size, what)
  const entries: [string, Value][] = []
  let isCanonical = true
  let last: string | undefined
  for (const [key, item] of map) {
    if (typeof key !== 'string') throw invalid(`${what} contains a map with a key that is no string`)
    canonicalValue(key, what, depth)
    if (last !== undefined && compareKeys(last, key) > 0) isCanonical = false
    last = key
    const canonical = canonicalValue(item, what, depth + 1)
    if (!Object.is(canonical, item)) isCanonical = false
    entries.push([key, canonical])
  }
  return isCanonical ? map : new Map(entries.sort(([a], [b]) => compareKeys(a, b)))
}

function checkElements(count: number, what: string): void {
  if (count > limits.elementsMax) throw exceeded('elementsMax', `${what} with ${count} elements`, count, undefined)
}

function invalid(sentence: string): Fault {
  return new Fault('invalid_argument', sentence, undefined)
}
