import type { Answer } from './call.ts'

/** Keys that are shown at once. */
export const KEYS_SHOWN = 100

/** Gives keys that start with a prefix: one more than are shown, so that it is known whether there are others. */
export const KEYS_PROGRAM = `keys = [];
for key, value in scan $prefix limit ${KEYS_SHOWN + 1} { keys = keys + [key]; }
return keys;`

/** Keys that this session has met, for completion. */
export class KnownKeys {
  /** In the order in which they were last met. */
  readonly #keys = new Set<string>()

  /** In order. */
  get all(): readonly string[] {
    return [...this.#keys].sort()
  }

  add(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#keys.delete(key)
      this.#keys.add(key)
    }
    for (const key of this.#keys) {
      if (this.#keys.size <= KNOWN_MAX) return
      this.#keys.delete(key)
    }
  }
}

/** The keys in what `KEYS_PROGRAM` gave. */
export function keysIn(answer: Answer): readonly string[] {
  const { value } = answer.value
  if (value?.kind?.$case !== 'list') return []
  return value.kind.value.items.flatMap(({ kind }) => (kind?.$case === 'string' ? [kind.value] : []))
}

/** The first of them as lines. */
export function describeKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'no key starts so'
  const lines = keys.slice(0, KEYS_SHOWN).map((key) => JSON.stringify(key))
  return keys.length > KEYS_SHOWN ? [...lines, '… and more'].join('\n') : lines.join('\n')
}

const KNOWN_MAX = 10_000
