import { digitsEnd } from './ascii.ts'

/** Where the exponent that begins at `start` ends; `start` if there is none. */
export function exponentEnd(text: string, start: number): number {
  const unit = text.charCodeAt(start)
  if (unit !== LOWER_E && unit !== UPPER_E) return start
  const sign = text.charCodeAt(start + 1)
  const digits = start + (sign === PLUS || sign === MINUS ? 2 : 1)
  const end = digitsEnd(text, digits)
  return end === digits ? start : end
}

/** Where the escape ends whose backslash is at `start`; `start` if there is none. At the end of the text: behind it. */
export function escapeEnd(text: string, start: number): number {
  // The string has no closing quote either, which is said then.
  if (start + 1 === text.length) return start + 1
  if (ESCAPED.includes(text.charAt(start + 1))) return start + 2
  return UNICODE_ESCAPE.test(text.slice(start, start + 6)) ? start + 6 : start
}

/** The value of what stands between a string's quotes. */
export function unescaped(content: string): string {
  return content.replace(ESCAPES, (sequence) => {
    const character = sequence.charAt(1)
    if (character === 'u') return String.fromCharCode(Number.parseInt(sequence.slice(2), 16))
    return SHORT_ESCAPES.get(character) ?? character
  })
}

const [LOWER_E, UPPER_E, PLUS, MINUS] = [0x65, 0x45, 0x2b, 0x2d]

const ESCAPED = '"\\/bfnrt'
const UNICODE_ESCAPE = /^\\u[0-9a-fA-F]{4}$/
const ESCAPES = /\\(?:u[0-9a-fA-F]{4}|[^u])/g
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
