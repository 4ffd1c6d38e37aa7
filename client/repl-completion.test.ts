import { describe, expect, test } from 'vitest'
import { complete, functionAt, keysSpelled } from './repl-completion.ts'

function candidates(line: string, before = '', keys: readonly string[] = ['apple', 'a b', 'beet']): readonly string[] {
  return complete(line, { before, keys })[0]
}

describe('completion', () => {
  test('offers keys where a key is expected, as strings', () => {
    expect(candidates('get "a')).toEqual(['"apple"', '"a b"'])
    expect(candidates('put "be')).toEqual(['"beet"'])
    expect(candidates('x = exists ("ap')).toEqual(['"apple"'])
    expect(candidates('delete ')).toEqual(['"apple"', '"a b"', '"beet"'])
    expect(candidates('put "apple" "a')).toEqual([])
    expect(candidates('x = "a')).toEqual([])
  })

  test('offers variables and parameters of the program so far', () => {
    expect(candidates('get to', 'total = 1; $tome;')).toEqual(['total'])
    expect(candidates('x = $t', 'a = $to + $from;')).toEqual(['$to'])
    expect(candidates('put k to', 'total = {top: 1}; a.tower;')).toEqual(['total'])
  })

  test('offers statements where one begins, and what gives a value elsewhere', () => {
    expect(candidates('de')).toEqual(['delete'])
    expect(candidates('re')).toEqual(['return'])
    expect(candidates('x = re')).toEqual(['revision', 'replace('])
    expect(candidates('if a { ab')).toEqual(['abort'])
    expect(candidates('return ab')).toEqual(['abs('])
    expect(candidates('put "k" ve')).toEqual(['version'])
    expect(candidates('for x i')).toEqual(['in'])
    expect(candidates('for x in scan "p" li')).toEqual(['limit'])
    expect(candidates('x = f(1) ')).toEqual(['in', 'after', 'limit'])
  })

  test('offers nothing in comments, behind a point and in names that are none', () => {
    expect(candidates('// ge')).toEqual([])
    expect(candidates('x = a.ge')).toEqual([])
    expect(candidates('x = "" ge', '/* ')).toEqual([])
  })

  test('completes commands and what they take', () => {
    expect(candidates('.ex')).toEqual(['.explain'])
    expect(candidates('.help sl')).toEqual(['slice'])
    expect(candidates('.help sc')).toEqual(['scan'])
    expect(candidates('.keys ap')).toEqual(['apple'])
    expect(candidates('.explain get "b')).toEqual(['"beet"'])
    expect(candidates('.t', 'get')).toEqual([])
  })

  test('replaces what was begun', () => {
    expect(complete('x = $', { before: 'y = $par;', keys: [] })).toEqual([['$par'], '$'])
    expect(complete('get "\\"', { before: '', keys: ['"q"'] })).toEqual([['"\\"q\\""'], '"\\"'])
  })
})

test('the function is the one whose parentheses are open, or whose name ends the text', () => {
  expect(functionAt('x = slice(a, ')).toBe('slice')
  expect(functionAt('x = slice(len(a), [')).toBeUndefined()
  expect(functionAt('x = slice(len(a), ')).toBe('slice')
  expect(functionAt('x = slice(a) + ')).toBeUndefined()
  expect(functionAt('x = upper')).toBe('upper')
})

test('keys that a text spells out are found, program or not', () => {
  expect(keysSpelled('put "a" "b"; x = get ("c"); exists "d\\n"; scan "e')).toEqual(['a', 'c', 'd\n'])
})
