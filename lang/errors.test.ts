import { describe, expect, test } from 'vitest'
import { compile } from './index.ts'
import { excerptAt, offsetAt, positionAt } from './source.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

const firstLine = (text: string): string => errorOf(() => compile(text)).message.split('\n')[0] ?? ''

describe('an error of compiling', () => {
  test('gives its place, what was expected, the line and a caret', () => {
    const error = errorOf(() => compile('get "a";\n\tput "😀" ;\nget "b";'))
    expect(error).toMatchObject({ code: 'syntax_error', position: { line: 2, column: 10 } })
    expect(error.message).toBe('expected an expression, found ";" (line 2, column 10)\n\tput "😀" ;\n\t        ^')
  })

  test.each([
    ['put "a" "b"', 'expected ";" or an operator, found the end of the program (line 1, column 12)'],
    ['put "a" "b" "c";', 'expected ";" or an operator, found a string (line 1, column 13)'],
    [
      'get "a" + "b";',
      'expected ";", found "+"; a get statement takes a key only: to go on with its value, write x = get ... (line 1, column 9)',
    ],
    ['get get "a";', 'expected a key, found "get", which is a reserved word (line 1, column 5)'],
    ['x == "a";', 'expected "=", found "=="; to assign, write = (line 1, column 3)'],
    [
      'foo',
      'expected "=", found the end of the program; a statement begins with get, put, delete, if, for, return, abort, or with a variable and = (line 1, column 4)',
    ],
    ['version = "a";', 'expected a statement or the end, found "version", which is a reserved word (line 1, column 1)'],
    ['if true { ', 'expected "}" or a statement, found the end of the program (line 1, column 11)'],
    ['if get "a" = "b" { }', 'expected "{" or an operator, found "="; to compare, write == (line 1, column 12)'],
    [
      'x = true == true == true;',
      'comparisons do not chain; put one in parentheses, or join two by && (line 1, column 18)',
    ],
    ['x = "a', 'this string has no closing quote (line 1, column 5)'],
    ['get "a"; /*', 'this comment has no closing */ (line 1, column 10)'],
    ['x = “a”;', 'strings are written with " at both ends (line 1, column 5)'],
    ['x = "\\ud83d";', 'this string contains half of a surrogate pair, which is no character (line 1, column 5)'],
    ['put "a" b;', 'the variable "b" is assigned nowhere in the program (line 1, column 9)'],
    ['put "" "b";', 'a key must not be empty (line 1, column 5)'],
  ])('says of %j what is wrong', (text, message) => {
    expect(firstLine(text)).toBe(message)
  })

  test('shows the part of a long line that is around the place', () => {
    const { message } = errorOf(() => compile(`put "${'x'.repeat(200)}" ; // ${'y'.repeat(200)}`))
    const [, line = '', caret = ''] = message.split('\n')
    expect(line).toMatch(/^…x+" ; \/\/ y+…$/)
    expect(line.charAt(caret.indexOf('^'))).toBe(';')
    expect(line.length).toBeLessThan(110)
  })
})

test.each([
  'WORD = 1; x = WORDx;',
  'x = WORD + WORD;',
  'WORD',
  'WORD += 1;',
  'WORD(1);',
  'WORD.a = 1;',
  'x = WORD(1);',
  'x = [1].WORD;',
  'x = null; x = x.WORD;',
  'x = WORD.a(1);',
  'x = 1 WORD 2;',
  'x = not WORD;',
  'put WORD 1;',
  'get WORD.a;',
  'x = {WORD: 1, WORD: 2};',
  'x = {(1): 1, WORD 2};',
  'x = 1WORD;',
  'x = "\\WORD";',
  'for WORD of [1] { }',
  'x = $WORD;',
  'x = -"WORD";',
  'x = 1 + "WORD";',
  'x = int("WORD");',
  'x = json("WORD");',
  'x = json("[\\"WORD\\" 1]");',
  'x = json("{\\"WORD\\": 1, \\"WORD\\": 1}");',
  'put "WORD" 1;',
  'x = "a" + "WORD"; get x;',
  'x = 1111WORD;',
])('what is wrong with %s is told in one line, however long the word', (template) => {
  const text = template.replaceAll('WORD', 'word'.repeat(500))
  const [line = ''] = errorOf(() => new Memory().run(text)).message.split('\n')
  expect(line.length).toBeLessThan(200)
})

describe('an error of a run', () => {
  test('gives its place and the types involved, and no excerpt', () => {
    const error = errorOf(() => new Memory().run('n = $n;\nput "k" "a" + n;', { n: 1n }))
    expect(error).toMatchObject({ code: 'type_error', position: { line: 2, column: 13 } })
    expect(error.message).toBe('cannot add string and int; write str(n) to join (line 2, column 13)')
  })

  test.each([
    ['if $p { }', 'the condition of if must be a bool, not int; compare it, as in n != 0 (line 1, column 4)'],
    ['x = true && $p;', 'an operand of && must be a bool, not int; compare it, as in n != 0 (line 1, column 13)'],
    ['x = !$p;', 'the operand of ! must be a bool, not int; compare it, as in n != 0 (line 1, column 6)'],
    ['x = "😀" + "😀" + $p;', 'cannot add string and int; write str(n) to join (line 1, column 15)'],
    ['x = $p; get x;', 'a key must be a string, not int (line 1, column 13)'],
    ['get $p;', 'the parameter $p is a key, which must be a string, not int (line 1, column 5)'],
    ['x = $p;\n  x = $q;', 'the parameter $q is not given (line 2, column 7)'],
  ])('of %j says what is wrong', (text, message) => {
    expect(errorOf(() => new Memory().run(text, { p: 1n })).message).toBe(message)
  })

  test('about a limit names it, its bound and what was asked for', () => {
    const error = errorOf(() => new Memory().run('get "a"; get "b";', {}, { costMax: 15 }))
    const advice = 'the program does too much; split it into several transactions'
    expect(error.message).toBe(`a cost of 22 exceeds costMax, which is 15: ${advice} (line 1, column 10)`)
    expect(error.limit).toEqual({ name: 'costMax', bound: 15, asked: 22 })
  })
})

test('the offset of a position is where it was found', () => {
  const text = 'a😀b\r\n\nc'
  for (const offset of [0, 1, 3, 4, 6, 7, text.length]) expect(offsetAt(text, positionAt(text, offset))).toBe(offset)
  expect(offsetAt(text, { line: 4, column: 1 })).toBeUndefined()
  expect(offsetAt(text, { line: 3, column: 99 })).toBe(text.length)
})

test('columns count code points, lines end at line feeds', () => {
  const text = 'a😀b\r\n\nc'
  expect(positionAt(text, 3)).toEqual({ line: 1, column: 3 })
  expect(positionAt(text, 6)).toEqual({ line: 2, column: 1 })
  expect(positionAt(text, 7)).toEqual({ line: 3, column: 1 })
  expect(positionAt(text, text.length)).toEqual({ line: 3, column: 2 })
  expect(excerptAt(text, 3)).toBe('a😀b\n  ^')
  expect(excerptAt(text, text.length)).toBe('c\n ^')
  expect(excerptAt('a\u001b[31m\ud800;', 7)).toBe('a\ufffd[31m\ufffd;\n       ^')
})
