import { LanguageError, type Program, type ProgramView } from '../../../lang/index.ts'
import type { Operation } from '../history.ts'
import { type Entry, type Group, isCertain } from './entry.ts'
import { type Floor, floorsOf } from './order.ts'
import { reachOf } from './reach.ts'
import { writesOf } from './run.ts'
import { fromJson } from './values.ts'

/** What turns a text into a program; throws a LanguageError. */
export interface Programs {
  compile(text: string): Program
}

export interface Entries {
  /** In the order of their revisions. */
  readonly groups: readonly Group[]
  /** Programs that may have written, at any revision or never. */
  readonly unknown: readonly Entry[]
  readonly aborted: readonly Entry[]
  /** Committed, and not to be run again: why not. */
  readonly opaque: readonly { readonly operation: Operation; readonly why: string }[]
}

/** Sorts operations by what a replay can do with them. Refused ones are left out: they must have had no effect. */
export function entriesOf(operations: readonly Operation[], programs: Programs): Entries {
  const byRevision = new Map<number, Entry[]>()
  const unknown: Entry[] = []
  const aborted: Entry[] = []
  const opaque: { operation: Operation; why: string }[] = []
  const floors = floorsOf(operations)
  for (const operation of operations) {
    const { outcome, index, answer } = operation
    if (outcome === 'refused') continue
    const entry = prepare(operation, floors[index] ?? NO_FLOOR, programs)
    if (typeof entry === 'string') {
      if (outcome === 'committed' && mayHaveWritten(operation)) opaque.push({ operation, why: entry })
    } else if (outcome === 'aborted') aborted.push(entry)
    else if (outcome === 'unknown') {
      if (entry.program.canWrite) unknown.push(entry)
    } else if (entry.reach.isRandom) opaque.push({ operation, why: 'asks for the time or a random number' })
    else if (answer.revision === undefined) opaque.push({ operation, why: 'tells no revision' })
    else {
      const group = byRevision.get(answer.revision)
      if (group === undefined) byRevision.set(answer.revision, [entry])
      else group.push(entry)
    }
  }
  return { groups: groupsOf(byRevision), unknown, aborted, opaque }
}

/** Where there is a program, what it wrote is not known without it. */
export function mayHaveWritten({ program, ops }: Operation): boolean {
  return (
    program !== null || ops.some((op) => op[0] === 'append' || op[0] === 'w' || (op[0] === 'cas' && op[3] !== false))
  )
}

/** The program that can be run again, or why there is none. */
function prepare(operation: Operation, floor: Floor, programs: Programs): Entry | string {
  const { program: asked } = operation
  if (asked === null) return 'has no program'
  try {
    const program = programs.compile(asked.text)
    const parameters = new Map(Object.entries(asked.parameters).map(([name, value]) => [name, fromJson(value)]))
    return { operation, program, parameters, reach: reachOf(asked.text, asked.parameters), floor }
  } catch (error) {
    if (error instanceof LanguageError) return `does not compile (${error.code})`
    throw error
  }
}

function groupsOf(byRevision: ReadonlyMap<number, readonly Entry[]>): readonly Group[] {
  let firstFree = 1
  const sorted = [...byRevision].sort(([a], [b]) => a - b)
  return sorted.map(([revision, entries]) => {
    const writers: Entry[] = []
    const either: Entry[] = []
    const readers: Entry[] = []
    for (const entry of entries) {
      if (!entry.program.canWrite) readers.push(entry)
      else if (!isCertain(entry)) either.push(entry)
      else if (writesOf(entry, told(entry)).size > 0) writers.push(entry)
      // It may have deleted a key that it did not read, if that was there.
      else either.push(entry)
    }
    const group = { revision, writers, either, readers, firstFree, lastFree: revision - Math.min(writers.length, 1) }
    firstFree = revision + 1
    return group
  })
}

/** What a program saw, as far as it told. */
function told({ operation }: Entry): ProgramView {
  const reads = operation.answer.reads ?? {}
  return {
    revision: 0,
    get: (key) =>
      Object.hasOwn(reads, key) ? { value: fromJson(reads[key] ?? null), version: 0, revision: 0 } : undefined,
    scan: () => [],
  }
}

const NO_FLOOR: Floor = { revision: 0, by: null }
