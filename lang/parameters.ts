import type { Facts } from './check.ts'
import { exceeded, Fault } from './errors.ts'
import { keyProblem, prefixProblem } from './keys.ts'
import { limits } from './limits.ts'
import { shown, shownNames } from './shown.ts'
import { nearestName } from './suggestion.ts'
import { isWellFormed } from './text.ts'
import type { Value } from './value.ts'
import { compareKeys, isList, isMap, tooDeep, valueBytes } from './values.ts'

/**
 * The parameters as a program may see them, once it is certain that they are those that its text names, that they are
 * values of the language, and that those used as keys are valid keys. Throws a Fault, before anything has run.
 */
export function checkParameters(given: ReadonlyMap<string, Value>, facts: Facts): ReadonlyMap<string, Value> {
  checkNames(given, facts)
  let bytes = 0
  let checked = given
  for (const [name, value] of given) {
    bytes += valueBytes(value, limits.parametersBytesMax - bytes)
    // What is larger is not looked at: its parts may be shared, so that there are more of them than memory holds.
    if (bytes > limits.parametersBytesMax) throw tooLarge(bytes, name)
    const canonical = canonicalValue(value, name, 0)
    if (!Object.is(canonical, value)) checked = new Map(checked).set(name, canonical)
  }
  for (const [name, at] of facts.keyParameters) {
    const problem = keyProblem(checked.get(name) ?? null)
    if (problem !== undefined) throw invalidKey(`${shown(name)} is a key, which ${problem}`, at)
  }
  for (const [name, at] of facts.prefixParameters) {
    const problem = prefixProblem(checked.get(name) ?? null)
    if (problem !== undefined) throw invalidKey(`${shown(name)} is the prefix of a scan, which ${problem}`, at)
  }
  return checked
}

/** That the parameters are those that the text names, and no others. Throws a Fault. */
export function checkNames(given: ReadonlyMap<string, Value>, { parameters }: Facts): void {
  for (const [name, at] of parameters) if (!given.has(name)) throw missing(name, at, given, parameters)
  if (given.size === parameters.size) return
  for (const name of given.keys()) if (!parameters.has(name)) throw unknown(name, parameters)
}

function missing(
  name: string,
  at: number,
  given: ReadonlyMap<string, Value>,
  named: ReadonlyMap<string, number>,
): Fault {
  const others = [...given.keys()].filter((other) => !named.has(other))
  const near = nearestName(name, others)
  const told = near === undefined ? others : [near]
  const verb = told.length === 1 ? 'was' : 'were'
  const advice = told.length === 0 ? '' : `; ${dollars(told)} ${verb} given, which the program does not name`
  return new Fault('missing_parameter', `the parameter $${shown(name)} is not given${advice}`, at)
}

function unknown(name: string, parameters: ReadonlyMap<string, number>): Fault {
  const near = nearestName(name, parameters.keys())
  const known = near === undefined ? [...parameters.keys()] : [near]
  const advice = known.length === 0 ? '; it names none' : `; it names ${dollars(known)}`
  return new Fault('unknown_parameter', `the program names no parameter $${shown(name)}${advice}`, undefined)
}

function dollars(names: readonly string[]): string {
  return shownNames(names.map((name) => `$${name}`))
}

/**
 * The value itself, or where it is not in the form that all others have (a negative zero, a map out of order), one that
 * is. Throws a Fault on what is no value of the language, whatever the types say: callers without them exist.
 */
function canonicalValue(value: Value, name: string, depth: number): Value {
  if (depth > limits.valueNestingMax) throw tooDeep(named(name), undefined)
  if (value === null) return value
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      if (isWellFormed(value)) return value
      throw invalid(`${named(name)} contains half of a surrogate pair, which is no character`)
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value
      throw invalid(`${named(name)} contains an int beyond 64 bits`)
    case 'number':
      // Adding zero turns negative zero into zero.
      if (Number.isFinite(value)) return Object.is(value, -0) ? 0 : value
      throw invalid(`${named(name)} contains a float that is not finite`)
    case 'object':
      if (value instanceof Uint8Array) return value
      if (isList(value)) return canonicalList(value, name, depth)
      if (isMap(value)) return canonicalMap(value, name, depth)
      break
  }
  throw invalid(`${named(name)} is, or contains, what is no value of the language`)
}

function canonicalList(list: readonly Value[], name: string, depth: number): readonly Value[] {
  checkElements(list.length, name)
  let changed: Value[] | undefined
  // By index: holes of a sparse array are visited too, and refused.
  for (let index = 0; index < list.length; index++) {
    const element = list[index] as Value
    const canonical = canonicalValue(element, name, depth + 1)
    if (Object.is(canonical, element)) continue
    changed ??= list.slice()
    changed[index] = canonical
  }
  return changed ?? list
}

function canonicalMap(map: ReadonlyMap<string, Value>, name: string, depth: number): ReadonlyMap<string, Value> {
  checkElements(map.size, name)
  let changed: Map<string, Value> | undefined
  let isOrdered = true
  let last: string | undefined
  for (const [key, item] of map) {
    if (typeof key !== 'string') throw invalid(`${named(name)} contains a map with a key that is no string`)
    canonicalValue(key, name, depth)
    if (last !== undefined && compareKeys(last, key) > 0) isOrdered = false
    last = key
    const canonical = canonicalValue(item, name, depth + 1)
    if (Object.is(canonical, item)) continue
    changed ??= new Map(map)
    changed.set(key, canonical)
  }
  if (isOrdered) return changed ?? map
  return new Map([...(changed ?? map)].sort(([a], [b]) => compareKeys(a, b)))
}

function checkElements(count: number, name: string): void {
  if (count > limits.elementsMax)
    throw exceeded('elementsMax', `${named(name)} with ${count} elements`, count, undefined)
}

function tooLarge(bytes: number, name: string): Fault {
  if (bytes === Number.POSITIVE_INFINITY) return tooDeep(named(name), undefined)
  // Counting has ended at the bound.
  return exceeded('parametersBytesMax', `the size of the parameters, ${bytes} bytes or more,`, bytes, undefined)
}

function named(name: string): string {
  return `the parameter $${shown(name)}`
}

function invalidKey(sentence: string, at: number): Fault {
  return new Fault('invalid_key', `the parameter $${sentence}`, at)
}

function invalid(sentence: string): Fault {
  return new Fault('invalid_argument', sentence, undefined)
}
