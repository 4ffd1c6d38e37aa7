import { DecreeError } from '../../client/errors.ts'
import { formatValue } from '../../client/json.ts'
import { describeAnswer, describeError } from '../../client/output.ts'
import { parseParameters } from '../../client/parameters.ts'
import { encodeProgram, mayWrite, type Parameters } from '../../client/program.ts'
import type { Session } from '../../client/session.ts'
import { type Block, cellsOf } from './blocks.ts'

/** A program in a row of a table, and what it must give. */
export interface Example {
  readonly line: number
  readonly text: string
  readonly expected: string
}

/** What came of a program. */
export interface Outcome {
  readonly status: 'committed' | 'aborted' | 'failed'
  /** What the prompt prints, without a `result` that is empty. */
  readonly lines: readonly string[]
  /** The value, or `aborted: ` and the value, or the error's code. */
  readonly brief: string
}

const PARAMETER_LINE = /^\/\/ (\$\w+ = .*)$/

/**
 * Parameters that a program's first lines name, in comments: `// $from = "ann", $amount = 5`. Values are JSON, as behind
 * the client's `--param`.
 */
export function parametersOf(text: string): Parameters {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !PARAMETER_LINE.test(line))
  const given = lines.slice(0, end < 0 ? undefined : end).flatMap((line) => {
    const pairs = PARAMETER_LINE.exec(line)?.[1] ?? ''
    return pairs.split(/, (?=\$\w+ = )/)
  })
  return parseParameters(given.map((pair) => pair.replace(' = ', '=')))
}

export async function runExample(session: Session, text: string, timeoutMs = 30_000): Promise<Outcome> {
  try {
    const program = encodeProgram(text, parametersOf(text))
    const answer = await session.execute(program, mayWrite(text), { timeoutMs })
    const lines = describeAnswer(answer).filter((line) => line !== 'result: {}')
    const value = formatValue(answer.value.value, 'spaced')
    const isCommitted = answer.$case === 'committed'
    return { status: answer.$case, lines, brief: isCommitted ? value : `aborted: ${value}` }
  } catch (thrown) {
    const error = DecreeError.from(thrown)
    return { status: 'failed', lines: describeError(error, text).split('\n'), brief: error.code }
  }
}

/** Whether `actual` is what a page shows: the same, but for any characters where the page has `…`. */
export function isAsShown(shown: string, actual: string): boolean {
  const parts = shown.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.+')}$`, 's').test(actual)
}

/** The columns of a table whose rows are run, and what the column behind says they give. */
const RUN = /^\| .*\b(expression|Decree) \| gives \|/

/** Whether the table is one of examples. */
export function isExampleTable({ language, text }: Block): boolean {
  return language === 'table' && RUN.test(text)
}

/**
 * Rows of a table of examples. In the column `expression` stand expressions, in the column `Decree` programs, or words,
 * which are no examples. Where the column `gives` is empty the program gives null.
 */
export function examplesOf({ text, line }: Block): readonly Example[] {
  const [head = '', , ...rows] = text.split('\n')
  const gives = cellsOf(head).indexOf('gives')
  const isExpression = cellsOf(head)[gives - 1] === 'expression'
  return rows.flatMap((row, index) => {
    const cells = cellsOf(row)
    const code = codeOf(cells[gives - 1] ?? '')
    if (code === null && isExpression) throw new Error(`line ${line + 2 + index}: where is the expression? ${row}`)
    if (code === null) return []
    const example = isExpression ? `return ${code};` : code
    return [{ line: line + 2 + index, text: example, expected: codeOf(cells[gives] ?? '') ?? 'null' }]
  })
}

/** A cell's code, without its marks, parts on lines of their own as lines; null for a cell with anything else in it. */
function codeOf(cell: string): string | null {
  const parts = cell.split('<br>').map((part) => /^(`+)(.*)\1$/s.exec(part.trim())?.[2])
  return parts.some((part) => part === undefined || part.includes('`')) ? null : parts.join('\n').replaceAll('\\|', '|')
}
