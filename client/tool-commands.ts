import { readFileSync, writeFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { DecreeError } from './errors.ts'
import { describeExplanation, explanationJson } from './explain-text.ts'
import { describeError, errorJson } from './output.ts'
import { explain, format } from './tools.ts'
import { UsageError } from './usage.ts'

/** What `format` was told. */
export interface FormatOptions {
  readonly check: boolean
  readonly write: boolean
  readonly json: boolean
}

interface Output {
  readonly stdout: Writable
  readonly stderr: Writable
}

/** What became of one program. `name`: its file; null: it came by standard input or `-e`. */
type Formatted =
  | { readonly name: string | null; readonly text: string; readonly formatted: string }
  | { readonly name: string | null; readonly text: string; readonly error: DecreeError }

/** Prints what can be known of the program. Gives the exit status: 1 if it does not compile. */
export async function explainCommand(text: string, json: boolean, { stdout, stderr }: Output): Promise<0 | 1> {
  try {
    const explanation = await explain(text)
    stdout.write(`${json ? explanationJson(explanation) : describeExplanation(explanation)}\n`)
    return 0
  } catch (thrown) {
    const error = DecreeError.from(thrown)
    if (json) stdout.write(`${errorJson(error)}\n`)
    else stderr.write(`${describeError(error, text)}\n`)
    return 1
  }
}

/**
 * Prints the program formatted; with `write` sets the files so instead, with `check` only names those that are not.
 * Gives the exit status: 1 if one of them is no program, or with `check` is not formatted. Throws `UsageError`.
 */
export async function formatCommand(
  files: readonly string[],
  given: string | undefined,
  options: FormatOptions,
  { stdin, stdout, stderr }: Output & { readonly stdin: Readable },
): Promise<0 | 1> {
  const { check, write, json } = options
  if (check && write) throw new UsageError('--check and --write exclude each other.')
  if (write && files.length === 0) throw new UsageError('--write needs files.')
  if (given !== undefined && files.length > 0) throw new UsageError('-e and files exclude each other.')
  if (files.length > 1 && !check && !write) throw new UsageError('several files need --check or --write.')
  const programs =
    files.length > 0
      ? files.map((name) => ({ name, text: readProgram(name) }))
      : [{ name: null, text: given ?? (await readAll(stdin)) }]
  const results = await Promise.all(programs.map(formatted))
  for (const result of results) {
    if (write && result.name !== null && isChanged(result)) writeProgram(result.name, result.formatted)
  }
  if (json) stdout.write(`${formattedJson(results, options)}\n`)
  else for (const result of results) tell(result, options, { stdout, stderr })
  return results.some((result) => 'error' in result || (check && isChanged(result))) ? 1 : 0
}

/** The program in a file. Throws `UsageError` if it cannot be read. */
export function readProgram(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function writeProgram(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function formatted({ name, text }: Pick<Formatted, 'name' | 'text'>): Promise<Formatted> {
  try {
    return { name, text, formatted: await format(text) }
  } catch (error) {
    return { name, text, error: DecreeError.from(error) }
  }
}

function isChanged(result: Formatted): result is Extract<Formatted, { formatted: string }> {
  return 'formatted' in result && result.formatted !== result.text
}

function tell(result: Formatted, { check, write }: FormatOptions, { stdout, stderr }: Output): void {
  const name = result.name ?? 'the program'
  if ('error' in result) {
    stderr.write(`${result.name === null ? '' : `${name}: `}${describeError(result.error, result.text)}\n`)
  } else if (!check && !write) stdout.write(result.formatted)
  else if (isChanged(result)) stdout.write(`${name} ${check ? 'is not formatted' : 'was formatted'}\n`)
}

function formattedJson(results: readonly Formatted[], { check, write }: FormatOptions): string {
  const programs = results.map((result) => {
    const file = result.name === null ? {} : { file: result.name }
    if ('error' in result) {
      const { code, message } = result.error
      return { ...file, code, message }
    }
    return { ...file, changed: isChanged(result), ...(check || write ? {} : { text: result.formatted }) }
  })
  const failed = results.some((result) => 'error' in result)
  return JSON.stringify({ status: failed ? 'error' : 'formatted', programs })
}
