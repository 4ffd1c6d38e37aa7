/** A place in a program's text: line and column from 1, the column in code points. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Lines end at a line feed. `offset` is in UTF-16 units and may be the text's length. */
export function positionAt(text: string, offset: number): Position {
  let line = 1
  let start = 0
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', start)) {
    line += 1
    start = next + 1
  }
  return { line, column: codePoints(text.slice(start, offset)) + 1 }
}

/** The offset of a place, in UTF-16 units; undefined where the text has no such line. */
export function offsetAt(text: string, { line, column }: Position): number | undefined {
  let start = 0
  for (let above = line - 1; above > 0; above -= 1) {
    start = text.indexOf('\n', start) + 1
    if (start === 0) return undefined
  }
  let offset = start
  for (let left = column - 1; left > 0 && offset < text.length; left -= 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  }
  return offset
}

/** The line of the text that `offset` is in, and a line with a caret under the place; of a long line, the part around it. */
export function excerptAt(text: string, offset: number): string {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  const next = text.indexOf('\n', offset)
  const end = next === -1 ? text.length : next
  // A code point is at most two units, so that these slices hold all that is shown.
  let before = Array.from(text.slice(Math.max(start, offset - 2 * BEFORE_MAX - 2), offset))
  let after = Array.from(text.slice(offset, Math.min(end, offset + 2 * AFTER_MAX + 2)))
  if (before.length > BEFORE_MAX || start < offset - 2 * BEFORE_MAX - 2) before = ['…', ...before.slice(-BEFORE_MAX)]
  if (after.length > AFTER_MAX || end > offset + 2 * AFTER_MAX + 2) after = [...after.slice(0, AFTER_MAX), '…']
  const pad = before.map((character) => (character === '\t' ? '\t' : ' ')).join('')
  return `${printable([...before, ...after])}\n${pad}^`
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** Control characters would move the cursor, and lone surrogates cannot be sent: both are shown as a mark. */
function printable(characters: readonly string[]): string {
  return characters
    .map((character) => (UNPRINTABLE.test(character) ? '\ufffd' : character))
    .join('')
    .trimEnd()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\u0000-\u0008\u000a-\u000c\u000e-\u001f\u007f-\u009f]|\p{Surrogate}/u

/** Code points shown before and behind the place, so that a line fits a terminal. */
const BEFORE_MAX = 60
const AFTER_MAX = 40
