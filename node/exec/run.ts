import { LanguageError, limits, type Program, type RunOptions, type Value, valueBytes } from '../../lang/index.ts'
import { reasonOf } from '../reason.ts'
import { StoreError } from '../store/index.ts'
import type { Layers } from './layers.ts'
import type { Failure, Request, Result } from './requests.ts'
import { entryBytes } from './size.ts'

/** How an execution ended. Nothing has happened yet. */
export interface Ran {
  readonly result: Result
  readonly writes: ReadonlyMap<string, Written>
  /** Never below what the writes take in an encoded patch. */
  readonly bytes: number
}

export interface Written {
  /** Null: delete. */
  readonly value: Value
  readonly version: number
}

/** An execution without writes. */
export function ended(result: Result): Ran {
  return { result, writes: NO_WRITES, bytes: 0 }
}

/**
 * Runs a program on the state that `layers` show. A committed one with writes takes the next revision; one without
 * has the revision that it read at.
 * What goes wrong with the program is its result. Throws only what the store throws.
 */
export function run(
  program: Program,
  layers: Layers,
  parameters: ReadonlyMap<string, Value>,
  options: RunOptions,
): Ran {
  try {
    const { status, value, reads, writes } = program.run(layers, parameters, options)
    if (valueBytes(value) === Number.POSITIVE_INFINITY) return ended(tooDeep('the value given back'))
    if (status === 'aborted') return ended({ type: 'aborted', value, reads })
    let bytes = 0
    for (const [key, written] of writes) bytes += entryBytes(key, written.value)
    if (bytes === Number.POSITIVE_INFINITY) return ended(tooDeep('a value to be stored'))
    const revision = writes.size > 0 ? layers.revision + 1 : layers.revision
    return { result: { type: 'committed', revision, reads, value, complete: true }, writes, bytes }
  } catch (error) {
    // The store's failure is no result of the program: a node that cannot read must end.
    if (error instanceof StoreError) throw error
    return ended(failureOf(error))
  }
}

/**
 * What is wrong with a program's parameters: one that the text names is not given, or the other way round. Null:
 * nothing. The program would find it too; but then it would be the request's recorded result.
 */
export function parameterFailure(program: Program, given: ReadonlyMap<string, Value>): Failure | null {
  try {
    program.checkNames(given)
    return null
  } catch (error) {
    return failureOf(error)
  }
}

/** A language's error with its code and place; anything else is a fault of ours, which still leaves no effect. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof LanguageError)) {
    return failed('internal', `the program could not be executed: ${reasonOf(error)}`)
  }
  const { code, message, position } = error
  if (position === undefined) return failed(code, message)
  return { type: 'failed', code, message, outcome: 'none', position: { line: position.line, column: position.column } }
}

/** A failure that certainly had no effect. */
export function failed(code: Failure['code'], message: string): Failure {
  return { type: 'failed', code, message, outcome: 'none' }
}

/** What a result takes while it waits, roughly. */
export function responseBytes(result: Result): number {
  if (result.type === 'failed') return 0
  let bytes = Math.min(valueBytes(result.value), DEEP_BYTES)
  for (const [key, value] of result.reads) bytes += key.length + Math.min(valueBytes(value), DEEP_BYTES)
  return bytes
}

/** What a request takes while it waits, roughly. */
export function requestBytes(request: Request): number {
  const { kind } = request
  if (kind.type !== 'program') return REQUEST_BYTES
  let bytes = REQUEST_BYTES + kind.text.length
  for (const [name, value] of kind.parameters) bytes += name.length + Math.min(valueBytes(value), DEEP_BYTES)
  return bytes
}

function tooDeep(what: string): Failure {
  return failed('limit_exceeded', `${what} is nested deeper than ${limits.valueNestingMax} lists and maps`)
}

const NO_WRITES: ReadonlyMap<string, Written> = new Map()

const REQUEST_BYTES = 256

/** Counted for a parameter that is nested too deeply to be measured. */
const DEEP_BYTES = 3 * 1024 * 1024
