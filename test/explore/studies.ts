import { RULES, type Rules } from '../../node/core/rules.ts'
import { type Bounds, DEFAULT_BOUNDS } from './bounds.ts'
import { MUTANTS } from './mutants.ts'

export interface Study {
  readonly name: string
  readonly bounds: Bounds
  readonly rules: Rules
}

function study(name: string, bounds: Partial<Bounds>, rules: Rules = RULES): Study {
  return { name, bounds: { ...DEFAULT_BOUNDS, crashes: 0, ...bounds }, rules }
}

/** Each looks at one thing, as far as that can be exhausted in well under a minute; the last one takes what is left. */
export const STUDIES: readonly Study[] = [
  study('a follower that fell behind', { ballots: 1, slots: 2, syncs: 1 }),
  study('reads', { ballots: 2, slots: 1, reads: 1 }),
  study('candidates that need snapshots', { ballots: 2, slots: 2, ring: 1 }),
  study('two ballots, two slots, a crash', { ballots: 2, slots: 2, crashes: 1 }),
  study('three candidates', { ballots: 3, slots: 1, proposers: 3 }),
]

/** These break nothing below the third slot. */
const SLOW = new Set(['A3 skipped', 'accepted overwritten before answering missing'])

/** Cores with one sentence of the protocol left out, each within bounds in which that breaks something. */
export const MUTANT_STUDIES: readonly Study[] = Object.entries(MUTANTS).map(([name, rules]) =>
  study(name, { ballots: 2, slots: SLOW.has(name) ? 3 : 2, statesMax: 1_000_000 }, rules),
)
