import { RULES, type Rules } from '../../node/core/rules.ts'

/** Cores with one sentence of the protocol left out. Each loses or doubles something; the walk must see it. */
export const MUTANTS: Readonly<Record<string, Rules>> = {
  'A3 without its ballot check': { ...RULES, isChosenOne: () => true },
  'A3 skipped': { ...RULES, mayAcceptWithoutPrevious: () => true },
  'accepted overwritten before answering missing': { ...RULES, writesBeforeMissing: () => true },
  'completeness taken from applied': {
    ...RULES,
    isMerged: (marks, slot) => slot <= marks.applied,
    completeThrough: (marks) => marks.applied,
  },
}
