import { duplicateKey, type Facts, type LiteralPlace, type MapKey } from './check.ts'
import { Fault } from './errors.ts'
import { keyProblem, prefixProblem } from './keys.ts'
import type { Value } from './value.ts'

/** What is known of a program without running it and depends on the values of its literals. */
export interface Bound {
  /** Keys of a `get` that the text spells out, in its order; one may be there more than once. */
  readonly reads: readonly string[]
}

/**
 * Checks the values of a text's literals. It runs for every new text, known shapes too: it does nothing that could have
 * been done for the shape. Throws a Fault.
 */
export function bind(facts: Facts, literals: readonly Value[]): Bound {
  const { keyLiterals, prefixLiterals, mapKeys, literalReads } = facts
  for (const place of keyLiterals) checkKey(place, literals, keyProblem, 'a key')
  for (const place of prefixLiterals) checkKey(place, literals, prefixProblem, 'the prefix of a scan')
  for (const keys of mapKeys) checkMapKeys(keys, literals)
  return { reads: literalReads.map((slot) => keyAt(slot, literals)) }
}

function checkKey(
  { slot, at }: LiteralPlace,
  literals: readonly Value[],
  problemOf: (value: Value) => string | undefined,
  what: string,
): void {
  const problem = problemOf(literals[slot] ?? null)
  if (problem !== undefined) throw new Fault('invalid_key', `${what} ${problem}`, at)
}

function checkMapKeys(keys: readonly MapKey[], literals: readonly Value[]): void {
  const seen = new Set<Value>()
  for (const key of keys) {
    const value = 'word' in key ? key.word : (literals[key.slot] ?? null)
    // A number in parentheses is no key; to say so is left to the run.
    if (typeof value === 'string' && seen.has(value)) throw duplicateKey(value, key.at)
    seen.add(value)
  }
}

function keyAt(slot: number, literals: readonly Value[]): string {
  const key = literals[slot]
  if (typeof key === 'string') return key
  throw new Error(`the literal ${slot} is a key and no string, although it has been checked`)
}
