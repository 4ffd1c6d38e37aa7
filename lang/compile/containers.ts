import { compareStrings } from '../compare.ts'
import { Fault } from '../errors.ts'
import { costs } from '../limits.ts'
import { elements, shown } from '../shown.ts'
import type { Value } from '../value.ts'
import { isList, isMap, type Spend, spendBytes, typeName } from '../values.ts'
import type { Evaluate } from './evaluate.ts'

/** An entry of a map literal; `at`: where its key begins. */
export interface Entry {
  readonly key: Evaluate
  readonly value: Evaluate
  readonly at: number
}

/** What follows a value: an index or the name of a member, at a token. */
export type Access =
  | { readonly type: 'index'; readonly index: Evaluate; readonly at: number }
  | { readonly type: 'member'; readonly name: string; readonly at: number }

/** `[item, …]`. */
export function listOf(items: readonly Evaluate[], at: number): Evaluate {
  const cost = items.length * costs.step
  return (frame) => {
    const list = items.map((item) => item(frame))
    frame.step(at)
    frame.spend(cost)
    return list
  }
}

/** `{key: value, …}`: keys and values are evaluated in the order of the text. */
export function mapOf(entries: readonly Entry[], at: number): Evaluate {
  const cost = entries.length * costs.step
  return (frame) => {
    const found: Found[] = []
    for (const { key, value, at: keyAt } of entries) {
      const name = key(frame)
      if (typeof name !== 'string') {
        throw new Fault('type_error', `a key of a map must be a string, not ${typeName(name)}`, keyAt)
      }
      found.push({ key: name, value: value(frame), at: keyAt })
    }
    frame.step(at)
    frame.spend(cost)
    return ordered(found, frame.spend)
  }
}

interface Found {
  readonly key: string
  readonly value: Value
  readonly at: number
}

function ordered(entries: Found[], spend: Spend): ReadonlyMap<string, Value> {
  const map = new Map<string, Value>()
  // Sorting is stable: of two entries with one key, the second in the text comes second.
  const weigh = (weight: number) => spendBytes(weight, spend)
  for (const { key, value, at } of entries.sort((a, b) => compareStrings(a.key, b.key, weigh))) {
    if (map.has(key)) throw new Fault('invalid_argument', `this map has the key "${shown(key)}" twice`, at)
    map.set(key, value)
  }
  return map
}

/** `target[index].name…`, from the left. */
export function path(target: Evaluate, accesses: readonly Access[]): Evaluate {
  return (frame) => {
    let value = target(frame)
    for (const access of accesses) {
      const { at } = access
      if (access.type === 'index') {
        const index = access.index(frame)
        frame.step(at)
        value = elementOf(value, index, at)
      } else {
        frame.step(at)
        value = memberOf(value, access.name, at)
      }
    }
    return value
  }
}

function elementOf(target: Value, index: Value, at: number): Value {
  if (isList(target)) {
    if (typeof index === 'bigint') return elementAt(target, index, at)
    const advice = typeof index === 'number' ? '; write int(x)' : ''
    throw new Fault('type_error', `a list is indexed by an int, not ${typeName(index)}${advice}`, at)
  }
  if (isMap(target)) {
    if (typeof index === 'string') return target.get(index) ?? null
    const advice = typeof index === 'bigint' ? '; write str(n)' : ''
    throw new Fault('type_error', `a map is indexed by a string, not ${typeName(index)}${advice}`, at)
  }
  throw new Fault('type_error', `${typeName(target)} cannot be indexed${adviceToIndex(target)}`, at)
}

function elementAt(list: readonly Value[], index: bigint, at: number): Value {
  const element = index < 0n ? undefined : list[Number(index)]
  if (element !== undefined) return element
  const bounds =
    list.length === 0 ? 'the list is empty' : `the list has ${elements(list.length)}, the last at ${list.length - 1}`
  throw new Fault('invalid_argument', `the index ${index} is out of range: ${bounds}`, at)
}

function memberOf(target: Value, name: string, at: number): Value {
  if (isMap(target)) return target.get(name) ?? null
  throw new Fault('type_error', `${typeName(target)} has no member ${shown(name)}${adviceOnMember(target, name)}`, at)
}

function adviceOnMember(target: Value, name: string): string {
  const hasLength = typeof target === 'string' || target instanceof Uint8Array || isList(target)
  if (hasLength && LENGTHS.has(name.toLowerCase())) return '; write len(x)'
  return isList(target) ? '; its elements are x[0], x[1], …' : adviceToIndex(target)
}

function adviceToIndex(target: Value): string {
  if (target === null) return '; write (a ?? {}) or (a ?? []) where a may be absent'
  if (typeof target === 'string') return '; write slice(s, from, to) for a part of it'
  return target instanceof Uint8Array ? '; write slice(b, from, to) for a part of it' : ''
}

/** What other languages call the length. */
const LENGTHS: ReadonlySet<string> = new Set(['length', 'len', 'size', 'count'])
