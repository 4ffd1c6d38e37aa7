import type { Written } from '../../../lang/index.ts'
import type { Operation } from '../history.ts'
import type { Entries } from './entries.ts'
import type { Entry } from './entry.ts'
import { ceilingsOf } from './order.ts'
import { reaches } from './reach.ts'
import { type Rerun, rerun, writesOf } from './run.ts'
import type { Sequence } from './sequence.ts'
import { State } from './state.ts'

/** An aborted program that gives something else on every state that it can have seen. */
export interface Misfit {
  readonly entry: Entry
  readonly difference: string
  /** Chance may explain it, or an unknown program that was not placed or could have been placed elsewhere. */
  readonly isExplicable: boolean
}

/**
 * Aborted programs tell no revision: each must give what it told on one of the states between what was told before it
 * began and what was told by those that began after it had ended. `sequence` is a replay that agrees.
 */
export function misfitsOf(
  { aborted, unknown }: Entries,
  sequence: Sequence,
  all: readonly Operation[],
): readonly Misfit[] {
  if (aborted.length === 0) return []
  const writers = new Set(sequence.writers.flatMap((writer) => (writer === null ? [] : [writer.operation])))
  const ceilings = ceilingsOf(all, writers)
  const ceilingOf = ({ operation }: Entry): number => ceilings[operation.index] ?? Number.POSITIVE_INFINITY
  const states = statesOf(sequence)
  const state = new State()
  const misfits: Misfit[] = []
  const waiting = aborted.toSorted((a, b) => a.floor.revision - b.floor.revision)
  let open: { readonly entry: Entry; latest: Rerun | undefined }[] = []
  for (const [index, { revision, enter }] of states.entries()) {
    enter(state)
    const until = (states[index + 1]?.revision ?? Number.POSITIVE_INFINITY) - 1
    for (let next = waiting[0]; next !== undefined && next.floor.revision <= until; next = waiting[0]) {
      open.push({ entry: next, latest: undefined })
      waiting.shift()
    }
    open = open.filter((each) => {
      const ceiling = ceilingOf(each.entry)
      if (revision <= ceiling) each.latest = rerun(each.entry, state)
      if (each.latest?.type === 'same') return false
      if (until < ceiling && until !== Number.POSITIVE_INFINITY) return true
      misfits.push({
        entry: each.entry,
        difference: each.latest?.difference ?? 'has no moment at which it can have been run',
        // Opened sessions take revisions, of which a history does not tell: what it would have written at is not known.
        isExplicable:
          each.entry.reach.isRandom ||
          each.entry.reach.asksRevision ||
          unknown.some((other) => other.floor.revision < ceiling && meet(other, each.entry)),
      })
      return false
    })
  }
  return misfits
}

interface Change {
  /** From which on the state holds. */
  readonly revision: number
  enter(state: State): void
}

function statesOf(sequence: Sequence): readonly Change[] {
  const changes: Change[] = [{ revision: 0, enter: () => {} }]
  for (const [at, { revision }] of sequence.groups.entries()) {
    const writer = sequence.writers[at] ?? null
    const revisions = sequence.revisions(at, writer === null ? revision : revision - 1) ?? []
    for (const [index, entry] of (sequence.placed[at] ?? []).entries()) {
      const own = revisions[index] ?? 0
      changes.push({ revision: own, enter: (state) => enter(state, () => writesOf(entry, state), own) })
    }
    const wrote = sequence.wrote[at]
    if (writer !== null && wrote !== undefined) {
      changes.push({ revision, enter: (state) => enter(state, () => wrote, revision) })
    }
  }
  return changes
}

function enter(state: State, writes: () => ReadonlyMap<string, Written>, revision: number): void {
  state.revision = revision - 1
  state.apply(writes(), revision)
  state.revision = revision
}

/** Whether what one does may concern the other. */
function meet(one: Entry, other: Entry): boolean {
  if (one.reach.keys === null || other.reach.keys === null) return true
  for (const key of one.reach.keys) if (reaches(other.reach, key)) return true
  return false
}
