import { describe, expect, test } from 'vitest'
import { DecreeError } from './errors.ts'
import { describeError } from './output.ts'

function described(text: string, line: number, column: number): readonly string[] {
  return describeError(new DecreeError('type_error', 'no', { position: { line, column } }), text).split('\n')
}

describe('an error with a place', () => {
  test('is followed by its line and a caret', () => {
    expect(described('get "a";\r\n\tget "😀" - 1;', 2, 10)).toEqual(['error: no', '\tget "😀" - 1;', '\t        ^'])
  })

  test('shows of a long line the part around the place', () => {
    const text = `x = "${'a'.repeat(30_000)}" - 1; // ${'b'.repeat(30_000)}`
    const [, line = '', caret = ''] = described(text, 1, text.indexOf('-') + 1)
    expect(line.length).toBeLessThan(110)
    expect(line.charAt(caret.indexOf('^'))).toBe('-')
  })

  test('is itself only, where the text has no such line or the message shows it', () => {
    expect(described('get "a";', 7, 1)).toEqual(['error: no'])
    const error = new DecreeError('syntax_error', 'no\nx\n^', { position: { line: 1, column: 1 } })
    expect(describeError(error, 'x')).toBe('error: no\nx\n^')
  })
})
