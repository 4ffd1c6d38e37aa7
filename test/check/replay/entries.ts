import { LanguageError, type Program, type Value } from '../../../lang/index.ts'
import type { Operation } from '../history.ts'
import { type Floor, floorsOf } from './order.ts'
import { type Reach, reachOf } from './reach.ts'
import { fromJson } from './values.ts'

/** What turns a text into a program; throws a LanguageError. */
export interface Programs {
  compile(text: string): Program
}

/** A program that can be run again. */
export interface Entry {
  readonly operation: Operation
  readonly program: Program
  readonly parameters: ReadonlyMap<string, Value>
  readonly reach: Reach
  readonly floor: Floor
}

/** Whether it has certainly written what it writes when it is given the reads that it told. */
export function isCertain({ reach, operation }: Entry): boolean {
  return reach.isTold && operation.answer.reads !== undefined
}

/** Committed programs of one revision. */
export interface Group {
  readonly revision: number
  /** Those that may have written first. */
  readonly entries: readonly Entry[]
  /** The first revision that nobody before has told. */
  readonly firstFree: number
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
    const writersFirst = entries.toSorted((a, b) => Number(b.program.canWrite) - Number(a.program.canWrite))
    const group = { revision, entries: writersFirst, firstFree }
    firstFree = revision + 1
    return group
  })
}

const NO_FLOOR: Floor = { revision: 0, by: null }
