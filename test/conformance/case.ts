import type { LanguageErrorCode, Limit, Value } from '../../lang/index.ts'
import { formatValue, shorten } from './notation.ts'

/** One fact about the language: what is there before, what runs, and everything that happens. */
export interface Case {
  /** A sentence. No two cases of all files have the same. */
  readonly title: string
  /** `file:line` of the title. */
  readonly place: string
  /** Its lines, title included. */
  readonly source: string
  readonly before: ReadonlyMap<string, Entry>
  readonly parameters: ReadonlyMap<string, Value>
  readonly program: string
  readonly outcome: Outcome
  /** In the order of their keys. */
  readonly reads: ReadonlyMap<string, Value>
  /** What was written; null: deleted. */
  readonly writes: ReadonlyMap<string, Write>
}

/** A key's state. */
export interface Entry extends Write {
  /** Of the transaction that wrote it, from 1. */
  readonly revision: number
}

/** What a transaction leaves under a key. */
export interface Write {
  /** Null: the key is absent, and its version 0. */
  readonly value: Value
  readonly version: number
}

export type Outcome =
  | { readonly type: 'committed'; readonly value: Value }
  | { readonly type: 'aborted'; readonly value: Value }
  | Refusal

export interface Refusal {
  readonly type: 'uncompiled' | 'failed'
  readonly code: LanguageErrorCode
  readonly limit: Limit | null
  readonly position: { readonly line: number; readonly column: number } | null
}

/** What happened, whoever ran it. */
export interface Account {
  readonly outcome: Outcome
  readonly reads: ReadonlyMap<string, Value>
  /** Of the result; of the store, if there was none. */
  readonly revision: number
  /** What the run says that it writes; undefined where that is not told. */
  readonly writes?: ReadonlyMap<string, Write>
  /** The whole store afterwards, without absent keys. */
  readonly state: ReadonlyMap<string, Entry>
}

/** The revision of a store with these entries. */
export function revisionOf(entries: ReadonlyMap<string, Entry>): number {
  return Math.max(0, ...[...entries.values()].map(({ revision }) => revision))
}

/** What a case says that happens. */
export function expectedAccount({ before, outcome, reads, writes }: Case): Account {
  const revision = revisionOf(before) + (writes.size > 0 ? 1 : 0)
  const state = new Map(before)
  for (const [key, write] of writes) {
    if (write.value === null) state.delete(key)
    else state.set(key, { ...write, revision })
  }
  return { outcome, reads, revision, writes, state }
}

/** An account as text, line by line, for comparison. */
export function tell({ outcome, reads, revision, writes, state }: Account): string {
  const lines = [tellOutcome(outcome), `revision ${revision}`]
  for (const [key, value] of reads) lines.push(`reads ${JSON.stringify(key)} = ${formatValue(value)}`)
  for (const [key, write] of sorted(writes ?? new Map<string, Write>())) {
    lines.push(`writes ${JSON.stringify(key)} = ${formatValue(write.value)} (version ${write.version})`)
  }
  for (const [key, entry] of sorted(state)) {
    const marks = `(version ${entry.version}, revision ${entry.revision})`
    lines.push(`after ${JSON.stringify(key)} = ${formatValue(entry.value)} ${marks}`)
  }
  return lines.map(shorten).join('\n')
}

function tellOutcome(outcome: Outcome): string {
  switch (outcome.type) {
    case 'committed':
      return `returns ${formatValue(outcome.value)}`
    case 'aborted':
      return `aborts ${formatValue(outcome.value)}`
    case 'uncompiled':
    case 'failed': {
      const { code, limit, position } = outcome
      const place = position === null ? '' : ` at line ${position.line}, column ${position.column}`
      const what = outcome.type === 'failed' ? 'fails' : 'does not compile'
      return `${what}: ${code}${limit === null ? '' : ` (${limit})`}${place}`
    }
    default:
      return outcome satisfies never
  }
}

/** By key; in which order does not matter here, as long as it is one. */
function sorted<T>(entries: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
