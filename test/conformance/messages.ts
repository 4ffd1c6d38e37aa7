import type { Value } from '../../lang/index.ts'
import type { Entry } from './case.ts'
import { expand, parseValue, readValue } from './notation.ts'

/** A program that somebody may write, and that is wrong. */
export interface Mistake {
  /** Where in the file it begins, from 1. */
  readonly line: number
  readonly before: ReadonlyMap<string, Entry>
  readonly parameters: ReadonlyMap<string, Value>
  readonly program: string
}

/**
 * The mistakes of a file: paragraphs of `before` and `given` lines and of a program, indented by four, as in the cases;
 * lines that begin with `| ` are what was recorded. All else is commentary.
 */
export function parseMistakes(text: string): readonly Mistake[] {
  const mistakes: Mistake[] = []
  paragraphs(text, (_, mistake) => {
    if (mistake !== null) mistakes.push(mistake)
    return []
  })
  return mistakes
}

/** The same file with what `tell` says of each mistake behind it. */
export function record(text: string, tell: (mistake: Mistake) => string): string {
  return paragraphs(text, (lines, mistake) => {
    if (mistake === null) return lines
    const said = tell(mistake).split('\n')
    return [...lines.filter((line) => !line.startsWith('|')), ...said.map((line) => `| ${line}`.trimEnd())]
  })
}

function paragraphs(
  text: string,
  act: (lines: readonly string[], mistake: Mistake | null) => readonly string[],
): string {
  let line = 1
  const kept: string[] = []
  for (const paragraph of text.split('\n\n')) {
    const lines = paragraph.split('\n').filter((each) => each !== '')
    kept.push(act(lines, mistakeOf(lines, line)).join('\n'))
    line += paragraph.split('\n').length + 1
  }
  return `${kept.join('\n\n')}\n`
}

function mistakeOf(lines: readonly string[], line: number): Mistake | null {
  const program = lines.filter((each) => each.startsWith('    ')).map((each) => expand(each.slice(4)))
  if (program.length === 0) return null
  const before = new Map<string, Entry>()
  const parameters = new Map<string, Value>()
  for (const each of lines) {
    const [, keyword, rest = ''] = /^(before|given) (.*)$/.exec(each) ?? []
    if (keyword === 'before') {
      const [key, value] = readValue(expand(rest))
      before.set(String(key), { value: parseValue(value.slice(3)), version: 0, revision: 1 })
    } else if (keyword === 'given') {
      const [, name = '', value = ''] = /^\$(\w+) = (.*)$/.exec(expand(rest)) ?? []
      parameters.set(name, parseValue(value))
    } else if (!/^( {4}|\|)/.test(each)) throw new Error(`test/conformance/messages.txt:${line}: what is ${each}?`)
  }
  return { line, before, parameters, program: program.join('\n') }
}
