import { isDeepStrictEqual } from 'node:util'
import { Fault, LanguageError, type LanguageErrorCode } from '../../lang/errors.ts'
import { BoundProgram, type Program } from '../../lang/program.ts'
import type { RunResult } from '../../lang/run.ts'
import { scan } from '../../lang/scan.ts'
import { shapeOfTree } from '../../lang/shape.ts'
import type { Position } from '../../lang/source.ts'
import { type Case, counter, runNaively } from './naive.ts'
import { toJson } from './naive-json.ts'
import { viewOf } from './naive-store.ts'
import { compareStrings } from './naive-values.ts'
import type { LaidOut } from './print.ts'
import { render } from './spelling.ts'

/** What the interpreter under test gives. `at`: the token blamed; undefined: none. */
export type Real =
  | { readonly type: 'result'; readonly result: RunResult }
  | {
      readonly type: 'error'
      readonly code: LanguageErrorCode
      readonly limit?: string
      readonly at: number | undefined
    }

/** A tree compiled as it is: no text is parsed. */
export function compileTree({ program, literals, tokens }: LaidOut): Program {
  // One token to a line: the line of an error is the number of its token.
  return new BoundProgram(render(tokens, null), shapeOfTree(program), literals)
}

export function runReally(program: () => Program, { state, parameters, nowMs }: Case, text: string | null): Real {
  try {
    return { type: 'result', result: program().run(viewOf(state), parameters, { nowMs, uuid: counter() }) }
  } catch (error) {
    if (error instanceof LanguageError) {
      const { code, limit, position } = error
      const at = position && (text === null ? position.line - 1 : tokenAt(text, position))
      return { type: 'error', code, at, ...(limit && { limit: limit.name }) }
    }
    if (error instanceof Fault) return { type: 'error', code: error.code, at: error.at }
    throw error
  }
}

/** How a case ended, on both sides; or that it cost too much, of which the naive side knows nothing. */
export type Ending = 'committed' | 'wrote' | 'aborted' | 'skipped' | LanguageErrorCode

/**
 * Throws, with everything needed to see why, if the two interpreters disagree. The real one compiles the tree, unless it
 * is given the text.
 */
export function agree(given: Case & LaidOut, text: string | null = null, program = () => compileTree(given)): Ending {
  const real = runReally(program, given, text)
  if (real.type === 'error' && real.limit === 'costMax') return 'skipped'
  const naive = runNaively(given)
  if (naive.type === 'result' && real.type === 'result') {
    if (!isDeepStrictEqual(flat(real.result), flat(naive.result))) throw disagreement(given, real, naive)
    const { status, writes } = real.result
    return status === 'aborted' ? 'aborted' : writes.size > 0 ? 'wrote' : 'committed'
  }
  if (naive.type === 'result' || real.type === 'result') throw disagreement(given, real, naive)
  const { faults } = naive
  const isExpected = faults.some(({ code, at }) => code === real.code && (at === null || at === real.at))
  if (!isExpected) throw disagreement(given, real, naive)
  return real.code
}

/** The number of the token at a place; -1 if none begins there. */
function tokenAt(text: string, { line, column }: Position): number {
  const rows = text.split('\n').slice(0, line)
  const last = [...(rows.pop() ?? '')].slice(0, column - 1).join('')
  const offset = [...rows, last].join('\n').length
  let token = -1
  let count = 0
  scan(text, {
    token: (start) => {
      if (start === offset) token = count
      count += 1
    },
  })
  return token
}

/** Maps as lists of entries: their order counts, but for that of the writes. */
function flat({ status, value, reads, writes }: RunResult): unknown {
  const written = [...writes].sort(([a], [b]) => compareStrings(a, b))
  return { status, value: flatValue(value), reads: flatValue([...reads]), writes: flatValue(written) }
}

function flatValue(value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [key, flatValue(item)]) }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(flatValue)
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(flatValue)
  return value
}

function disagreement(given: Case & LaidOut, real: Real, naive: ReturnType<typeof runNaively>): Error {
  const { state, parameters, tokens } = given
  const entries = [...state.entries].map(([key, { value, version, revision }]) => {
    return `  ${JSON.stringify(key)} version ${version} revision ${revision}: ${toJson(value)}`
  })
  const expected =
    naive.type === 'result' ? shown(naive.result) : naive.faults.map(({ message }) => message).join(' or ')
  return new Error(
    [
      `program: ${tokens.join(' ')}`,
      `parameters: ${[...parameters].map(([name, value]) => `${name} = ${toJson(value)}`).join(', ')}`,
      `state at revision ${state.revision}:`,
      ...entries,
      `naive: ${expected}`,
      `real:  ${real.type === 'result' ? shown(real.result) : `${real.code} at ${real.at} (${tokens[real.at ?? -1]})`}`,
    ].join('\n'),
  )
}

function shown({ status, value, reads, writes }: RunResult): string {
  const written = [...writes].map(
    ([key, { value, version }]) => `${JSON.stringify(key)}: ${toJson(value)} version ${version}`,
  )
  return `${status} ${toJson(value)} reads ${toJson(reads)} writes ${written.join(', ')}`
}
