import type { Value } from '../value.ts'
import { isList, isMap } from '../values.ts'
import { type Call, define } from './call.ts'
import { characterCount, unitFromEnd, unitFromStart } from './characters.ts'
import { Search } from './search.ts'
import { weights } from './weights.ts'

const len = define('len(x)', 'how many characters, bytes, elements or entries x has', [1, 1], ([x = null], call) => {
  if (typeof x === 'string') {
    call.weigh(x.length)
    return BigInt(characterCount(x))
  }
  if (x instanceof Uint8Array) return BigInt(x.byteLength)
  if (isList(x)) return BigInt(x.length)
  if (isMap(x)) return BigInt(x.size)
  throw call.wrongType('x', 'a string, bytes, list or map', x, '[]')
})

const contains = define(
  'contains(x, y)',
  'whether the string x contains y, the list x has an element equal to y, or the map x has the key y',
  [2, 2],
  ([x = null, y = null], call) => {
    if (typeof x === 'string') return containsText(x, call.string(y, 'y'), call)
    if (isList(x)) return containsElement(x, y, call)
    if (isMap(x)) return x.has(call.string(y, 'y'))
    throw call.wrongType('x', 'a string, list or map', x, '[]')
  },
)

const slice = define(
  'slice(x, from, to?)',
  'the part of a string, bytes or list from one index up to, without, the other; negative ones count from the end',
  [2, 3],
  ([x = null, from = null, to], call) => {
    const isSequence = typeof x === 'string' || x instanceof Uint8Array || isList(x)
    if (!isSequence) throw call.wrongType('x', 'a string, bytes or list', x, '[]')
    const first = call.int(from, 'from')
    const end = to === undefined ? undefined : call.int(to, 'to')
    if (typeof x === 'string') return sliceString(x, first, end, call)
    const [start, stop] = [offsetOf(first, x.length), end === undefined ? x.length : offsetOf(end, x.length)]
    const length = Math.max(stop - start, 0)
    if (isList(x)) {
      call.buildElements(length, weights.element)
      return x.slice(start, stop)
    }
    // A copy: a part of the same memory would keep the whole.
    call.build(length)
    const part = new Uint8Array(length)
    part.set(x.subarray(start, start + length))
    return part
  },
)

export const sequences = [len, contains, slice]

function containsText(text: string, pattern: string, call: Call): boolean {
  if (pattern === '') return true
  if (pattern.length > text.length) return false
  call.weigh((text.length + pattern.length) * weights.searched)
  return Search.of(text, pattern).next(0) !== -1
}

function containsElement(list: readonly Value[], value: Value, call: Call): boolean {
  const meter = call.meter()
  for (const element of list) {
    meter.add(weights.visit)
    if (call.equal(element, value)) return true
  }
  return false
}

/** Only the characters between the end that an index counts from and its place are looked at. */
function sliceString(text: string, from: bigint, to: bigint | undefined, call: Call): string {
  const start = unitOf(text, from, call)
  const stop = to === undefined ? text.length : unitOf(text, to, call)
  if (stop <= start) return ''
  call.build(stop - start)
  return text.slice(start, stop)
}

function unitOf(text: string, index: bigint, call: Call): number {
  const count = distance(index, text.length)
  // A character takes at most two units.
  call.weigh(Math.min(count * 2, text.length))
  return index < 0n ? unitFromEnd(text, count) : unitFromStart(text, count)
}

function offsetOf(index: bigint, length: number): number {
  const count = distance(index, length)
  return index < 0n ? length - count : count
}

/** How far an index is from the end that it counts from, at most `length`. */
function distance(index: bigint, length: number): number {
  const count = index < 0n ? -index : index
  return count < BigInt(length) ? Number(count) : length
}
