import type { ProgramView, Value, Written } from '../../../lang/index.ts'

interface Entry {
  readonly value: Value
  readonly version: number
  readonly revision: number
}

/** A plain map of what is stored, which can be taken back to what it was. */
export class State implements ProgramView {
  readonly #entries = new Map<string, Entry>()
  readonly #journal: { readonly key: string; readonly before: Entry | undefined }[] = []

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  apply(writes: ReadonlyMap<string, Written>, revision: number): void {
    for (const [key, { value, version }] of writes) {
      this.#journal.push({ key, before: this.#entries.get(key) })
      this.#entries.set(key, { value, version, revision })
    }
  }

  /** For `backTo`. */
  get moment(): number {
    return this.#journal.length
  }

  backTo(moment: number): void {
    while (this.#journal.length > moment) {
      const change = this.#journal.pop()
      if (change === undefined) return
      if (change.before === undefined) this.#entries.delete(change.key)
      else this.#entries.set(change.key, change.before)
    }
  }
}
