import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { highlight } from './highlight.ts'
import { reservedWords } from './words.ts'

function looks(text: string): readonly string[] {
  return highlight(text).map(({ start, end, look }) => `${look} ${text.slice(start, end)}`)
}

describe('highlight', () => {
  test('tells what each piece of a program is', () => {
    expect(looks('if $p { put "k" len(x) + 1.5; } // c')).toEqual([
      'keyword if',
      'parameter $p',
      'sign {',
      'keyword put',
      'string "k"',
      'function len',
      'sign (',
      'name x',
      'sign )',
      'sign +',
      'number 1.5',
      'sign ;',
      'sign }',
      'comment // c',
    ])
  })

  test('a word is what it is where it stands', () => {
    expect(looks('a.get')).toContain('name get')
    expect(looks('{get: null}')).toEqual(['sign {', 'name get', 'sign :', 'constant null', 'sign }'])
    expect(looks('len = 1')).toContain('name len')
    expect(looks('put len (y)')).toContain('name len')
    expect(looks('scan p after k limit 3')).toEqual([
      'keyword scan',
      'name p',
      'keyword after',
      'name k',
      'keyword limit',
      'number 3',
    ])
    expect(looks('put k limit')).toContain('name limit')
  })

  test.each([
    ['put "k', ['keyword put', 'string "k']],
    ['put "\\', ['keyword put', 'string "\\']],
    ['"\\d" + 1', ['string "\\d"', 'sign +', 'number 1']],
    ['a /* b', ['name a', 'comment /* b']],
    ['a # b', ['name a', 'wrong #', 'name b']],
    ["'a'", ["wrong '", 'name a', "wrong '"]],
    ['99999999999999999999', ['wrong 9']],
  ])('%s, which is no program, has colours all the same', (text, expected) => {
    expect(looks(text).slice(0, expected.length)).toEqual(expected)
  })

  test('of any text the pieces are in order and leave nothing but white space out', () => {
    const text = fc.array(
      fc.oneof(
        fc.constantFrom(
          '"',
          '\\',
          '/*',
          '*/',
          '//',
          '\n',
          ' ',
          'scan',
          'get',
          '1',
          '.',
          '$',
          '{',
          '}',
          '(',
          '!',
          'é',
          '\ud800',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(text, (pieces) => {
        const whole = pieces.join('')
        let at = 0
        for (const { start, end } of highlight(whole)) {
          expect(whole.slice(at, start).trim()).toBe('')
          expect(end).toBeGreaterThan(start)
          at = end
        }
        expect(at).toBeLessThanOrEqual(whole.length)
      }),
    )
  })

  test('nonsense without end takes no time without end', () => {
    expect(highlight('#'.repeat(100_000)).length).toBeLessThan(1_000)
    expect(highlight('('.repeat(60_000)).length).toBeLessThan(60_001)
  })
})

test('the reserved words are those of the grammar', () => {
  const grammar = readFileSync(new URL('./grammar.ohm', import.meta.url), 'utf8')
  const rule = /^ {2}reserved\s+=\s*([\s\S]*?)(?=\n {2}\w)/m.exec(grammar)?.[1] ?? ''
  const names = rule.match(/\w+Word/g) ?? []
  const words = names.map((name) => new RegExp(`^ {2}${name} = "(\\w+)"`, 'm').exec(grammar)?.[1])
  expect([...words].sort()).toEqual([...reservedWords].sort())
})
