import { describe, expect, test } from 'vitest'
import { TextFault } from './errors.ts'
import { scan } from './scan.ts'

/** What is said of the text, and at which offset. */
function said(text: string): readonly [string, number | undefined] {
  try {
    scan(text)
  } catch (error) {
    if (error instanceof TextFault) return [error.message, error.offset]
    throw error
  }
  return ['nothing', undefined]
}

describe('a string without its closing quote', () => {
  test('is placed where it begins', () => {
    expect(said('put "a" "x;')).toEqual(['this string has no closing quote', 8])
    expect(said('put "a" "x\\')).toEqual(['this string has no closing quote', 8])
    expect(said('put "a" "x\\"')).toEqual(['this string has no closing quote', 8])
  })

  test('may be due to an earlier one, which goes on behind its line', () => {
    const sentence = 'this string has no closing quote; or the string that begins in line 2 was meant to end there'
    expect(said('get "a";\nput "name" "ann;\nput "age" 40;')).toEqual([sentence, 34])
    const text = 'get "a";\nput "b" "c;\nput "d" "e";\nput "f" "g";'
    expect(said(text)).toEqual([sentence, text.lastIndexOf('"')])
    expect(said('/* "\n" */ put "a;')[0]).toBe('this string has no closing quote')
  })
})

describe('an escape', () => {
  const list = '(there are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits)'

  test.each([
    ['"C:\\dir"', `\\d is no escape; for a backslash write \\\\ ${list}`, 3],
    ['"\\😀"', `\\😀 is no escape; for a backslash write \\\\ ${list}`, 1],
    ['"\\\n"', `this is no escape; for a backslash write \\\\ ${list}`, 1],
    ['"\\u12g4"', '\\u needs four hexadecimal digits', 1],
    ['"\\u123"', '\\u needs four hexadecimal digits', 1],
    ['"\\u12', '\\u needs four hexadecimal digits', 1],
    ['"\\U0041"', `\\U is no escape; for a backslash write \\\\ ${list}`, 1],
  ])('of %j: %s', (text, sentence, offset) => {
    expect(said(text)).toEqual([sentence, offset])
  })
})

describe('what is no number is whole in the sentence, from its first digit', () => {
  const general = 'a number is digits, and for a float a point or an exponent'

  test.each([
    ['x = 1a;', `1a is no number: ${general}`],
    ['x = 0x1F;', `0x1F is no number: ${general}`],
    ['x = 1_000;', `1_000 is no number: ${general}`],
    ['x = 1.5x;', `1.5x is no number: ${general}`],
    ['x = 1e+;', `1e is no number: ${general}`],
    ['x = 1.5e;', `1.5e is no number: ${general}`],
    ['x = 007;', '007 is no number: it begins with 0'],
    ['x = 00.5;', '00.5 is no number: it begins with 0'],
    ['x = 01e5;', '01e5 is no number: it begins with 0'],
    [`x = 1${'a'.repeat(5_000)};`, `1${'a'.repeat(29)}… is no number: ${general}`],
  ])('%s', (text, sentence) => {
    expect(said(text)).toEqual([sentence, 4])
  })
})

test.each([
  ['#', 'the character # (U+0023) can stand in strings and comments only; a comment begins with //'],
  ['é', 'the character é (U+00E9) can stand in strings and comments only; names are made of A-Z, a-z, 0-9 and _'],
  ['\u0301', 'the character U+0301 can stand in strings and comments only; names are made of A-Z, a-z, 0-9 and _'],
  ['\u00a0', 'a space of another kind (U+00A0) can stand in strings and comments only; write an ordinary one'],
  ['\u2028', 'a space of another kind (U+2028) can stand in strings and comments only; write an ordinary one'],
  ['\u200b', 'the invisible character U+200B can stand in strings and comments only; delete it'],
  ['\ufeff', 'the invisible character U+FEFF can stand in strings and comments only; delete it'],
  ['@', 'the character @ (U+0040) can stand in strings and comments only'],
  ['😀', 'the character 😀 (U+1F600) can stand in strings and comments only'],
  ['\u000b', 'the character U+000B can stand in strings and comments only'],
  ['“', 'strings are written with " at both ends'],
  ['\ud83d', 'the program contains half of a surrogate pair, which is no character'],
])('of %j: %s', (character, sentence) => {
  expect(said(`x = ${character}1;`)).toEqual([sentence, 4])
})
