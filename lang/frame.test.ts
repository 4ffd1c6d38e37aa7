import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeys, limits, type Value } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

const filled = (...keys: string[]): Memory => {
  const store = new Memory()
  for (const key of keys) store.run('put $k $k;', { k: key })
  return store
}
const keysOf = (value: Value): readonly string[] => (value as readonly [string, Value][]).map(([key]) => key)

describe('exists, version, revision', () => {
  const state = '[exists "k", version "k", revision "k"]'

  test('tell of an absent key, a present one, and one that was deleted', () => {
    const store = new Memory()
    expect(store.run(`return ${state};`).value).toEqual([false, null, 0n])
    store.run('put "k" ""; put "k" 2;')
    store.run('put "other" 1;')
    expect(store.run(`return ${state};`).value).toEqual([true, 1n, 1n])
    store.run('put "k" 3;')
    expect(store.run(`return ${state};`).value).toEqual([true, 2n, 3n])
    store.run('delete "k";')
    expect(store.run(`return ${state};`).value).toEqual([false, null, 0n])
    store.run('put "k" 1;')
    expect(store.run(`return ${state};`).value).toEqual([true, 0n, 5n])
  })

  test('see what the transaction itself has done', () => {
    const store = filled('k')
    const { value } = store.run(
      `a = ${state}; put "k" 1; b = ${state}; delete "k"; c = ${state}; put "k" 2; put "k" 3; return [a, b, c, ${state}];`,
    )
    expect(value).toEqual([
      [true, 0n, 1n],
      [true, 1n, 2n],
      [false, null, 0n],
      [true, 1n, 2n],
    ])
    expect(store.get('k')).toMatchObject({ version: 1, revision: 2 })
    expect(new Memory().run(`put "k" 1; delete "k"; return ${state};`).value).toEqual([false, null, 0n])
  })

  test('tell "" from absence, which get does not', () => {
    const store = new Memory()
    store.run('put "k" "";')
    expect(store.run('return [get "k" == null, exists "k", get "k" ?? "absent"];').value).toEqual([true, true, ''])
  })

  test('add nothing to the result, nor does scan', () => {
    expect(filled('k').run('x = [exists "k", version "k", revision "k", scan ""];').reads.size).toBe(0)
  })
})

describe('delete', () => {
  test('is put of null', () => {
    const store = filled('a', 'b')
    const { writes, reads } = store.run('delete "a"; delete "absent"; b = "b"; delete b; return get "a";')
    expect([...writes]).toEqual([
      ['a', { value: null, version: 0 }],
      ['b', { value: null, version: 0 }],
    ])
    expect([...reads]).toEqual([['a', 'a']])
  })
})

describe('scan', () => {
  test('gives keys and values under a prefix, in code point order', () => {
    const store = filled('b', 'a/2', 'a/10', 'a', 'a/😀', 'a/\uffff', 'A')
    expect(store.run('return scan "a/";').value).toEqual([
      ['a/10', 'a/10'],
      ['a/2', 'a/2'],
      ['a/\uffff', 'a/\uffff'],
      ['a/😀', 'a/😀'],
    ])
    expect(keysOf(store.run('return scan "";').value)).toHaveLength(7)
    expect(store.run('return scan "c";').value).toEqual([])
  })

  test('starts behind a key, be it there or not, and ends at its limit', () => {
    const store = filled('a1', 'a2', 'a3', 'b1')
    const keys = (text: string, parameters: Readonly<Record<string, Value>> = {}) =>
      keysOf(store.run(`return ${text};`, parameters).value)
    expect(keys('scan "a" after "a1"')).toEqual(['a2', 'a3'])
    expect(keys('scan "a" after "a11"')).toEqual(['a2', 'a3'])
    expect(keys('scan "a" after ""')).toEqual(['a1', 'a2', 'a3'])
    expect(keys('scan "a" after $from limit 2', { from: null })).toEqual(['a1', 'a2'])
    expect(keys('scan "a" after "A"')).toEqual(['a1', 'a2', 'a3'])
    expect(keys('scan "a" after "b"')).toEqual([])
    expect(keys('scan "a" limit 0')).toEqual([])
    expect(keys('scan "" after "a2" limit 2')).toEqual(['a3', 'b1'])
  })

  test('gives the first 4,000 where there are more, and the rest behind the last of them', () => {
    const store = new Memory()
    const keys = Array.from({ length: 5_000 }, (_, index) => `k${10_000 + index}`)
    for (let start = 0; start < keys.length; start += 1_000) {
      store.run('for k in $keys { put k 1; }', { keys: keys.slice(start, start + 1_000) })
    }
    const first = keysOf(store.run('return scan "k";').value)
    expect(first).toEqual(keys.slice(0, limits.scanEntriesMax))
    expect(keysOf(store.run('return scan "k" after $last;', { last: first.at(-1) ?? '' }).value)).toEqual(
      keys.slice(limits.scanEntriesMax),
    )
  })

  test.each([
    [
      'x = scan "" limit 4001;',
      'limit_exceeded',
      /^a scan of 4001 entries exceeds scanEntriesMax, which is 4000; go on behind the last key by after .*column 19/,
    ],
    ['x = scan "" limit -1;', 'syntax_error', /./],
    ['x = scan "" limit (-1);', 'invalid_argument', /^the limit of a scan must not be negative, as -1 is/],
    ['x = scan "" limit 1.0;', 'type_error', /^the limit of a scan must be an int, not float/],
    ['x = scan "" limit null;', 'type_error', /^the limit of a scan must be an int, not null/],
    ['x = scan "" after 5;', 'invalid_key', /^the key after "after" must be a string, not int/],
    ['k = 5; x = scan k;', 'invalid_key', /^the prefix of a scan must be a string, not int/],
    ['x = scan ("a" + "\\u0000");', 'invalid_key', /^the prefix of a scan must not contain U\+0000/],
  ])('is refused where it makes no sense: %s', (text, code, message) => {
    const error = errorOf(() => new Memory().run(text))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })

  test('costs what it meets, tombstones and own deletes too', () => {
    const store = filled(...Array.from({ length: 100 }, (_, index) => `k${index}`))
    expect(store.run('x = scan "";', {}, { costMax: 417 }).value).toBe(null)
    expect(errorOf(() => store.run('x = scan "";', {}, { costMax: 416 })).limit?.name).toBe('costMax')
    store.run('for k, v in scan "" { delete k; }')
    expect(store.run('return scan "";', {}, { costMax: 417 }).value).toEqual([])
    expect(errorOf(() => store.run('x = scan "" limit 1;', {}, { costMax: 416 })).limit?.name).toBe('costMax')
  })

  test('closes the iteration that it does not finish', () => {
    let open = 0
    const view = {
      revision: 1,
      get: () => undefined,
      *scan() {
        open++
        try {
          for (let index = 0; ; index++) yield [`k${index}`, { value: 1n, version: 0, revision: 1 }] as const
        } finally {
          open--
        }
      },
    }
    const run = (text: string) => new Memory().run(text, {}, {}, view)
    expect(keysOf(run('return scan "" limit 3;').value)).toEqual(['k0', 'k1', 'k2'])
    expect(open).toBe(0)
    expect(errorOf(() => run('x = [scan "", scan ""];')).limit?.name).toBe('costMax')
    expect(open).toBe(0)
  })

  test('shows the state with own puts and deletes, whenever it is made', () => {
    const key = fc.constantFrom('a', 'aa', 'ab', 'a\uffff', 'a😀', 'b', 'ba', 'c', '\ue000', '😀')
    const act = fc.oneof(
      fc.record({ type: fc.constant('put' as const), key, value: fc.constantFrom<Value>(1n, 2n, '', null) }),
      fc.record({
        type: fc.constant('scan' as const),
        prefix: fc.constantFrom('', 'a', 'aa', 'b', 'd', '😀'),
        after: fc.oneof(fc.constant(''), key),
        limit: fc.constantFrom(0n, 1n, 2n, 4_000n),
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(act, { maxLength: 12 }), { maxLength: 4 }), (transactions) => {
        const store = new Memory()
        const model = new Map<string, Value>()
        for (const acts of transactions) {
          const text = acts.map((each, index) =>
            each.type === 'put'
              ? `put $k${index} $v${index};`
              : `found = found + [scan $p${index} after $a${index} limit $l${index}];`,
          )
          const parameters: Record<string, Value> = {}
          const expected: Value[] = []
          for (const [index, each] of acts.entries()) {
            if (each.type === 'put') {
              parameters[`k${index}`] = each.key
              parameters[`v${index}`] = each.value
              if (each.value === null) model.delete(each.key)
              else model.set(each.key, each.value)
            } else {
              parameters[`p${index}`] = each.prefix
              parameters[`a${index}`] = each.after
              parameters[`l${index}`] = each.limit
              const entries = [...model]
                .filter(([name]) => name.startsWith(each.prefix) && compareKeys(name, each.after) > 0)
                .sort(([a], [b]) => compareKeys(a, b))
                .slice(0, Number(each.limit))
              expected.push(entries)
            }
          }
          expect(store.run(`found = []; ${text.join(' ')} return found;`, parameters).value).toEqual(expected)
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('now() is the time that was given, uuid() a new id at each call', () => {
  let next = 0
  const { value } = new Memory().run(
    'return [now(), uuid(), now(), uuid()];',
    {},
    { nowMs: 5, uuid: () => `id${next++}` },
  )
  expect(value).toEqual([5n, 'id0', 5n, 'id1'])
  expect(errorOf(() => new Memory().run('x = uuid();')).message).toBe('uuid() gives nothing here (line 1, column 5)')
})
