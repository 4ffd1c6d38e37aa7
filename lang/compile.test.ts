import { describe, expect, test } from 'vitest'
import type { Value } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

const run = (text: string, parameters: Readonly<Record<string, Value>> = {}) => new Memory().run(text, parameters)
const value = (text: string, parameters: Readonly<Record<string, Value>> = {}): Value => run(text, parameters).value
const map = (items: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> => new Map(Object.entries(items))
const said = (text: string, parameters: Readonly<Record<string, Value>> = {}): string =>
  errorOf(() => run(text, parameters)).message

describe('expressions', () => {
  test.each<[string, Value]>([
    ['1 + 2 * 3 - 4 / 2 % 3', 5n],
    ['(1 + 2) * 3', 9n],
    ['10 - 3 - 2', 5n],
    ['100 / 10 / 5', 2n],
    ['7 % 4 * 2', 6n],
    ['-7 / 2', -3n],
    ['-7 % 2', -1n],
    ['7 % -2', 1n],
    ['--5', 5n],
    ['-(2 + 3)', -5n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['-0.0', 0],
    ['1 + 0.5', 1.5],
    ['1e3', 1000],
    ['null + 1', 1n],
    ['null + null', null],
    ['!true == false', true],
    ['1 == 1.0', true],
    ['9007199254740993 == 9007199254740992.0', false],
    ['9007199254740993 > 9007199254740992.0', true],
    ['"b" > "a" && "a" <= "a" && 1 >= 1 && 2 < 3', true],
    ['null == ""', true],
    ['[null, {a: null}] == ["", {a: ""}]', true],
    ['"" < "a"', true],
    ['null ?? 1', 1n],
    ['null ?? null', null],
    ['"" ?? 1', ''],
    ['false ?? true', false],
    ['null ?? null ?? 2', 2n],
    ['get "n" ?? 0 + 1', 1n],
    ['null ?? false || true', true],
    ['[1, 2, 3][1]', 2n],
    ['[[1], [2, 3]][1][0]', 2n],
    ['{a: {b: [1, 2]}}.a.b[1]', 2n],
    ['{get: 1, "two": 2, ("th" + "ree"): 3}["two"]', 2n],
    ['{get: 1}.get', 1n],
    ['{a: 1}.b', null],
    ['{a: 1}["b"]', null],
    ['[1, null][1]', null],
    ['[]', []],
    ['{}', map({})],
    ['[1, "a", [null],]', [1n, 'a', [null]]],
    ['len([1, 2]) + 1', 3n],
  ])('%s is %o', (expression, expected) => {
    expect(value(`return ${expression};`)).toEqual(expected)
  })

  test('maps are in code point order, whatever the order of the text', () => {
    const made = value('k = "b"; return {z: 1, "\ud83d\ude00": 2, (k): 3, "\ue000": 4, "": 5};')
    expect([...(made as ReadonlyMap<string, Value>)]).toEqual([
      ['', 5n],
      ['b', 3n],
      ['z', 1n],
      ['\ue000', 4n],
      ['😀', 2n],
    ])
  })

  test('are evaluated from the left, each part once', () => {
    const store = new Memory()
    let next = 0
    const uuid = () => String(next++)
    const order = (text: string) => {
      next = 0
      return store.run(`return ${text};`, {}, { uuid }).value
    }
    expect(order('uuid() + uuid() + uuid()')).toBe('012')
    expect(order('[uuid(), [uuid()], uuid()]')).toEqual(['0', ['1'], '2'])
    expect(order('{b: uuid(), (uuid()): uuid(), a: uuid()}')).toEqual(map({ '1': '2', a: '3', b: '0' }))
    expect(order('[uuid() < uuid(), uuid() == "2"]')).toEqual([true, true])
    expect(order('{("x" + uuid()): uuid()}["x0"] + uuid()')).toBe('12')
    expect(order('join([uuid(), uuid()], uuid())')).toBe('021')
  })

  test('&&, || and ?? stop at what decides', () => {
    expect(value('return [true || 1 / 0 == 0, false && 1 / 0 == 0, 1 ?? 1 / 0, null ?? 2 ?? 1 / 0];')).toEqual([
      true,
      false,
      1n,
      2n,
    ])
    expect(errorOf(() => run('return null ?? 1 / 0;')).code).toBe('division_by_zero')
  })

  test.each([
    ['return null - 1;', 'cannot subtract int from null; write a ?? 0 where a may be absent (line 1, column 13)'],
    ['return null < 1;', 'cannot order null and int; write a ?? 0 where a may be absent (line 1, column 13)'],
    [
      'x = null; return x[0];',
      'null cannot be indexed; write (a ?? {}) or (a ?? []) where a may be absent (line 1, column 19)',
    ],
    [
      'x = null; return x.a;',
      'null has no member a; write (a ?? {}) or (a ?? []) where a may be absent (line 1, column 19)',
    ],
    [
      'x = "abc"; return x[0];',
      'string cannot be indexed; write slice(s, from, to) for a part of it (line 1, column 20)',
    ],
    [
      'x = [1, 2]; return x[2];',
      'the index 2 is out of range: the list has 2 elements, the last at 1 (line 1, column 21)',
    ],
    [
      'x = [1, 2]; return x[-1];',
      'the index -1 is out of range: the list has 2 elements, the last at 1 (line 1, column 21)',
    ],
    ['x = []; return x[0];', 'the index 0 is out of range: the list is empty (line 1, column 17)'],
    ['x = [1]; return x[1.0];', 'a list is indexed by an int, not float; write int(x) (line 1, column 18)'],
    ['x = [1]; return x["a"];', 'a list is indexed by an int, not string (line 1, column 18)'],
    ['x = [1]; return x.a;', 'list has no member a; its elements are x[0], x[1], … (line 1, column 18)'],
    ['x = [1]; return x.Length;', 'list has no member Length; write len(x) (line 1, column 18)'],
    ['x = "a"; return x.size;', 'string has no member size; write len(x) (line 1, column 18)'],
    ['x = "a"; return x.a;', 'string has no member a; write slice(s, from, to) for a part of it (line 1, column 18)'],
    [
      'x = bytes("a"); return x[0];',
      'bytes cannot be indexed; write slice(b, from, to) for a part of it (line 1, column 25)',
    ],
    ['x = [1]; return x[1];', 'the index 1 is out of range: the list has 1 element, the last at 0 (line 1, column 18)'],
    ['if [] { }', 'the condition of if must be a bool, not list; compare it, as in len(x) > 0 (line 1, column 4)'],
    ['x = {a: 1}; return x[0];', 'a map is indexed by a string, not int; write str(n) (line 1, column 21)'],
    ['x = 5; return x.a;', 'int has no member a (line 1, column 16)'],
    ['x = 5; return {(x): 1};', 'a key of a map must be a string, not int (line 1, column 16)'],
    ['x = "a"; return {a: 1, (x): 2};', 'this map has the key "a" twice (line 1, column 24)'],
    [
      'if null { }',
      'the condition of if must be a bool, not null; write a ?? false where a may be absent (line 1, column 4)',
    ],
    ['x = 9223372036854775807 + 1;', '9223372036854775807 + 1 is beyond the range of int, 64 bits (line 1, column 25)'],
    ['x = 1 / 0.0;', 'cannot divide 1 by zero (line 1, column 7)'],
  ])('of %j the error is', (text, message) => {
    expect(said(text)).toBe(message)
  })

  test('errors show the beginning of what is long', () => {
    const long = 'x'.repeat(5_000)
    expect(said(`a = 1; return a.${long};`).length).toBeLessThan(120)
    expect(said('k = $k; return {(k): 1, ("" + k): 2};', { k: long }).length).toBeLessThan(120)
  })
})

describe('for', () => {
  test('with one name goes over elements of a list and keys of a map', () => {
    expect(value('t = 0; for x in [1, 2, 3] { t = t * 10 + x; } return t;')).toBe(123n)
    expect(value('t = ""; for k in {b: 1, a: 2} { t = t + k; } return t;')).toBe('ab')
    expect(value('t = "none"; for x in [] { t = x; } return t;')).toBe('none')
  })

  test('with two names goes over entries of a map and over lists of two elements', () => {
    expect(value('t = ""; for k, v in {b: 1, a: 2} { t = t + k + str(v); } return t;')).toBe('a2b1')
    expect(value('t = 0; for a, b in [[1, 2], [3, 4]] { t = t + a * b; } return t;')).toBe(14n)
  })

  test('goes over what the value was at its start, and leaves its names behind', () => {
    expect(value('x = [1, 2]; for e in x { x = x + [e]; } return [x, e];')).toEqual([[1n, 2n, 1n, 2n], 2n])
    const store = new Memory()
    store.run('put "a/1" 1; put "a/2" 2;')
    expect(store.run('for k, v in scan "a/" { put (k + "/x") v; delete k; } return scan "a/";').value).toEqual([
      ['a/1/x', 1n],
      ['a/2/x', 2n],
    ])
  })

  test('can be within others, and is left by return', () => {
    expect(value('for a in [1, 2] { for b in [3, 4] { if a * b == 6 { return [a, b]; } } } return "no";')).toEqual([
      2n,
      3n,
    ])
  })

  test.each([
    [
      'for x in null { }',
      'for goes over a list or a map, not null; write a ?? [] where a may be absent (line 1, column 10)',
    ],
    ['for x in "abc" { }', 'for goes over a list or a map, not string (line 1, column 10)'],
    [
      'for a, b in [[1]] { }',
      'for with two names goes over a map, or lists of two elements; element 0 is a list of 1 (line 1, column 13)',
    ],
    [
      'for a, b in [[1, 2], 5] { }',
      'for with two names goes over a map, or lists of two elements; element 1 is int (line 1, column 13)',
    ],
  ])('of %j the error is', (text, message) => {
    expect(said(text)).toBe(message)
  })
})

describe('return and abort', () => {
  test('return ends the program, and its writes count', () => {
    const { status, value: returned, writes } = run('put "a" 1; if true { return "x"; } put "a" 2;')
    expect([status, returned, writes.get('a')?.value]).toEqual(['committed', 'x', 1n])
    expect(run('put "a" 1;').value).toBe(null)
  })

  test('abort ends the program, and nothing is written', () => {
    const { status, value: reason, writes } = run('put "a" 1; for x in [1, 2] { abort {at: x}; } put "a" 2;')
    expect([status, reason, writes.size]).toEqual(['aborted', map({ at: 1n }), 0])
  })

  test('both show every get of the text', () => {
    const store = new Memory()
    store.run('put "a" 1; put "b" 2;')
    for (const end of ['abort', 'return']) {
      const { reads } = store.run(`put "a" 5; if get "a" == 5 { ${end} null; } get $b;`, { b: 'b' })
      expect([...reads]).toEqual([
        ['a', 1n],
        ['b', 2n],
      ])
    }
  })

  test('what is given back is not nested too deeply', () => {
    const error = errorOf(() => run('x = 1; for i in $l { x = [x]; } return x;', { l: new Array(32).fill(0n) }))
    expect(error).toMatchObject({ code: 'limit_exceeded', limit: { name: 'valueNestingMax' } })
    expect(error.position).toEqual({ line: 1, column: 33 })
  })
})

test('texts of one shape differ in nothing but their literals', () => {
  const store = new Memory()
  store.run('put "a" 1;')
  store.run('put "b" 2;')
  expect(store.run('return [get "a", {"x": 1}, 5];').value).toEqual([1n, map({ x: 1n }), 5n])
  expect(store.run('return [get "b", {"y": 2}, 6];').value).toEqual([2n, map({ y: 2n }), 6n])
})
