import { compareKeys, type ProgramView, type ViewEntry, type Written } from '../../../lang/index.ts'

/** A plain map of what is stored, which can be taken back to what it was. */
export class State implements ProgramView {
  /** Of the last transaction that wrote anything, for the program that is run next. */
  revision = 0
  readonly #entries = new Map<string, ViewEntry>()
  readonly #journal: { readonly key: string; readonly before: ViewEntry | undefined }[] = []

  get(key: string): ViewEntry | undefined {
    return this.#entries.get(key)
  }

  /** In the plainest way, whatever it costs. */
  scan(prefix: string, after: string): readonly (readonly [key: string, entry: ViewEntry])[] {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(prefix) && (after === '' || compareKeys(key, after) > 0))
      .sort(([a], [b]) => compareKeys(a, b))
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
