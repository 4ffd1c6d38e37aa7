import { compareBallots } from '../../node/core/index.ts'
import { RULES, type Rules } from '../../node/core/rules.ts'
import { MUTANTS as WALK_MUTANTS } from '../walk/mutants.ts'

/** The random walk's mutants, and more that need only few steps to break something. */
export const MUTANTS: Readonly<Record<string, Rules>> = {
  ...WALK_MUTANTS,
  'A1 without the ballot': {
    ...RULES,
    refusesAccept: (_promised, accepted, _ballot, slot) => accepted !== null && accepted.slot > slot,
  },
  'A1 without the slot': {
    ...RULES,
    refusesAccept: (promised, _accepted, ballot) => compareBallots(ballot, promised) < 0,
  },
  'every slot taken for merged': { ...RULES, isMerged: () => true },
  'a leader executes on what it happens to have': { ...RULES, completeThrough: () => Number.MAX_SAFE_INTEGER },
}
