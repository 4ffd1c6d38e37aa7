import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from './errors.ts'
import { grammar } from './grammar.ts'
import { parseDirectly, parseShape } from './parse.ts'
import { scan } from './scan.ts'
import { MARKS, SEPARATOR } from './shape-writer.ts'
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

/** The shape for people: tokens with a space between them, literals by the first letter of their kind. */
function shapeOf(text: string): string {
  const { shape } = scan(text)
  const kinds = Object.entries(MARKS)
  return shape
    .split(SEPARATOR)
    .map((token) => kinds.find(([, mark]) => mark === token)?.[0] ?? token)
    .join(' ')
}

/** The value of a string literal by itself. */
function stringValue(literal: string): unknown {
  return scan(literal).literals[0]
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
        const value: unknown = JSON.parse(Array.from(text, (one) => (one < ' ' ? ' ' : one)).join(''))
        return isScanned(text) === !SURROGATE.test(String(value))
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
    const free = words.filter((rule) => !NOT_RESERVED.includes(rule)).map((rule) => rule.slice(0, -'Word'.length))
    expect(free.sort()).toEqual([...reservedWords].sort())
  })

  test.each(['0', '7', '12', '1.5', '0.5', '10e3', '1E-3', '1.25e+10', '9223372036854775807', '9223372036854775808'])(
    'take %s for one number',
    (text) => {
      expect(scan(text).tokens).toBe(1)
      expect(grammar.match(text, 'number').succeeded() || grammar.match(text, 'lowest').succeeded()).toBe(true)
    },
  )

  test.each(['01', '1a', '1e', '1_000', '0x10', '1.5e', '1.5x', '00'])('refuse %s', (text) => {
    expect(isScanned(text)).toBe(false)
    expect(grammar.match(text, 'number').succeeded()).toBe(false)
  })
})

describe('a shape', () => {
  test.each([
    ['get "a"; // comment', 'get string ;'],
    ['x=-1+2.0*$p;', 'x = - int + float * $p ;'],
    ['x = a <= b && !c != d ?? e;', 'x = a <= b && ! c != d ?? e ;'],
    ['a = = b', 'a = = b'],
    ['a == b', 'a == b'],
    ['a ? ? b & & c | | d', 'a ? ? b & & c | | d'],
    ['a.version[0]', 'a . version [ int ]'],
    ['1 .5', 'int . int'],
    ['1.5', 'float'],
    ['true null false', 'true null false'],
    ['-9223372036854775808', '- lowest'],
    ['$ a $b', '$ a $b'],
    ['a/**/b', 'a b'],
    ['ab', 'ab'],
    ['', ''],
  ])('of %j is %j', (text, shape) => {
    expect(shapeOf(text)).toBe(shape)
  })

  test('has its literals beside it', () => {
    const { literals, tokens } = scan('x = ["a\n", 1, 1.0, 9223372036854775807, 1e3, ""];')
    expect(literals).toEqual(['a\n', 1n, 1, 2n ** 63n - 1n, 1000, ''])
    expect(tokens).toBe(16)
  })

  test('of a text cannot be written into another text', () => {
    const { shape } = scan('put "a" 1;')
    expect(isScanned(shape)).toBe(false)
    for (const mark of [SEPARATOR, ...Object.values(MARKS)]) {
      expect(isScanned(mark)).toBe(false)
      expect(scan(`"${mark}"`)).toMatchObject({ shape: MARKS.string, literals: [mark] })
    }
  })
})

test.each([
  ['9223372036854775809', 'overflow'],
  ['1e999', 'overflow'],
  ["'a'", 'syntax_error'],
  ['\u{e9}', 'syntax_error'],
])('%s is refused with %s', (text, code) => {
  expect(() => scan(text)).toThrow(expect.objectContaining({ code, offset: 0 }))
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

test('trees are frozen and know their tokens', () => {
  const { shape } = scan('x = "a" + get "b";\nif !x == $p { put x null; } else { get x; }')
  const outcome = parseShape({ type: 'parse', shape })
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    expect(Object.isFrozen(node)).toBe(true)
    for (const child of Object.values(node)) visit(child)
  }
  if (outcome.type === 'fault') throw new Error(outcome.sentence)
  visit(outcome.tree)
  expect(outcome.tree.body).toMatchObject([
    {
      type: 'assignment',
      at: 0,
      value: {
        type: 'sum',
        at: 3,
        first: { at: 2, slot: 0 },
        terms: [{ at: 3, operand: { at: 4, key: { slot: 1 } } }],
      },
    },
    { type: 'if', at: 7, branches: [{ condition: { type: 'comparison', operator: '==', at: 10 } }] },
  ])
})

test.each([
  'get "a"; put $k -1.5;',
  'if x { } else if y { } else { return [1, {a: "b"}]; }',
  'x = = 1;',
  'get "a"',
  '',
])('the shape of %j gives the tree, or the fault, that its text gives', (text) => {
  expect(parseShape({ type: 'parse', shape: scan(text).shape })).toEqual(parseDirectly(text))
})

const NOT_RESERVED = ['afterWord', 'limitWord', 'readWord']
