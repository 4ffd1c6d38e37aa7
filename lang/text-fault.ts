import { TextFault } from './errors.ts'
import { shown } from './shown.ts'
import { positionAt } from './source.ts'
import { isWellFormed } from './text.ts'

/** What can be wrong with single characters and literals, as the faults that say so. Offsets are in UTF-16 units. */

/** A character that begins no token. */
export function strangeCharacter(text: string, at: number): TextFault {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (!isWellFormed(character)) return halfCharacter('the program', at)
  if (QUOTES.includes(character)) return syntax('strings are written with " at both ends', at)
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const [what, advice] = nameOf(character, code)
  return syntax(`${what} can stand in strings and comments only${advice}`, at)
}

function nameOf(character: string, code: string): readonly [what: string, advice: string] {
  if (SPACE.test(character)) return [`a space of another kind (${code})`, '; write an ordinary one']
  if (INVISIBLE.test(character)) return [`the invisible character ${code}`, '; delete it']
  if (character === '#') return [`the character # (${code})`, '; a comment begins with //']
  if (LETTER.test(character)) {
    // By itself a mark would be shown upon what is before it.
    const what = MARK.test(character) ? code : `${character} (${code})`
    return [`the character ${what}`, '; names are made of A-Z, a-z, 0-9 and _']
  }
  return [`the character ${VISIBLE.test(character) ? `${character} (${code})` : code}`, '']
}

/** `start`: of the string; `suspect`: of an earlier one that goes on behind its line, which may lack the quote itself. */
export function unclosedString(text: string, start: number, suspect: number | undefined): TextFault {
  const sentence = 'this string has no closing quote'
  if (suspect === undefined) return syntax(sentence, start)
  const { line } = positionAt(text, suspect)
  return syntax(`${sentence}; or the string that begins in line ${line} was meant to end there`, start)
}

/** At a backslash. */
export function noEscape(text: string, at: number): TextFault {
  const character = String.fromCodePoint(text.codePointAt(at + 1) ?? 0)
  if (character === 'u') return syntax('\\u needs four hexadecimal digits', at)
  const written = VISIBLE.test(character) ? `\\${character}` : 'this'
  return syntax(`${written} is no escape; for a backslash write \\\\ (there are ${ESCAPES})`, at)
}

/** `written`: what stands there instead of a number, up to where it cannot go on. */
export function noNumber(written: string, at: number): TextFault {
  const reason = PADDED.test(written)
    ? 'it begins with 0'
    : 'a number is digits, and for a float a point or an exponent'
  return syntax(`${shown(written)} is no number: ${reason}`, at)
}

export function unclosedComment(at: number): TextFault {
  return syntax('this comment has no closing */', at)
}

/** `what` contains half of a surrogate pair. */
export function halfCharacter(what: string, at: number): TextFault {
  return syntax(`${what} contains half of a surrogate pair, which is no character`, at)
}

function syntax(message: string, at: number): TextFault {
  return new TextFault({ code: 'syntax_error', message }, at)
}

const QUOTES = "'`‘’“”«»"
const SPACE = /\p{Z}/u
const INVISIBLE = /\p{Cf}/u
const LETTER = /[\p{L}\p{M}\p{N}]/u
const MARK = /\p{M}/u
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u
const PADDED = /^0\d/
const ESCAPES = '\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits'
