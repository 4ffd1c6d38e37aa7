import { type Entry, type Group, hasRoom, isCertain } from './entry.ts'
import { reaches } from './reach.ts'
import type { Mismatch, Sequence } from './sequence.ts'

/** What would have to be otherwise for a mismatch to go away. */
export interface Causes {
  /**
   * Where an unknown program would have to be placed that reaches a key, the most promising places first; null: a
   * program that reaches any key, anywhere up to the mismatch.
   */
  readonly places: ReadonlyMap<string, readonly number[]> | null
  /** Programs that have been placed, and that it may be due to. */
  readonly placed: ReadonlySet<Entry>
}

/**
 * The causes of a mismatch. What is under a key was put there by its last writer. A committed program whose reads tell
 * all that it saw has certainly written what it wrote; so another unknown program must have written behind it, or one
 * that is placed behind it has written what it would not have written elsewhere, or if it had seen something else.
 */
export function causesOf(mismatch: Mismatch, sequence: Sequence): Causes {
  return new Tracing(sequence).trace(mismatch)
}

class Tracing {
  readonly #sequence: Sequence
  readonly #places = new Map<string, Set<number>>()
  readonly #placed = new Set<Entry>()
  /** Keys to be traced, each with the group before which they are looked at. */
  readonly #waiting: { readonly key: string; readonly at: number }[] = []
  readonly #known = new Map<string, number>()
  #isAnything = false

  constructor(sequence: Sequence) {
    this.#sequence = sequence
  }

  trace({ at, entry, keys, settled }: Mismatch): Causes {
    // Where two writers have no room, what is placed before them is too much.
    for (const placed of this.#sequence.placed[at] ?? []) this.#placed.add(placed)
    const looked = keys ?? entry.reach.keys
    const rival = this.#sequence.writers[at]
    for (const key of looked ?? []) {
      if (!settled.has(key)) this.#wait(key, at)
      else if (rival !== null && rival !== undefined && !isCertain(rival)) this.#doubt(rival, at)
    }
    if (looked === null) this.#isAnything = true
    while (!this.#isAnything) {
      const next = this.#waiting.pop()
      if (next === undefined) break
      this.#traceKey(next.key, next.at)
    }
    const all = this.#sequence.placed.flat()
    if (this.#isAnything) return { places: null, placed: new Set(all) }
    // A program that is placed elsewhere may belong here.
    for (const placed of all) {
      for (const key of this.#known.keys()) if (reaches(placed.reach, key)) this.#placed.add(placed)
    }
    const places = new Map([...this.#places].map(([key, each]) => [key, [...each]]))
    return { places, placed: this.#placed }
  }

  #wait(key: string, at: number): void {
    const known = this.#known.get(key)
    if (known !== undefined && known >= at) return
    this.#known.set(key, at)
    this.#waiting.push({ key, at })
  }

  /** Everything that `entry` looks at may be a cause. */
  #doubt(entry: Entry, at: number): void {
    if (entry.reach.keys === null) this.#isAnything = true
    else for (const key of entry.reach.keys) this.#wait(key, at)
  }

  #traceKey(key: string, last: number): void {
    const { groups, placed, wrote } = this.#sequence
    const recent: number[] = []
    const earlier: number[] = []
    // Whether a committed program between here and the mismatch has found the key as it is.
    let isFound = false
    for (let at = last; at >= 0; at -= 1) {
      const group = groups[at]
      if (group !== undefined && hasRoom(group)) (isFound ? earlier : recent).push(at)
      for (const entry of placed[at] ?? []) {
        this.#placed.add(entry)
        if (reaches(entry.reach, key)) this.#doubt(entry, at)
      }
      let isWritten = false
      for (const entry of entriesOf(groups[at - 1])) {
        if (!reaches(entry.reach, key)) continue
        isFound = true
        if (groups[at - 1]?.either.includes(entry)) this.#doubt(entry, at - 1)
        else if (this.#sequence.writers[at - 1] === entry && wrote[at - 1]?.has(key)) isWritten = true
      }
      if (isWritten) break
    }
    const places = this.#places.get(key) ?? new Set()
    this.#places.set(key, places)
    // Behind all that found the key unchanged, the first place leaves most room for others; before them, the last one.
    for (const at of [...recent.reverse(), ...earlier]) places.add(at)
  }
}

function entriesOf(group: Group | undefined): readonly Entry[] {
  return group === undefined ? [] : [...group.writers, ...group.either, ...group.readers]
}
