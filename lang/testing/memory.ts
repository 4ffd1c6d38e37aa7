import { compile, type ProgramView, type RunOptions, type RunResult, type Value } from '../index.ts'

/** A store in memory that runs one program after the other, for tests. */
export class Memory implements ProgramView {
  readonly #entries = new Map<string, { readonly value: Value; readonly version: number; readonly revision: number }>()
  #revision = 0

  get(key: string): { readonly value: Value; readonly version: number; readonly revision: number } | undefined {
    return this.#entries.get(key)
  }

  /** Compiles and runs a program and applies its writes. Deleted keys stay as tombstones. */
  run(text: string, parameters: Readonly<Record<string, Value>> = {}, options: RunOptions = {}): RunResult {
    const result = compile(text).run(this, new Map(Object.entries(parameters)), options)
    if (result.writes.size > 0) this.#revision += 1
    for (const [key, { value, version }] of result.writes) {
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
