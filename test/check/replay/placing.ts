import type { Json } from '../json.ts'
import { type Causes, causesOf } from './causes.ts'
import { type Entry, type Group, hasRoom } from './entry.ts'
import { reaches } from './reach.ts'
import { writesOf } from './run.ts'
import { type Mismatch, Sequence } from './sequence.ts'
import { toJson } from './values.ts'

export type Outcome =
  /** Everything is as told, with unknown programs placed as `sequence` has them. */
  | { readonly type: 'agrees'; readonly sequence: Sequence }
  /** Nothing explains this mismatch: of those that were met the last one. */
  | { readonly type: 'disagrees'; readonly mismatch: Mismatch; readonly sequence: Sequence }
  /** So much work did not suffice to find out what explains this mismatch. */
  | { readonly type: 'exhausted'; readonly mismatch: Mismatch; readonly sequence: Sequence }

/**
 * Runs the committed programs again, and places unknown ones, as few as necessary, where nobody else has a revision.
 * An unknown program is placed only because of a mismatch that it may explain. If all places fail, the search goes
 * back to the last decision that has anything to do with the failure, not to the last one. `runsMax`: programs that
 * may be run beyond those of one replay.
 */
export function place(groups: readonly Group[], unknown: readonly Entry[], runsMax: number): Outcome {
  return new Placing(groups, unknown, runsMax).search()
}

/** Programs whose places a failure may be due to; with them as they are, it cannot be avoided. */
type Conflict = ReadonlySet<Entry>

class Placing {
  readonly #sequence: Sequence
  readonly #unknown: readonly Entry[]
  readonly #numbers: ReadonlyMap<Entry, number>
  readonly #runsMax: number
  readonly #placed = new Set<Entry>()
  readonly #failed = new Map<string, Conflict>()
  #last: Mismatch | undefined
  #isExhausted = false

  constructor(groups: readonly Group[], unknown: readonly Entry[], runsMax: number) {
    this.#sequence = new Sequence(groups)
    this.#unknown = unknown
    this.#numbers = new Map(unknown.map((entry, number) => [entry, number]))
    this.#runsMax =
      runsMax +
      groups.reduce((sum, { writers, either, readers }) => sum + writers.length + 2 * either.length + readers.length, 0)
  }

  search(): Outcome {
    const conflict = this.#solve()
    const [sequence, mismatch] = [this.#sequence, this.#last]
    if (conflict === undefined) return { type: 'agrees', sequence }
    if (mismatch === undefined) throw new Error('a replay failed without a mismatch')
    return { type: this.#isExhausted ? 'exhausted' : 'disagrees', mismatch, sequence }
  }

  /** Replays and places what is needed; undefined: all is as told. */
  #solve(): Conflict | undefined {
    const mismatch = this.#sequence.run()
    if (mismatch === undefined) return undefined
    const isFinal = mismatch.rival !== null
    if (this.#last === undefined || mismatch.at > this.#last.at || isFinal) this.#last = mismatch
    // Two that have written at one revision: no unknown program changes that.
    if (isFinal) return NO_CONFLICT
    const causes = causesOf(mismatch, this.#sequence)
    const conflict = new Set(causes.placed)
    for (const { entry, at } of this.#remedies(mismatch, causes)) {
      const placed = this.#sequence.placed[at] ?? []
      for (let place = placed.length; place >= 0; place -= 1) {
        if (this.#sequence.runs > this.#runsMax) this.#isExhausted = true
        if (this.#isExhausted) return conflict
        this.#sequence.place(entry, at, place)
        this.#placed.add(entry)
        const failure = this.#sequence.fits(at) ? this.#try() : new Set(placed)
        if (failure === undefined) return undefined
        this.#sequence.remove(at, place)
        this.#placed.delete(entry)
        // Wherever this one is: without a change of something else there is no way on.
        if (!failure.has(entry)) return failure
        for (const other of failure) if (other !== entry) conflict.add(other)
      }
    }
    return conflict
  }

  #try(): Conflict | undefined {
    const name = this.#sequence.placed
      .map((placed, place) =>
        placed.length === 0 ? '' : `${place}:${placed.map((entry) => this.#numbers.get(entry))}`,
      )
      .filter((text) => text !== '')
      .join('/')
    const known = this.#failed.get(name)
    if (known !== undefined) return known
    const failure = this.#solve()
    if (failure !== undefined) this.#failed.set(name, failure)
    return failure
  }

  /** What may be placed where, the most promising first. */
  #remedies(mismatch: Mismatch, { places }: Causes): readonly { readonly entry: Entry; readonly at: number }[] {
    const { groups } = this.#sequence
    const anywhere = groups.slice(0, mismatch.at + 1).flatMap((group, at) => (hasRoom(group) ? [at] : []))
    return this.#unknown
      .filter((entry) => !this.#placed.has(entry))
      .flatMap((entry) => {
        const found = places === null ? anywhere.toReversed() : placesFor(entry, places)
        const at = found.filter((place) => (groups[place]?.lastFree ?? 0) > entry.floor.revision)
        return at.length === 0 ? [] : [{ entry, at, rank: this.#rank(entry, mismatch) }]
      })
      .sort((a, b) => a.rank - b.rank)
      .flatMap(({ entry, at }) => at.map((place) => ({ entry, at: place })))
  }

  /** A guess how well a program would explain a mismatch if it came just before it; it only speeds the search up. */
  #rank(entry: Entry, { keys, entry: { operation } }: Mismatch): number {
    const key = keys?.[0]
    if (key === undefined) return 0
    this.#sequence.runs += 1
    const written = writesOf(entry, this.#sequence.state).get(key)
    if (written === undefined) return 3
    const reads = operation.answer.reads ?? {}
    const told = Object.hasOwn(reads, key) ? reads[key] : undefined
    const value = toJson(written.value)
    if (JSON.stringify(told ?? null) === JSON.stringify(value)) return 0
    return isBeginning(value, told) ? 1 : 2
  }
}

function placesFor(entry: Entry, places: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const found = new Set<number>()
  for (const [key, each] of places) if (reaches(entry.reach, key)) for (const place of each) found.add(place)
  return [...found]
}

function isBeginning(value: Json, whole: Json | undefined): boolean {
  if (typeof value === 'string' && typeof whole === 'string') return whole.startsWith(value)
  if (!Array.isArray(value) || !Array.isArray(whole)) return false
  return value.every((element, index) => JSON.stringify(element) === JSON.stringify(whole[index]))
}

const NO_CONFLICT: Conflict = new Set()
