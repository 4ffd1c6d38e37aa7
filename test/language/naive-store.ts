import type { ProgramView, ViewEntry, Written } from '../../lang/run.ts'
import type { Value } from '../../lang/value.ts'
import { compareStrings } from './naive-values.ts'

/** What programs run on: a revision and the keys that were ever written. */
export interface State {
  readonly revision: number
  /** A null value is a tombstone. */
  readonly entries: ReadonlyMap<string, ViewEntry>
}

/** A state as the real interpreter sees one. */
export function viewOf({ revision, entries }: State): ProgramView {
  const keys = [...entries.keys()].sort(compareStrings)
  return {
    revision,
    get: (key) => entries.get(key),
    *scan(prefix, after) {
      for (const key of keys) {
        const entry = entries.get(key)
        if (entry === undefined || !key.startsWith(prefix)) continue
        if (after === '' || compareStrings(key, after) > 0) yield [key, entry]
      }
    },
  }
}

/** The state as a running program sees it: everything is copied, then changed in place. */
export class NaiveStore {
  readonly #before: State
  readonly #now: Map<string, ViewEntry>
  readonly #touched = new Set<string>()

  constructor(before: State) {
    this.#before = before
    this.#now = new Map([...before.entries].filter(([, { value }]) => value !== null))
  }

  get(key: string): ViewEntry | undefined {
    return this.#now.get(key)
  }

  put(key: string, value: Value): void {
    this.#touched.add(key)
    const old = this.#now.get(key)
    if (value === null) this.#now.delete(key)
    else {
      const version = old === undefined ? 0 : old.version + 1
      this.#now.set(key, { value, version, revision: this.#before.revision + 1 })
    }
  }

  /** Everything, in key order. */
  all(): [string, Value][] {
    return [...this.#now].sort(([a], [b]) => compareStrings(a, b)).map(([key, { value }]) => [key, value])
  }

  before(key: string): Value {
    return this.#before.entries.get(key)?.value ?? null
  }

  writes(): Map<string, Written> {
    const writes = new Map<string, Written>()
    for (const key of [...this.#touched].sort(compareStrings)) {
      const now = this.#now.get(key)
      if (now !== undefined) writes.set(key, { value: now.value, version: now.version })
      else if (this.before(key) !== null) writes.set(key, { value: null, version: 0 })
    }
    return writes
  }
}
