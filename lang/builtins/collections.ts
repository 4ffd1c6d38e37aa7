import { elements } from '../shown.ts'
import type { Value } from '../value.ts'
import { compareKeys, isList, isMap } from '../values.ts'
import { type Call, define } from './call.ts'
import { orderOf } from './order.ts'
import { weights } from './weights.ts'

const append = define('append(list, x)', 'the list with x behind it', [2, 2], ([list = null, x = null], call) => {
  const elements = call.list(list, 'list')
  call.buildElements(elements.length + 1, weights.element)
  return [...elements, x]
})

const set = define(
  'set(x, k, v)',
  'the map x with v under the key k, or the list x with v at the index k',
  [3, 3],
  ([x = null, k = null, v = null], call) => {
    if (isMap(x)) return withEntry(x, call.string(k, 'k'), v, call)
    if (isList(x)) return withElement(x, call.int(k, 'k'), v, call)
    throw call.wrongType('x', 'a map or list', x, '{}')
  },
)

const unset = define('unset(map, k)', 'the map without the key k', [2, 2], ([map = null, k = null], call) => {
  const entries = call.map(map, 'map')
  const key = call.string(k, 'k')
  if (!entries.has(key)) return entries
  call.buildEntries(entries.size)
  const rest = new Map(entries)
  rest.delete(key)
  return rest
})

const keys = define('keys(map)', 'the list of its keys, in their order', [1, 1], ([map = null], call) => {
  const entries = call.map(map, 'map')
  call.buildElements(entries.size, weights.taken)
  return [...entries.keys()]
})

const values = define(
  'values(map)',
  'the list of its values, in the order of their keys',
  [1, 1],
  ([map = null], call) => {
    const entries = call.map(map, 'map')
    call.buildElements(entries.size, weights.taken)
    return [...entries.values()]
  },
)

/** What is equal stays in its order. */
const sort = define(
  'sort(list)',
  'the list in ascending order; all numbers, all strings or all bytes',
  [1, 1],
  ([list = null], call) => {
    const elements = call.list(list, 'list')
    call.buildElements(elements.length, weights.visit)
    return sorted(elements, call)
  },
)

export const collections = [append, set, unset, keys, values, sort]

function sorted(list: readonly Value[], call: Call): readonly Value[] {
  const order = orderOf(list, 'the elements', call)
  const comparisons = list.length * Math.ceil(Math.log2(list.length + 1))
  // Where what is equal is the same, the machine sorts, which takes a part of the time.
  if (list.every((element) => typeof element === 'bigint')) {
    call.weigh(comparisons * weights.sortedInt)
    return Array.from(BigInt64Array.from(list).sort())
  }
  if (list.every((element) => typeof element === 'number')) {
    call.weigh(comparisons * weights.sortedInt)
    return Array.from(Float64Array.from(list).sort())
  }
  return [...list].sort(order)
}

function withElement(list: readonly Value[], index: bigint, value: Value, call: Call): readonly Value[] {
  if (index < 0n || index >= BigInt(list.length)) {
    throw call.invalid(`the index ${index} is outside a list of ${elements(list.length)}`)
  }
  call.buildElements(list.length, weights.element)
  return list.with(Number(index), value)
}

function withEntry(map: ReadonlyMap<string, Value>, key: string, value: Value, call: Call): ReadonlyMap<string, Value> {
  const isThere = map.has(key)
  call.buildEntries(isThere ? map.size : map.size + 1)
  if (isThere) return new Map(map).set(key, value)
  const grown = new Map<string, Value>()
  let isBehind = true
  for (const [other, item] of map) {
    if (isBehind && compareKeys(key, other) < 0) {
      grown.set(key, value)
      isBehind = false
    }
    grown.set(other, item)
  }
  return isBehind ? grown.set(key, value) : grown
}
