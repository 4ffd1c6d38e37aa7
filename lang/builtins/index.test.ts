import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../errors.ts'
import { compareKeys, limits, type Value } from '../index.ts'
import { anyValue, call, faultOf, Spent } from '../testing/builtins.ts'
import { builtins } from './index.ts'

const all = [...builtins.values()]

test('the built-ins are those of the language', () => {
  const names =
    'len str int float bytes floor ceil round abs min max sum upper lower trim split join contains starts ends slice ' +
    'replace keys values append set unset sort json text now uuid'
  expect([...builtins.keys()].sort()).toEqual(names.split(' ').sort())
})

test.each(all)('$name takes as many arguments as its signature shows', ({ name, signature, arity, summary }) => {
  expect(signature.startsWith(`${name}(`) && signature.endsWith(')')).toBe(true)
  const parameters = signature
    .slice(name.length + 1, -1)
    .split(', ')
    .filter(Boolean)
  const isVariadic = parameters.at(-1) === '...'
  // Those that take any number take a list, too.
  const least = isVariadic ? 1 : parameters.filter((parameter) => !parameter.endsWith('?')).length
  expect(arity).toEqual([least, isVariadic ? Number.POSITIVE_INFINITY : parameters.length])
  expect(summary.length).toBeGreaterThan(0)
})

test.each<[string, readonly Value[], string]>([
  ['slice', [1n, 0n], 'slice(x, from, to?): x must be a string, bytes or list, not int'],
  ['slice', ['a', 0.5], 'slice(x, from, to?): from must be an int, not float'],
  ['slice', ['a', 0n, null], 'slice(x, from, to?): to must be an int, not null; write a ?? 0 where a may be absent'],
  ['len', [null], 'len(x): x must be a string, bytes, list or map, not null; write a ?? [] where a may be absent'],
  ['upper', [1n], 'upper(s): s must be a string, not int'],
  ['join', [['a', 1n], ','], 'join(list, sep): the elements must be strings, not int'],
  ['join', [[null], ','], 'join(list, sep): the elements must be strings, not null'],
  ['replace', ['a', 'b', 1n], 'replace(s, a, b): b must be a string, not int'],
  ['contains', [new Map(), 1n], 'contains(x, y): y must be a string, not int'],
  ['contains', [new Uint8Array(1), 1n], 'contains(x, y): x must be a string, list or map, not bytes'],
  ['set', [[1n], 'a', 1n], 'set(x, k, v): k must be an int, not string'],
  ['set', [new Map(), 0n, 1n], 'set(x, k, v): k must be a string, not int'],
  ['sort', [[1n, 'a']], 'sort(list): the elements must be of one ordered type, not int and string'],
  ['sort', [[null]], 'sort(list): the elements must be numbers, strings or bytes, not null'],
  ['max', [1n], 'max(a, b, ...): one argument must be a list, not int'],
  ['max', [1n, null], 'max(a, b, ...): the arguments must be numbers, strings or bytes, not null'],
  ['sum', [['1']], 'sum(list): the elements must be numbers, not string'],
  ['floor', ['1.5'], 'floor(x): x must be a number, not string'],
  ['int', [true], 'int(x): x must be a number or number text, not bool'],
  ['append', [null, 1n], 'append(list, x): list must be a list, not null; write a ?? [] where a may be absent'],
  ['keys', [null], 'keys(map): map must be a map, not null; write a ?? {} where a may be absent'],
  ['trim', [null], 'trim(s): s must be a string, not null; write a ?? "" where a may be absent'],
  ['str', [[]], 'str(x): x must be a string, number, bool or bytes, not list; write text(x) for its JSON text'],
  ['str', [null], 'str(x): x must be a string, number, bool or bytes, not null; write a ?? "" where a may be absent'],
])('%s(%o): %s', (name, args, message) => {
  expect(faultOf(name, args)).toMatchObject({ code: 'type_error', message, at: 7 })
})

test('now is an int, uuid what the execution gives', () => {
  expect(call('now', [])).toBe(1_700_000_000_000n)
  expect(call('uuid', [])).toBe('an-id')
})

describe('for any arguments', () => {
  const anyCall = fc
    .constantFrom(...all)
    .chain(({ name, arity: [least, most] }) =>
      fc.tuple(fc.constant(name), fc.array(anyValue, { minLength: least, maxLength: Math.min(most, 4) })),
    )

  test('there is a legal value or a fault, and the arguments stay as they are', () => {
    fc.assert(
      fc.property(anyCall, ([name, args]) => {
        const before = structuredClone(args)
        const value = outcome(name, args)
        expect(args).toEqual(before)
        if (!(value instanceof Fault)) expectLegal(value)
      }),
      { numRuns: 2_000 },
    )
  })

  test('an execution that has spent everything is stopped', () => {
    const large = 'a'.repeat(10_000)
    const list = Array.from({ length: 10_000 }, (_, index) => BigInt(index))
    const map = new Map(list.map((int) => [String(int).padStart(5, '0'), int]))
    const calls: readonly (readonly [string, readonly Value[]])[] = [
      ['len', [large]],
      ['slice', [large, 1n]],
      ['slice', [list, 1n]],
      ['slice', [new Uint8Array(10_000), 1n]],
      ['contains', [large, 'b']],
      ['contains', [list, -1n]],
      ['str', [new Uint8Array(10_000)]],
      ['bytes', [large]],
      ['int', ['9'.repeat(10_000)]],
      ['float', [`0.${'9'.repeat(10_000)}`]],
      ['min', [list]],
      ['max', [list]],
      ['sum', [list]],
      ['sort', [list]],
      ['upper', [large]],
      ['lower', [large]],
      ['trim', [large]],
      ['split', [large, 'b']],
      ['split', [large, '']],
      ['join', [[large, large], '']],
      ['starts', [large, large]],
      ['ends', [large, large]],
      ['replace', [large, 'a', 'b']],
      ['keys', [map]],
      ['values', [map]],
      ['append', [list, 1n]],
      ['set', [list, 0n, 1n]],
      ['set', [map, 'a', 1n]],
      ['unset', [map, '00001']],
      ['json', [`"${large}"`]],
      ['json', [`[${'1,'.repeat(1000)}1]`]],
      ['text', [large]],
      ['text', [list]],
      ['text', [new Uint8Array(10_000)]],
    ]
    for (const [name, args] of calls) expect(() => call(name, args, 10), name).toThrow(Spent)
  })
})

function outcome(name: string, args: readonly Value[]): Value | Fault {
  try {
    return call(name, args)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
}

function expectLegal(value: Value): void {
  if (typeof value === 'bigint') expect(BigInt.asIntN(64, value)).toBe(value)
  else if (typeof value === 'number') expect(Number.isFinite(value) && !Object.is(value, -0)).toBe(true)
  else if (typeof value === 'string') expect(value.isWellFormed()).toBe(true)
  else if (Array.isArray(value)) for (const element of value) expectLegal(element)
  else if (value instanceof Map) {
    expect(value.size).toBeLessThanOrEqual(limits.elementsMax)
    expect([...value.keys()]).toEqual([...value.keys()].sort(compareKeys))
    for (const [key, item] of value) {
      expectLegal(key)
      expectLegal(item)
    }
  } else if (value !== null && typeof value !== 'boolean') expect(value.constructor).toBe(Uint8Array)
}
