import type { MatchResult } from 'ohm-js'
import { Fault } from './errors.ts'
import { grammar } from './grammar.ts'
import { reservedWords } from './words.ts'

/** What the parser expected and what stands there instead, in one sentence. `match` has failed. */
export function syntaxFault(text: string, match: MatchResult): Fault {
  const { at, expected } = failureOf(match)
  const found = tokenAt(text, at)
  const shown = found === '' ? 'the end of the program' : found === '"' ? 'a string' : `"${found}"`
  const sentence = `expected ${either(summary(expected))}, found ${shown}${hint(found, expected)}`
  return new Fault('syntax_error', sentence, at)
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
  const names: string[] = []
  for (const { name, text, rule } of GROUPS) {
    const members = [...failureOf(grammar.match(text, rule)).expected].filter((what) => what !== 'the end')
    if (!members.every((what) => left.has(what))) continue
    names.push(name)
    for (const what of members) left.delete(what)
  }
  return left.delete('the end') ? [...left, ...names, 'the end'] : [...left, ...names]
}

/** The token that begins at `at`: of a string its quote, at the end nothing. */
function tokenAt(text: string, at: number): string {
  return TOKEN.exec(text.slice(at, at + TOKEN_UNITS_MAX))?.[0] ?? ''
}

function hint(found: string, expected: ReadonlySet<string>): string {
  if (reservedWords.has(found) && expected.has('a name')) return ', which is a reserved word'
  if (COMPARISONS.has(found) && expected.has('"&&"')) return '; comparisons do not chain'
  if (found === '=' && expected.has('"=="')) return '; to compare, write =='
  return ''
}

function either(what: readonly string[]): string {
  if (what.length <= 1) return what[0] ?? 'something else'
  return `${what.slice(0, -1).join(', ')} or ${what[what.length - 1]}`
}

/** The larger ones first. */
const GROUPS = [
  { name: 'an expression', text: '', rule: 'Expression' },
  { name: 'a key', text: '', rule: 'Key' },
  { name: 'a statement', text: '', rule: 'Statement' },
  { name: 'an operator', text: 'null ;', rule: 'Expression' },
] as const

const SPACES: ReadonlySet<string> = new Set(['a space', 'a comment', '" "', '"\\t"', '"\\n"', '"\\r"'])
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

const TOKEN = /^(?:[A-Za-z0-9_]+|\$[A-Za-z0-9_]*|[=!<>]=|&&|\|\||\?\?|.)/su
/** Longer words are cut. */
const TOKEN_UNITS_MAX = 40
