import { bind } from './bind.ts'
import { blaming } from './blame.ts'
import { check } from './check.ts'
import { Fault } from './errors.ts'
import { type CostEstimate, estimateCost } from './explain-cost.ts'
import { type KeySets, keySets } from './explain-keys.ts'
import { formatShape } from './format.ts'
import { limits } from './limits.ts'
import { parseShape } from './parse.ts'
import { scan } from './scan.ts'

/** A size and its bound. */
export interface Measure {
  readonly is: number
  readonly max: number
}

/** What can be known of a program without running it. */
export interface Explanation extends KeySets {
  /**
   * The program in its canonical form, with `‹string›`, `‹int›` and `‹float›` for its literals. Programs that differ in
   * literals, comments and spacing only have the same; they are parsed once.
   */
  readonly shape: string
  /** False: it writes nothing, whatever it finds. */
  readonly canWrite: boolean
  /** Names without `$`, in the order of their first mention. `isKey`: its value must be a key. */
  readonly parameters: readonly { readonly name: string; readonly isKey: boolean }[]
  /** In the order of their first mention. */
  readonly variables: readonly string[]
  /** Of the text, in UTF-8. */
  readonly bytes: Measure
  readonly tokens: Measure
  readonly nesting: Measure
  /** `max`: unless the servers are configured otherwise. */
  readonly cost: CostEstimate & { readonly max: number }
}

/** Throws a LanguageError if the text does not compile. */
export function explain(text: string): Explanation {
  return blaming(text, true, () => {
    const scanned = scan(text)
    const outcome = parseShape({ type: 'parse', shape: scanned.shape })
    if (outcome.type === 'fault') throw new Fault(outcome.code, outcome.sentence, outcome.at)
    const { tree } = outcome
    const facts = check(tree)
    bind(facts, scanned.literals)
    const keyOf = (slot: number) => String(scanned.literals[slot])
    return {
      shape: formatShape(tree, text),
      canWrite: facts.canWrite,
      ...keySets(tree.body, scanned.literals),
      parameters: [...facts.parameters.keys()].map((name) => ({ name, isKey: facts.keyParameters.has(name) })),
      variables: [...facts.variables.keys()],
      bytes: { is: Buffer.byteLength(text), max: limits.programBytesMax },
      tokens: { is: scanned.tokens, max: limits.programTokensMax },
      nesting: { is: scanned.nesting, max: limits.nestingMax },
      cost: { ...estimateCost(tree.body, keyOf), max: limits.costMax },
    }
  })
}
