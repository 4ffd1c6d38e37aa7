import type { Written } from '../../../lang/index.ts'
import type { Entry, Group } from './entry.ts'
import { type Rerun, rerun, writesOf } from './run.ts'
import { State } from './state.ts'

/** Why the replay cannot go on. */
export interface Mismatch {
  /** Place of the group that is reached, or before which an unknown program is placed. */
  readonly at: number
  readonly entry: Entry
  /** As in `Rerun`. */
  readonly keys: readonly string[] | null
  /** As the end of a sentence. */
  readonly difference: string
  /** What a program of the same revision wrote before it. */
  readonly settled: ReadonlyMap<string, Written>
  /** Another program, which has certainly written at the same revision as this one. */
  readonly rival: Entry | null
}

/**
 * The committed programs in the order of their revisions, with unknown ones placed between them: `placed[n]` are run
 * before group n, in this order.
 */
export class Sequence {
  readonly groups: readonly Group[]
  readonly state = new State()
  /** Programs run so far. */
  runs = 0
  /** Of each group that has been run: who wrote, and what. */
  readonly writers: (Entry | null)[] = []
  readonly wrote: ReadonlyMap<string, Written>[] = []
  /** Some revision had several programs that may have been its writer, and one of them was taken. */
  isAmbiguous = false
  /** The state's moments before each group that has been reached. */
  readonly #moments: number[] = [0]
  /** The first group that has to be run again. */
  #next = 0
  readonly #placed: Entry[][]

  constructor(groups: readonly Group[]) {
    this.groups = groups
    this.#placed = groups.map(() => [])
  }

  get placed(): readonly (readonly Entry[])[] {
    return this.#placed
  }

  /** Places an unknown program before group `at`, behind `before` others. */
  place(entry: Entry, at: number, before: number): void {
    this.#placed[at]?.splice(before, 0, entry)
    this.#next = Math.min(this.#next, at)
  }

  remove(at: number, before: number): void {
    this.#placed[at]?.splice(before, 1)
    this.#next = Math.min(this.#next, at)
  }

  /** Runs all that has not been run with what is placed now. Undefined: everything was as told. */
  run(): Mismatch | undefined {
    this.state.backTo(this.#moments[this.#next] ?? 0)
    for (; this.#next < this.groups.length; this.#next += 1) {
      this.#moments[this.#next] = this.state.moment
      const problem = this.#runGroup(this.#next)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /**
   * The revisions of unknown programs placed before group `at`, as late as they can be; undefined: they do not fit.
   * `last`: the last revision that they may have.
   */
  revisions(at: number, last: number): readonly number[] | undefined {
    const placed = this.#placed[at] ?? []
    const firstFree = this.groups[at]?.firstFree ?? 1
    const revisions: number[] = []
    for (const [index, { floor }] of placed.entries()) {
      const revision = last - (placed.length - 1 - index)
      if (revision < firstFree || revision <= floor.revision) return undefined
      revisions.push(revision)
    }
    return revisions
  }

  /** Whether there is a revision for each unknown program placed before group `at`. */
  fits(at: number): boolean {
    return this.revisions(at, this.groups[at]?.lastFree ?? 0) !== undefined
  }

  #runGroup(at: number): Mismatch | undefined {
    const group = this.groups[at]
    if (group === undefined) throw new Error(`group ${at} of ${this.groups.length}`)
    const { revision, lastFree, writers, either } = group
    const isRoomForWriter = this.revisions(at, revision - 1) !== undefined
    const revisions = this.revisions(at, isRoomForWriter ? revision - 1 : lastFree) ?? []
    for (const [index, entry] of (this.#placed[at] ?? []).entries()) {
      this.state.revision = (revisions[index] ?? 1) - 1
      const writes = writesOf(entry, this.state)
      this.runs += 1
      // What writes nothing takes no revision: it cannot be here, unless another before it lets it write.
      if (writes.size === 0) return mismatchOf(at, entry, { keys: null, difference: VAIN })
      this.state.apply(writes, revisions[index] ?? 0)
    }
    // Whoever writes now gets the group's revision.
    this.state.revision = revision - 1
    const [writer, rival] = writers
    if (writer !== undefined) {
      const again = this.#rerun(writer)
      if (again.type === 'other') return mismatchOf(at, writer, again)
      if (rival !== undefined) return { ...mismatchOf(at, rival, { keys: [], difference: VAIN }), rival: writer }
      return this.#runWith(at, group, { entry: writer, writes: again.writes })
    }
    const candidates = isRoomForWriter ? this.#candidates(either) : []
    if (candidates.length > 1) this.isAmbiguous = true
    const before = this.state.moment
    let problem: Mismatch | undefined
    for (const candidate of candidates.length === 0 ? [null] : candidates) {
      this.state.backTo(before)
      this.state.revision = revision - 1
      const found = this.#runWith(at, group, candidate)
      if (found === undefined) return undefined
      problem ??= found
    }
    return problem
  }

  #rerun(entry: Entry): Rerun {
    this.runs += 1
    return rerun(entry, this.state)
  }

  /** Programs that, run on the state before, give what they told and write. */
  #candidates(entries: readonly Entry[]): readonly Candidate[] {
    return entries.flatMap((entry) => {
      const again = this.#rerun(entry)
      return again.type === 'same' && again.writes.size > 0 ? [{ entry, writes: again.writes }] : []
    })
  }

  /** Lets `writer` write; all others must then find what they told, and write nothing. */
  #runWith(at: number, group: Group, writer: Candidate | null): Mismatch | undefined {
    const wrote = writer?.writes ?? NO_WRITES
    this.state.apply(wrote, group.revision)
    this.state.revision = group.revision
    this.writers[at] = writer?.entry ?? null
    this.wrote[at] = wrote
    for (const entries of [group.either, group.readers]) {
      for (const entry of entries) {
        if (entry === writer?.entry) continue
        const again = this.#rerun(entry)
        if (again.type === 'other') return { ...mismatchOf(at, entry, again), settled: wrote }
        if (again.writes.size > 0) return mismatchOf(at, entry, { keys: null, difference: CROWDED })
      }
    }
    return undefined
  }
}

function mismatchOf(at: number, entry: Entry, { keys, difference }: Pick<Mismatch, 'keys' | 'difference'>): Mismatch {
  return { at, entry, keys, difference, settled: NO_WRITES, rival: null }
}

interface Candidate {
  readonly entry: Entry
  readonly writes: ReadonlyMap<string, Written>
}

const NO_WRITES: ReadonlyMap<string, Written> = new Map()

const VAIN = 'writes nothing'

const CROWDED = 'writes at a revision that is taken'
