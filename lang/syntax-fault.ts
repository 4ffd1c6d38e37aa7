import type { FailedMatchResult } from 'ohm-js'
import { Fault } from './errors.ts'
import { reservedWords } from './words.ts'

/** What the parser expected and what stands there instead, in one sentence. */
export function syntaxFault(text: string, match: FailedMatchResult): Fault {
  const at = match.getRightmostFailurePosition()
  const expected = new Set<string>()
  // White space and comments may stand anywhere, which helps nobody.
  for (const failure of match.getRightmostFailures()) {
    if (!failure.isFluffy() && !UNHELPFUL.has(failure.toString())) expected.add(failure.toString())
  }
  const found = tokenAt(text, at)
  return new Fault('syntax_error', `expected ${either([...expected])}, found ${found}${hint(found, expected)}`, at)
}

/** The token that begins at `at`, in quotes, or what else is there. */
function tokenAt(text: string, at: number): string {
  if (at >= text.length) return 'the end of the program'
  const token = TOKEN.exec(text.slice(at, at + TOKEN_UNITS_MAX))?.[0] ?? ''
  if (token.startsWith('"')) return 'a string'
  return `"${token}"`
}

function hint(found: string, expected: ReadonlySet<string>): string {
  const word = found.slice(1, -1)
  if (reservedWords.has(word) && [...expected].some((what) => NAME_PLACES.has(what))) return ', which is a reserved word'
  if (COMPARISONS.has(word) && expected.has('"&&"')) return '; comparisons do not chain'
  if (word === '=' && expected.has('"=="')) return '; to compare, write =='
  return ''
}

function either(what: readonly string[]): string {
  if (what.length <= 1) return what[0] ?? 'something else'
  return `${what.slice(0, -1).join(', ')} or ${what[what.length - 1]}`
}

const UNHELPFUL: ReadonlySet<string> = new Set(['a space', 'a comment'])
const NAME_PLACES: ReadonlySet<string> = new Set(['a name', 'a key', 'an expression', 'a statement'])
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

const TOKEN = /^(?:[A-Za-z0-9_]+|\$[A-Za-z0-9_]*|"|[=!<>]=|&&|\|\||\?\?|[^])/u
/** Longer words are cut. */
const TOKEN_UNITS_MAX = 40
