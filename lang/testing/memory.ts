import {
  compareKeys,
  compile,
  type ProgramView,
  type RunOptions,
  type RunResult,
  type Value,
  type ViewEntry,
} from '../index.ts'
import { firstIndex } from '../own-keys.ts'

/** A store in memory that runs one program after the other, for tests. */
export class Memory implements ProgramView {
  readonly #entries = new Map<string, ViewEntry>()
  /** The keys in order; undefined: they have to be sorted again. */
  #sorted: readonly string[] | undefined
  #revision = 0

  get revision(): number {
    return this.#revision
  }

  get(key: string): ViewEntry | undefined {
    return this.#entries.get(key)
  }

  *scan(prefix: string, after: string): Iterable<readonly [string, ViewEntry]> {
    this.#sorted ??= [...this.#entries.keys()].sort(compareKeys)
    const keys = this.#sorted
    for (let index = firstIndex(keys, compareKeys(prefix, after) < 0 ? after : prefix); ; index++) {
      const key = keys[index]
      const entry = key === undefined ? undefined : this.#entries.get(key)
      if (key === undefined || entry === undefined || !key.startsWith(prefix)) return
      if (key !== after) yield [key, entry]
    }
  }

  /**
   * Compiles and runs a program, on another `view` if one is given, and applies its writes here. Deleted keys stay as
   * tombstones.
   */
  run(
    text: string,
    parameters: Readonly<Record<string, Value>> = {},
    options: RunOptions = {},
    view: ProgramView = this,
  ): RunResult {
    const result = compile(text).run(view, new Map(Object.entries(parameters)), options)
    if (result.writes.size > 0) this.#revision += 1
    for (const [key, { value, version }] of result.writes) {
      if (!this.#entries.has(key)) this.#sorted = undefined
      this.#entries.set(key, { value, version, revision: this.#revision })
    }
    return result
  }

  /** Runs a program; its reads as the command line shows them. */
  show(text: string): string {
    const pairs = [...this.run(text).reads].map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    return `result: {${pairs.join(', ')}}`
  }
}
