import type { MatchResult } from 'ohm-js'
import { Fault } from './errors.ts'
import { grammar } from './grammar.ts'
import { MARKS } from './shape-writer.ts'
import { shown as shorten } from './shown.ts'
import { syntaxHint } from './syntax-hint.ts'
import type { Tokens } from './tokens.ts'
import { reservedWords } from './words.ts'

/**
 * What the parser expected and what stands there instead, in one sentence. `text`: the text or shape that was matched, in
 * vain; `tokens`: its own.
 */
export function syntaxFault(text: string, match: MatchResult, tokens: Tokens): Fault {
  const { at, expected } = failureOf(match)
  const number = tokens.numberBehind(at)
  const token = (index: number) => (index < 0 ? '' : text.slice(...tokens.range(index, text)))
  const found = token(number)
  if (isLowest(found)) return new Fault('overflow', BEYOND_INT, number)
  if (COMPARISONS.has(found) && expected.has('"&&"')) return new Fault('syntax_error', CHAINED, number)
  const hint = syntaxHint({
    found,
    next: token(number + 1),
    before: (distance) => token(number - distance),
    expected,
    isString,
    isNumber,
  })
  const sentence = `expected ${either(summary(expected))}, found ${shown(found, expected)}${hint || compareHint(found, expected)}`
  return new Fault('syntax_error', sentence, number)
}

/** A part of Ohm's match results that its types do not declare; they do for the same list joined into a sentence. */
interface Failed {
  getRightmostFailurePosition(): number
  getRightmostFailures(): readonly { toString(): string }[]
}

function failureOf(match: MatchResult): { readonly at: number; readonly expected: ReadonlySet<string> } {
  const failed = match as unknown as Failed
  const expected = new Set<string>()
  for (const failure of failed.getRightmostFailures()) {
    const what = failure.toString()
    // White space and comments may stand anywhere, which helps nobody.
    if (!SPACES.has(what)) expected.add(what === 'end of input' ? 'the end' : what)
  }
  return { at: failed.getRightmostFailurePosition(), expected }
}

/** Names whole groups instead of their members: each is what the grammar expects at a certain place. */
function summary(expected: ReadonlySet<string>): readonly string[] {
  const left = new Set(expected)
  // Behind any name a call's bracket would fit, which helps nobody.
  if (expected.has('"??"')) left.delete('"("')
  const names: string[] = []
  for (const { name, members } of groups()) {
    if (!members.every((what) => left.has(what))) continue
    names.push(name)
    for (const what of members) left.delete(what)
  }
  return left.delete('the end') ? [...left, ...names, 'the end'] : [...left, ...names]
}

interface Group {
  readonly name: string
  readonly members: readonly string[]
}

let known: readonly Group[] | null = null

function groups(): readonly Group[] {
  known ??= GROUPS.map(({ name, text, rule }) => {
    return { name, members: [...failureOf(grammar.match(text, rule)).expected].filter((what) => what !== 'the end') }
  })
  return known
}

function shown(token: string, expected: ReadonlySet<string>): string {
  if (token === '') return 'the end of the program'
  if (isString(token)) return 'a string'
  if (isNumber(token)) return 'a number'
  const quoted = `"${shorten(token)}"`
  return reservedWords.has(token) && expected.has('a name') ? `${quoted}, which is a reserved word` : quoted
}

function isString(token: string): boolean {
  return token === MARKS.string || token.startsWith('"')
}

function isNumber(token: string): boolean {
  return NUMBER_MARKS.includes(token) || /^\d/.test(token)
}

function isLowest(token: string): boolean {
  return token === MARKS.lowest || token === LOWEST
}

function compareHint(found: string, expected: ReadonlySet<string>): string {
  return found === '=' && expected.has('"=="') ? '; to compare, write ==' : ''
}

function either(what: readonly string[]): string {
  if (what.length <= 1) return what[0] ?? 'something else'
  return `${what.slice(0, -1).join(', ')} or ${what[what.length - 1]}`
}

/** The larger ones first. */
const GROUPS = [
  { name: 'an expression', text: '', rule: 'Expression' },
  { name: 'a value', text: '', rule: 'Postfix' },
  { name: 'a key', text: '', rule: 'Key' },
  { name: 'a key', text: '', rule: 'MapKey' },
  { name: 'a statement', text: '', rule: 'Statement' },
  { name: 'an operator', text: 'null ;', rule: 'Expression' },
] as const

const SPACES: ReadonlySet<string> = new Set(['a space', 'a comment', '" "', '"\\t"', '"\\n"', '"\\r"', '"\\u0001"'])
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

const LOWEST = '9223372036854775808'
const BEYOND_INT = `${LOWEST} is beyond the range of int, 64 bits, unless it stands right behind a minus sign`
const CHAINED = 'comparisons do not chain; put one in parentheses, or join two by &&'
const NUMBER_MARKS: readonly string[] = [MARKS.int, MARKS.float, MARKS.lowest]
