import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextFault } from '../../lang/errors.ts'
import { grammar } from '../../lang/grammar.ts'
import { scan, type TokenKind } from '../../lang/scan.ts'
import { type Choices, chosen } from './choices.ts'
import { randomCases } from './random-tree.ts'

/** The grammar's rules for the tokens of each kind. */
const RULES: Readonly<Record<TokenKind, readonly string[]>> = {
  word: ['word'],
  parameter: ['parameter'],
  string: ['string'],
  int: ['int', 'lowest'],
  float: ['float'],
  sign: [
    ...['assignSign', 'coalesceSign', 'orSign', 'andSign', 'comparisonSign', 'sumSign', 'productSign', 'notSign'],
    'minusSign',
  ],
}

/** Signs that the grammar writes where it uses them. */
const PUNCTUATION: ReadonlySet<string> = new Set(['(', ')', '[', ']', '{', '}', ',', ';', ':', '.'])

/** Signs that are no part of the language: the parser refuses them wherever they are. */
const STRAY: ReadonlySet<string> = new Set(['&', '|', '?', '$'])

function isOf(token: string, kind: TokenKind): boolean {
  if (kind === 'sign' && (PUNCTUATION.has(token) || STRAY.has(token))) return true
  return RULES[kind].some((rule) => grammar.match(token, rule).succeeded())
}

/** The kind of the only token that a text is; undefined if it is none or several. */
function scanned(text: string): TokenKind | undefined {
  const kinds: TokenKind[] = []
  try {
    scan(text, { token: (start, end, kind) => kinds.push(start === 0 && end === text.length ? kind : 'sign') })
  } catch (error) {
    if (error instanceof TextFault) return undefined
    throw error
  }
  return kinds.length === 1 ? kinds[0] : undefined
}

/** What the grammar allows and the scanner refuses: values that there are not. */
function isBeyond(text: string): boolean {
  if (/^\d+$/.test(text)) return BigInt(text) > 2n ** 63n
  return /^\d/.test(text) && !Number.isFinite(Number(text))
}

const LITERAL_KINDS = ['word', 'parameter', 'string', 'int', 'float'] as const

function expectOneReading(text: string): void {
  const kind = scanned(text)
  for (const each of LITERAL_KINDS) {
    const isKind = isOf(text, each) && !isBeyond(text)
    expect([text, each, isKind]).toEqual([text, each, kind === each])
  }
}

const ALPHABETS: readonly string[] = [
  '0129.eE+-',
  '01239',
  'aZ_09$',
  '"\\u00e9dDx/n',
  '"\\aé😀\n\t',
  '$a_1 ',
  '922337036854758.',
]

const nearTokens = chosen((choices: Choices) => {
  const alphabet = [...choices.pick(ALPHABETS)]
  const inner = choices.list(12, () => choices.pick(alphabet)).join('')
  return alphabet.includes('"') && choices.chance(80) ? `"${inner}"` : inner
}).filter((text) => text !== '')

test('what is nearly a token is one for the scanner where it is one for the grammar', { timeout: 120_000 }, () => {
  const accepted = new Map<TokenKind, number>()
  fc.assert(
    fc.property(nearTokens, (text) => {
      expectOneReading(text)
      const kind = scanned(text)
      if (kind !== undefined) accepted.set(kind, (accepted.get(kind) ?? 0) + 1)
    }),
    { numRuns: 4_000 },
  )
  for (const kind of LITERAL_KINDS) expect(accepted.get(kind) ?? 0).toBeGreaterThan(20)
})

test.each([
  ...[
    '0',
    '00',
    '01',
    '1.',
    '.5',
    '1.5',
    '1.5.',
    '1e5',
    '1e',
    '1e+',
    '1E-5',
    '1.e5',
    '1.5e+07',
    '1_000',
    '0x10',
    '1n',
    '1e999',
  ],
  ...['9223372036854775807', '9223372036854775808', '9223372036854775809', '9223372036854775808.0', '-1', '1 '],
  ...['$', '$a', '$ a', '$1', '$get', 'get', '_', '__proto__', 'a-b', 'é', 'a\u200b'],
  ...['""', '"', '"a', '"\\"', '"\\\\"', '"\\u12"', '"\\uD83D\\uDE00"', '"\\x41"', '"\n"', '"\u0000"', "'a'", '"a"b'],
])('they agree on %j', (text) => {
  expectOneReading(text)
})

test('every token of a program is one of its kind for the grammar', { timeout: 120_000 }, () => {
  const known = new Map<string, boolean>()
  const isKnown = (token: string, kind: TokenKind): boolean => {
    const found = known.get(kind + token) ?? isOf(token, kind)
    known.set(kind + token, found)
    return found
  }
  const joined = chosen((choices: Choices) =>
    choices.list(40, () => choices.pick([...'=!<>&|?+-*/%.:;,()[]{}$a1 '])).join(''),
  )
  fc.assert(
    fc.property(randomCases(true, 20), joined, ({ text }, signs) => {
      for (const each of [text, signs.replaceAll('/*', '').replaceAll('1a', '1 a')]) {
        const tokens: (readonly [string, TokenKind])[] = []
        try {
          scan(each, { token: (start, end, kind) => tokens.push([each.slice(start, end), kind]) })
        } catch (error) {
          if (!(error instanceof TextFault)) throw error
        }
        for (const [token, kind] of tokens) expect([token, kind, isKnown(token, kind)]).toEqual([token, kind, true])
      }
    }),
    { numRuns: 1_500 },
  )
})
