import { LanguageError, type ProgramView, type RunResult, type Written } from '../../../lang/index.ts'
import { type Json, show } from '../json.ts'
import { type Entry, isCertain } from './entry.ts'
import { isToldBy, toJson } from './values.ts'

/** What a program gives, run again, beside what its client was told. */
export type Rerun =
  | { readonly type: 'same'; readonly writes: ReadonlyMap<string, Written> }
  | {
      readonly type: 'other'
      /** Reads that differ; null: it may be due to any key that the program looks at. */
      readonly keys: readonly string[] | null
      /** What differs, as the end of a sentence. */
      readonly difference: string
    }

/** Runs a committed or aborted program on a state, and compares what it gives with what was told. */
export function rerun(entry: Entry, state: ProgramView): Rerun {
  const { operation } = entry
  const result = execute(entry, state)
  if (typeof result === 'string') return { type: 'other', keys: null, difference: `fails: ${result}` }
  const { reads, value } = operation.answer
  const keys = differingReads(entry, result)
  const [key] = keys
  if (key !== undefined) {
    const found = result.reads.get(key)
    const saw = reads !== undefined && Object.hasOwn(reads, key) ? reads[key] : undefined
    const difference = `reads ${shown(found === undefined ? undefined : toJson(found))} from ${show(key)}, not ${shown(saw)}`
    return { type: 'other', keys, difference }
  }
  const cause = isCertain(entry) ? [] : null
  if (result.status !== operation.outcome) {
    return { type: 'other', keys: cause, difference: `is ${result.status}, not ${operation.outcome}` }
  }
  if (value !== undefined && !isToldBy(result.value, value)) {
    return { type: 'other', keys: cause, difference: `gives ${show(toJson(result.value))}, not ${show(value)}` }
  }
  return { type: 'same', writes: result.writes }
}

/** What an unknown program would write on a state. */
export function writesOf(entry: Entry, state: ProgramView): ReadonlyMap<string, Written> {
  const result = execute(entry, state)
  return typeof result === 'string' ? NO_WRITES : result.writes
}

function execute({ program, parameters }: Entry, state: ProgramView): RunResult | string {
  try {
    // Whoever ran it may have been configured to allow more than this program would be allowed here.
    return program.run(state, parameters, { costMax: Number.POSITIVE_INFINITY })
  } catch (error) {
    if (error instanceof LanguageError) return error.message
    throw error
  }
}

function differingReads({ operation }: Entry, { reads }: RunResult): readonly string[] {
  const told = operation.answer.reads
  if (told === undefined) return []
  const keys: string[] = []
  for (const [key, value] of reads) {
    if (!Object.hasOwn(told, key) || !isToldBy(value, told[key])) keys.push(key)
  }
  for (const key of Object.keys(told)) if (!reads.has(key)) keys.push(key)
  return keys
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : show(value)
}

const NO_WRITES: ReadonlyMap<string, Written> = new Map()
