import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Value } from '../index.ts'
import { anyBytes, anyFloat, anyInt, anyText, call, faultOf } from '../testing/builtins.ts'
import { compareKeys, equalValues } from '../values.ts'

const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)

test.each<[string, Value, Value]>([
  ['int', '0', 0n],
  ['int', '-0', 0n],
  ['int', '9223372036854775807', MAX],
  ['int', '-9223372036854775808', MIN],
  ['int', '1.9', 1n],
  ['int', '-1.9', -1n],
  ['int', '1e3', 1000n],
  ['int', '-0.5', 0n],
  ['int', -1.9, -1n],
  ['int', 2 ** 62, 2n ** 62n],
  ['int', MIN, MIN],
  ['float', '1', 1],
  ['float', '-0', 0],
  ['float', '-0.0', 0],
  ['float', '1e-999', 0],
  ['float', MAX, 2 ** 63],
  ['float', '9223372036854775808', 2 ** 63],
  ['float', `-1${'0'.repeat(300)}`, -1e300],
  ['float', 1.5, 1.5],
  ['float', `0.${'0'.repeat(2000)}1e2001`, 1],
  ['floor', 1.5, 1n],
  ['floor', -1.5, -2n],
  ['floor', MIN, MIN],
  ['ceil', 1.5, 2n],
  ['ceil', -0.5, 0n],
  ['round', 0.5, 1n],
  ['round', -0.5, -1n],
  ['round', 2.5, 3n],
  ['round', -2.5, -3n],
  ['round', 0.49999999999999994, 0n],
  ['round', 2251799813685249.5, 2251799813685250n],
  ['round', 9007199254740991, 9007199254740991n],
  ['round', -(2 ** 63), MIN],
  ['round', MAX, MAX],
  ['abs', -1n, 1n],
  ['abs', MAX, MAX],
  ['abs', -1.5, 1.5],
  ['sum', [], 0n],
  ['sum', [null], 0n],
  ['sum', [1n, null, 2n], 3n],
  ['sum', [MAX, 1n, -1n], MAX],
  ['sum', [1n, 0.5], 1.5],
  ['sum', [0.5, 1n], 1.5],
  ['sum', [0.1, 0.2, 0.3], 0.1 + 0.2 + 0.3],
  ['min', [2n, 1, 1n], 1],
  ['max', [1n, 2n, 2], 2n],
  ['max', ['\uffff', '😀'], '😀'],
  ['min', [2n ** 53n + 1n, 2 ** 53], 2 ** 53],
  ['max', [2n ** 53n + 1n, 2 ** 53], 2n ** 53n + 1n],
])('%s(%o) is %o', (name, argument, expected) => {
  expect(call(name, [argument])).toBe(expected)
})

test('min and max take arguments as they take a list', () => {
  expect(call('min', [3n, 1n, 2n])).toBe(1n)
  expect(call('max', ['a', 'b'])).toBe('b')
  expect(call('max', [new Uint8Array([1]), new Uint8Array([1, 0])])).toEqual(new Uint8Array([1, 0]))
})

test.each<[string, Value, string]>([
  ['int', '9223372036854775808', 'overflow'],
  ['int', '-9223372036854775809', 'overflow'],
  ['int', '9'.repeat(100_000), 'overflow'],
  ['int', '1e19', 'overflow'],
  ['int', 2 ** 63, 'overflow'],
  ['float', '1e309', 'overflow'],
  ['floor', 1e300, 'overflow'],
  ['round', 2 ** 63, 'overflow'],
  ['ceil', -1e19, 'overflow'],
  ['abs', MIN, 'overflow'],
  ['sum', [MAX, 1n], 'overflow'],
  ['sum', [1e308, 1e308, -1e308], 'overflow'],
  ['min', [], 'invalid_argument'],
  ['max', [], 'invalid_argument'],
])('%s(%o) fails: %s', (name, argument, code) => {
  expect(faultOf(name, [argument]).code).toBe(code)
})

test.each([
  '',
  ' 1',
  '1 ',
  '+1',
  '01',
  '-',
  '--1',
  '.5',
  '1.',
  '1.e3',
  '1e',
  '1e+',
  '0x10',
  '1_000',
  'NaN',
  'Infinity',
  '١',
  '1n',
  '1\n',
])('%j is no number', (text) => {
  expect(faultOf('int', [text])).toMatchObject({ code: 'invalid_argument' })
  expect(faultOf('float', [text]).message).toBe(`float(x): ${JSON.stringify(text)} is no number`)
})

test('a long text in a message is cut', () => {
  expect(faultOf('int', ['😀'.repeat(1000)]).message).toBe(`int(x): "${'😀'.repeat(30)}…" is no number`)
})

test('the text of a number is read back as the number', () => {
  fc.assert(fc.property(anyInt, (int) => call('int', [call('str', [int])]) === int))
  fc.assert(fc.property(anyFloat, (float) => Object.is(call('float', [call('str', [float])]), float)))
})

describe('rounding', () => {
  const float = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: -1e6, max: 1e6 }).map((half) => half / 2),
  )

  test('floor and ceil enclose the number', () => {
    fc.assert(
      fc.property(float, (number) => {
        const [below, above] = [call('floor', [number]) as bigint, call('ceil', [number]) as bigint]
        return below <= number && number <= above && above - below <= 1n
      }),
    )
  })

  test('round is as near as can be, and odd', () => {
    fc.assert(
      fc.property(float, (number) => {
        const [whole, opposite] = [Number(call('round', [number])), Number(call('round', [-number]))]
        return Math.abs(whole - number) <= 0.5 && whole === -opposite + 0 && Math.abs(whole) >= Math.abs(number) - 0.5
      }),
    )
  })
})

test('the sum of ints is exact', () => {
  fc.assert(
    fc.property(fc.array(anyInt), (ints) => {
      const total = ints.reduce((sum, int) => sum + int, 0n)
      if (BigInt.asIntN(64, total) === total) expect(call('sum', [ints])).toBe(total)
      else expect(faultOf('sum', [ints]).code).toBe('overflow')
    }),
  )
})

describe('order', () => {
  const near = fc.constantFrom<Value>(
    0n,
    0,
    1n,
    1,
    2n ** 53n,
    2 ** 53,
    2n ** 53n + 1n,
    2 ** 53 + 2,
    MAX,
    2 ** 63,
    MIN,
    -(2 ** 63),
  )
  const long = anyText.map((text) => `${'k'.repeat(40)}${text}`)
  const lists = fc.oneof(
    fc.array(anyInt),
    fc.array(anyFloat),
    fc.array(fc.oneof(anyInt, anyFloat, near)),
    fc.array(fc.oneof(anyText, long)),
    fc.array(anyBytes),
  ) as fc.Arbitrary<readonly Value[]>

  /** The model: insertion, of what is not below, behind. */
  function sortedSlowly(list: readonly Value[]): readonly Value[] {
    const sorted: Value[] = []
    for (const element of list) {
      const index = sorted.findIndex((other) => isBelow(element, other))
      sorted.splice(index === -1 ? sorted.length : index, 0, element)
    }
    return sorted
  }

  function isBelow(a: Value, b: Value): boolean {
    if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
    if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) < 0
    return (a as bigint) < (b as bigint)
  }

  test('sort agrees with a slow one, and keeps the order of what is equal', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const [sorted, model] = [call('sort', [list]) as readonly Value[], sortedSlowly(list)]
        expect(sorted).toEqual(model)
        sorted.forEach((element, index) => {
          expect(typeof element).toBe(typeof model[index])
        })
      }),
      { numRuns: 1_000 },
    )
  })

  test('min and max are the ends of the sorted list', () => {
    fc.assert(
      fc.property(
        lists.filter((list) => list.length > 0),
        (list) => {
          const sorted = sortedSlowly(list)
          expect(call('min', [list])).toEqual(sorted[0])
          expect(equalValues(call('max', [list]), sorted.at(-1) ?? null)).toBe(true)
          if (list.length > 1) expect(call('min', list)).toEqual(sorted[0])
        },
      ),
    )
  })

  test('strings are sorted as keys are', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, long)), (list) => {
        expect(call('sort', [list])).toEqual([...list].sort(compareKeys))
      }),
    )
  })
})
