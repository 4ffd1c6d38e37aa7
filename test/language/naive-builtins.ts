import type { Value } from '../../lang/value.ts'
import { NaiveFault } from './naive-fault.ts'
import { floatText, fromJson, toJson } from './naive-json.ts'
import { areEqual, codePoints, compare, float, int, isNumber, kindOf, type List, mapOf } from './naive-values.ts'

export interface World {
  readonly nowMs: number
  readonly uuid: () => string
}

export interface NaiveBuiltin {
  readonly least: number
  readonly most: number
  readonly call: (args: readonly Value[], at: number, world: World) => Value
}

function string(value: Value | undefined, at: number): string {
  if (typeof value !== 'string') throw new NaiveFault('type_error', at)
  return value
}

function list(value: Value | undefined, at: number): List {
  if (value === undefined || kindOf(value) !== 'list') throw new NaiveFault('type_error', at)
  return value as List
}

function map(value: Value | undefined, at: number): ReadonlyMap<string, Value> {
  if (!(value instanceof Map)) throw new NaiveFault('type_error', at)
  return value
}

function position(value: Value | undefined, at: number): number {
  if (typeof value !== 'bigint') throw new NaiveFault('type_error', at)
  return Number(value)
}

function number(value: Value | undefined, at: number): bigint | number {
  if (value === undefined || !isNumber(value)) throw new NaiveFault('type_error', at)
  return value
}

/** The int that a whole number is. */
function whole(value: number, at: number): bigint {
  return int(BigInt(value), at)
}

function bad(at: number): NaiveFault {
  return new NaiveFault('invalid_argument', at)
}

function wrong(at: number): NaiveFault {
  return new NaiveFault('type_error', at)
}

function textOf(value: Value, at: number): string {
  switch (kindOf(value)) {
    case 'string':
      return value as string
    case 'int':
    case 'bool':
      return `${value}`
    case 'float':
      return floatText(value as number)
    case 'bytes':
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value as Uint8Array)
      } catch {
        throw bad(at)
      }
    default:
      throw wrong(at)
  }
}

const DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/

function toInt(value: Value, at: number): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return whole(Math.trunc(value), at)
  const text = string(value, at)
  if (/^-?(0|[1-9][0-9]*)$/.test(text)) return int(BigInt(text), at)
  if (!DECIMAL.test(text)) throw bad(at)
  return whole(Math.trunc(float(Number(text), at)), at)
}

function toFloat(value: Value, at: number): number {
  if (isNumber(value)) return float(Number(value), at)
  const text = string(value, at)
  if (!DECIMAL.test(text)) throw bad(at)
  return float(Number(text), at)
}

function rounding(round: (value: number) => number): NaiveBuiltin {
  return {
    least: 1,
    most: 1,
    call: ([x], at) => {
      const value = number(x, at)
      return typeof value === 'bigint' ? value : whole(round(value), at)
    },
  }
}

/** Half away from zero; what is beyond 2^52 is whole. */
function halfAway(value: number): number {
  const size = Math.abs(value)
  const below = Math.floor(size)
  const rounded = size - below >= 0.5 ? below + 1 : below
  return value < 0 ? -rounded : rounded
}

function extreme(sign: 1 | -1): NaiveBuiltin {
  return {
    least: 1,
    most: Number.POSITIVE_INFINITY,
    call: (args, at) => {
      const items = args.length === 1 ? list(args[0], at) : args
      let found = items[0]
      if (found === undefined) throw bad(at)
      compare(found, found, at)
      for (const item of items) if (compare(item, found, at) * sign > 0) found = item
      return found
    },
  }
}

/** As far as it consists of ints it is exact, however large it grows on the way. */
function sum(items: List, at: number): Value {
  let total: bigint | number = 0n
  for (const item of items) {
    const next = item === null ? 0n : number(item, at)
    total = typeof total === 'bigint' && typeof next === 'bigint' ? total + next : Number(total) + Number(next)
  }
  return typeof total === 'bigint' ? int(total, at) : float(total, at)
}

function ofString(change: (text: string) => string): NaiveBuiltin {
  return { least: 1, most: 1, call: ([x], at) => change(string(x, at)) }
}

/** How often `part` occurs is what `split` and `replace` agree on: from the left, not overlapping. */
function pieces(text: string, part: string): string[] {
  const found: string[] = []
  let rest = text
  for (let next = rest.indexOf(part); next !== -1; next = rest.indexOf(part)) {
    found.push(rest.slice(0, next))
    rest = rest.slice(next + part.length)
  }
  return [...found, rest]
}

function slice(x: Value, from: number, to: number | undefined, at: number): Value {
  // Array.prototype.slice is half-open, clamps and counts negatives from the end.
  switch (kindOf(x)) {
    case 'string':
      return String.fromCodePoint(...codePoints(x as string).slice(from, to))
    case 'bytes':
      return Uint8Array.from([...(x as Uint8Array)].slice(from, to))
    case 'list':
      return (x as List).slice(from, to)
    default:
      throw wrong(at)
  }
}

function within(items: List, index: Value | undefined, at: number): number {
  const found = position(index, at)
  if (found < 0 || found >= items.length) throw bad(at)
  return found
}

function sort(items: List, at: number): Value {
  const sorted: Value[] = []
  for (const item of items) {
    compare(item, items[0] as Value, at)
    let place = sorted.length
    while (place > 0 && compare(sorted[place - 1] as Value, item, at) > 0) place -= 1
    sorted.splice(place, 0, item)
  }
  return sorted
}

function one(call: (x: Value, at: number) => Value): NaiveBuiltin {
  return { least: 1, most: 1, call: ([x], at) => call(x as Value, at) }
}

function two(call: (x: Value, y: Value, at: number) => Value): NaiveBuiltin {
  return { least: 2, most: 2, call: ([x, y], at) => call(x as Value, y as Value, at) }
}

/** As language.md lists them. */
export const naiveBuiltins: ReadonlyMap<string, NaiveBuiltin> = new Map<string, NaiveBuiltin>([
  [
    'len',
    one((x, at) => {
      if (typeof x === 'string') return BigInt(codePoints(x).length)
      if (x instanceof Uint8Array) return BigInt(x.length)
      if (x instanceof Map) return BigInt(x.size)
      return BigInt(list(x, at).length)
    }),
  ],
  ['str', one(textOf)],
  ['int', one(toInt)],
  ['float', one(toFloat)],
  ['bytes', one((x, at) => Uint8Array.from(Buffer.from(string(x, at), 'utf8')))],
  ['floor', rounding(Math.floor)],
  ['ceil', rounding(Math.ceil)],
  ['round', rounding(halfAway)],
  [
    'abs',
    one((x, at) => {
      const value = number(x, at)
      return typeof value === 'bigint' ? int(value < 0n ? -value : value, at) : Math.abs(value)
    }),
  ],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  ['sum', one((x, at) => sum(list(x, at), at))],
  ['upper', ofString((text) => text.toUpperCase())],
  ['lower', ofString((text) => text.toLowerCase())],
  ['trim', ofString((text) => text.trim())],
  [
    'split',
    two((s, sep, at) => {
      const [text, part] = [string(s, at), string(sep, at)]
      return part === '' ? [...text] : pieces(text, part)
    }),
  ],
  [
    'join',
    two((items, sep, at) => {
      const texts = list(items, at).map((item) => string(item, at))
      return texts.join(string(sep, at))
    }),
  ],
  [
    'contains',
    two((x, y, at) => {
      if (typeof x === 'string') return x.includes(string(y, at))
      if (x instanceof Map) return x.has(string(y, at))
      return list(x, at).some((item) => areEqual(item, y))
    }),
  ],
  ['starts', two((x, y, at) => string(x, at).startsWith(string(y, at)))],
  ['ends', two((x, y, at) => string(x, at).endsWith(string(y, at)))],
  [
    'slice',
    {
      least: 2,
      most: 3,
      call: ([x, from, to], at) => {
        return slice(x as Value, position(from, at), to === undefined ? undefined : position(to, at), at)
      },
    },
  ],
  [
    'replace',
    {
      least: 3,
      most: 3,
      call: ([s, a, b], at) => {
        const [text, part, other] = [string(s, at), string(a, at), string(b, at)]
        if (part === '') throw bad(at)
        return pieces(text, part).join(other)
      },
    },
  ],
  ['keys', one((x, at) => [...map(x, at).keys()])],
  ['values', one((x, at) => [...map(x, at).values()])],
  ['append', two((x, y, at) => [...list(x, at), y])],
  [
    'set',
    {
      least: 3,
      most: 3,
      call: ([x, key, value], at) => {
        if (x instanceof Map) return mapOf([...x, [string(key, at), value as Value]])
        const items = list(x, at)
        const index = within(items, key, at)
        return items.map((item, place) => (place === index ? (value as Value) : item))
      },
    },
  ],
  [
    'unset',
    two((x, key, at) => {
      const gone = string(key, at)
      return mapOf([...map(x, at)].filter(([each]) => each !== gone))
    }),
  ],
  ['sort', one((x, at) => sort(list(x, at), at))],
  ['json', one((x, at) => fromJson(string(x, at), at))],
  ['text', one((x) => toJson(x))],
  ['now', { least: 0, most: 0, call: (_, __, { nowMs }) => BigInt(nowMs) }],
  ['uuid', { least: 0, most: 0, call: (_, __, { uuid }) => uuid() }],
])
