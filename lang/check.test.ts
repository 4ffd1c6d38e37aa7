import { describe, expect, test } from 'vitest'
import { compile, limits } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

/** The first line of the error, and its code. */
function said(text: string): readonly [string, string] {
  const { code, message } = errorOf(() => compile(text))
  return [code, message.split('\n')[0] ?? '']
}

describe('names', () => {
  test.each([
    [
      'total = 1; return totl;',
      'the variable "totl" is assigned nowhere in the program; did you mean total? (line 1, column 19)',
    ],
    [
      'x = len;',
      'the variable "len" is assigned nowhere in the program; to call the function, write len(x) (line 1, column 5)',
    ],
    ['x = lenn("a");', 'there is no function lenn; did you mean len? (line 1, column 5)'],
    ['x = frobnicate("a");', 'there is no function frobnicate (line 1, column 5)'],
    [
      `x = ${'y'.repeat(3_000)};`,
      `the variable "${'y'.repeat(30)}…" is assigned nowhere in the program (line 1, column 5)`,
    ],
    [
      'put a "x";',
      'the variable "a" is assigned nowhere in the program; a literal key is written in quotes: "a" (line 1, column 5)',
    ],
    [
      'x = scan user limit 5;',
      'the variable "user" is assigned nowhere in the program; a literal key is written in quotes: "user" (line 1, column 10)',
    ],
    [
      'total = 1; get totl;',
      'the variable "totl" is assigned nowhere in the program; did you mean total? (line 1, column 16)',
    ],
    ['x = None;', 'the variable "None" is assigned nowhere in the program; write null (line 1, column 5)'],
    ['x = length("a");', 'there is no function length; write len(x) (line 1, column 5)'],
  ])('that are unknown: %j', (text, message) => {
    expect(said(text)).toEqual(['unknown_name', message])
  })

  test('are assigned further down, in branches that are never taken, and by for', () => {
    compile('put "k" x; if false { x = 1; }')
    compile('for a, b in [] { x = a; } return [a, b, x];')
    compile('len = 1; limit = 2; after = len(["a"]); return len + limit + after;')
  })

  test('are not those of members, nor of words as keys', () => {
    compile('x = {y: 1, get: 2}; return x.y + x.get + x.put;')
  })
})

test.each([
  ['x = len();', 'len takes 1 argument, not 0: len(x)'],
  ['x = len(1, 2);', 'len takes 1 argument, not 2: len(x)'],
  ['x = slice("a");', 'slice takes 2 to 3 arguments, not 1: slice(x, from, to?)'],
  ['x = now(1);', 'now takes no arguments, not 1: now()'],
])('a function is called with as many arguments as it takes: %s', (text, message) => {
  expect(said(text)).toEqual(['syntax_error', `${message} (line 1, column 5)`])
})

describe('keys of the text', () => {
  const large = 'k'.repeat(limits.keyBytesMax + 1)

  test.each([
    'get "";',
    'put "" 1;',
    'delete "";',
    'x = exists "";',
    'x = version "";',
    'x = revision "";',
    `get "${large}";`,
    `x = scan "${large}";`,
    'x = scan "a\\u0000";',
    'get (5);',
    'get (null);',
    'x = scan (5);',
  ])('are valid where they stand: %s', (text) => {
    compile(text.replace(/""|"[^"]*"|\(.*\)/, '"k"'))
    expect(said(text)[0]).toBe('invalid_key')
    expect(said(`if false { ${text} }`)[0]).toBe('invalid_key')
  })

  test('may be empty as the prefix of a scan', () => {
    compile('x = scan ""; y = scan "a" after "";')
  })

  test('given as parameters are valid before anything runs', () => {
    const texts = ['delete $k;', 'x = exists $k;', 'x = version $k;', 'x = revision $k;', 'if false { put $k 1; }']
    for (const text of texts) {
      expect(errorOf(() => new Memory().run(text, { k: '' })).message).toMatch(
        /^the parameter \$k is a key, which must not be empty/,
      )
    }
    expect(new Memory().run('return scan $p;', { p: '' }).value).toEqual([])
    expect(errorOf(() => new Memory().run('if false { x = scan $p; }', { p: 5n })).message).toBe(
      'the parameter $p is the prefix of a scan, which must be a string, not int (line 1, column 21)',
    )
  })
})

describe('keys of a map literal', () => {
  test.each([
    ['{a: 1, b: 2, a: 3}', 18],
    ['{"a": 1, "a": 2}', 14],
    ['{a: 1, "a": 2}', 12],
    ['{"a": 1, a: 2}', 14],
    ['{"a": 1, ("a"): 2}', 14],
    ['{x: {a: 1}, y: {b: 1, "\\u0062": 2}}', 27],
  ])('stand there once: %s', (literal, column) => {
    const error = errorOf(() => compile(`x = ${literal};`))
    expect(error).toMatchObject({
      code: 'syntax_error',
      message: expect.stringMatching(/^this map has the key "[ab]" twice/),
    })
    expect(error.position?.column).toBe(column)
  })

  test('may be the same in different maps', () => {
    compile('x = [{a: 1}, {"a": {"a": 1}}];')
  })

  test('are compared by value: of texts of one shape, one compiles', () => {
    compile('x = {"a": 1, "b": 2};')
    expect(said('x = {"a": 1, "a": 2};')[0]).toBe('syntax_error')
    compile('x = {"b": 1, "a": 2};')
  })
})

test('canWrite is told by put and delete', () => {
  expect(compile('if false { for x in [] { delete "a"; } }').canWrite).toBe(true)
  expect(compile('x = scan ""; for k, v in x { get k; } return x; abort x;').canWrite).toBe(false)
})
