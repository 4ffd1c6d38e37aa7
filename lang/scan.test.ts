import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from './errors.ts'
import { grammar } from './grammar.ts'
import { parse } from './parse.ts'
import { scan, stringValue } from './scan.ts'
import { reservedWords } from './words.ts'

function isScanned(text: string): boolean {
  try {
    scan(text)
    return true
  } catch (error) {
    if (error instanceof Fault) return false
    throw error
  }
}

const SURROGATE = /\p{Surrogate}/u
const piece = fc.oneof(
  fc.constantFrom(
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\u00e9',
    '\\ud83d\\ude00',
    '\\',
    '\\u12',
    '\\x',
    '\\U0041',
    '"',
    '/*',
    '//',
    '\n',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
)

describe('the scanner and the grammar', () => {
  test('agree on what a string literal is', () => {
    const literal = fc.array(piece, { maxLength: 8 }).map((pieces) => `"${pieces.join('')}"`)
    fc.assert(
      fc.property(literal, (text) => {
        if (!grammar.match(text, 'string').succeeded()) return true
        const value = stringValue(text)
        return isScanned(text) === !SURROGATE.test(value)
      }),
      { numRuns: 1_000 },
    )
  })

  test('refuse the same texts of strings, comments and white space', () => {
    const text = fc.array(fc.oneof(piece, fc.constantFrom(' ', '\t', '"a"', '/* a */', '// a\n', '*/')), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(text, (pieces) => {
        const program = pieces.join('')
        // Whatever the grammar takes for a program, the scanner lets through.
        return !grammar.match(program).succeeded() || SURROGATE.test(program) || isScanned(program)
      }),
      { numRuns: 1_000 },
    )
  })

  test('know the same reserved words', () => {
    for (const word of reservedWords) {
      expect(grammar.match(word, 'reserved').succeeded()).toBe(true)
      expect(grammar.match(word, 'name').succeeded()).toBe(false)
    }
    const words = Object.keys(grammar.rules).filter((rule) => /^[a-z]+Word$/.test(rule))
    expect(words.map((rule) => rule.slice(0, -'Word'.length)).sort()).toEqual([...reservedWords].sort())
  })
})

test('the value of a string literal is what JSON says', () => {
  const escapes = fc.constantFrom(
    '\\n',
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\r',
    '\\t',
    '\\u00E9',
    '\\u0000',
    'a',
    'é',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(escapes), (parts) => {
      const literal = `"${parts.join('')}"`
      return stringValue(literal) === JSON.parse(literal)
    }),
  )
})

test('trees are frozen and know their places', () => {
  const tree = parse('x = "a" + get "b";\nif !x == $p { put x null; } else { get x; }')
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    expect(Object.isFrozen(node)).toBe(true)
    for (const child of Object.values(node)) visit(child)
  }
  visit(tree)
  expect(tree.body).toMatchObject([
    {
      type: 'assignment',
      at: 0,
      value: { type: 'sum', at: 8, first: { at: 4 }, terms: [{ at: 8, operand: { at: 10 } }] },
    },
    { type: 'if', at: 19, branches: [{ condition: { type: 'comparison', operator: '==', at: 25 } }] },
  ])
})
