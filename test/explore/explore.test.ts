import { describe, expect, it } from 'vitest'
import { RULES } from '../../node/core/rules.ts'
import { Audit } from './audit.ts'
import { type Bounds, DEFAULT_BOUNDS } from './bounds.ts'
import { Explorer } from './explorer.ts'
import { NOTHING_SPENT } from './spent.ts'
import { MUTANT_STUDIES, type Study } from './studies.ts'
import { Symmetry } from './symmetry.ts'
import { retrace } from './trace.ts'

function bounds(some: Partial<Bounds>): Bounds {
  return { ...DEFAULT_BOUNDS, crashes: 0, ...some }
}

/** Found within a few thousand states; `--mutants` looks for all. */
const QUICK = [
  'A3 without its ballot check',
  'A1 without the ballot',
  'A1 without the slot',
  'every slot taken for merged',
  'a leader executes on what it happens to have',
]

/** Explores it all. Gives also which messages there were. */
function exhaust(explorer: Explorer) {
  const report = explorer.run()
  expect(report.violation).toBeNull()
  expect(report.end).toBe('exhausted')
  const { letters } = explorer.worlds
  const kinds = new Set(Array.from({ length: letters.size }, (_, letter) => letters.at(letter).body.type))
  return { report, kinds }
}

describe('exhaustive exploration of the core', () => {
  it('finds nothing wrong with two ballots, one slot and a crash; what it takes for alike is alike', () => {
    const explorer = new Explorer(bounds({ ballots: 2, slots: 1, crashes: 1 }))
    const audit = new Audit(explorer.worlds)
    expect(exhaust(explorer).report.states).toBeGreaterThan(30_000)
    const { twins, deadLetters } = audit.finish()
    expect(twins).toBeGreaterThan(1_000)
    expect(deadLetters).toBeGreaterThan(1_000)
  })

  it('finds nothing wrong when a follower falls behind, crashes and asks for what it lacks', () => {
    const explorer = new Explorer(bounds({ ballots: 1, slots: 2, crashes: 1, syncs: 1 }))
    const { report, kinds } = exhaust(explorer)
    expect(report.states).toBeGreaterThan(20_000)
    for (const kind of ['missing', 'chosen', 'syncRequest', 'syncEnd'] as const) expect(kinds).toContain(kind)
  })

  it('finds nothing wrong with a snapshot in place of decrees', () => {
    const { report, kinds } = exhaust(new Explorer(bounds({ ballots: 1, slots: 2, syncs: 1, ring: 1 })))
    expect(report.states).toBeGreaterThan(5_000)
    expect(kinds).toContain('syncChunk')
  })

  it('finds nothing wrong with reads', () => {
    const explorer = new Explorer(bounds({ ballots: 1, slots: 1, reads: 2, crashes: 1 }))
    const audit = new Audit(explorer.worlds)
    expect(exhaust(explorer).report.states).toBeGreaterThan(1_000)
    expect(audit.finish().twins).toBeGreaterThan(100)
  })

  it('finds the same states each time', () => {
    const runs = [1, 2].map(() => new Explorer(bounds({ ballots: 2, slots: 1 })).run())
    const [one, other] = runs.map(({ states, steps, depth, nodeStates }) => ({ states, steps, depth, nodeStates }))
    expect(one).toEqual(other)
    expect(one?.states).toBeGreaterThan(10_000)
  })

  it('says which bound ended it', () => {
    expect(new Explorer(bounds({ statesMax: 500 })).run().end).toBe('states')
    expect(new Explorer(bounds({ depthMax: 5 })).run()).toMatchObject({ end: 'depth', depth: 5 })
    expect(new Explorer(bounds({ minutes: 0 })).run().end).toBe('minutes')
  })

  it.each(QUICK)('notices the mutant: %s', (name) => {
    const study = MUTANT_STUDIES.find((some) => some.name === name) as Study
    const explorer = new Explorer(study.bounds, study.rules)
    const { violation } = explorer.run()
    if (violation === null) throw new Error('not noticed')
    // Three cores, with nothing between them, come to the same.
    const trace = retrace(explorer.worlds, violation.actions, study.bounds, study.rules)
    expect(trace.violation).toBe(violation.what)
    expect(trace.lines.length).toBeGreaterThan(violation.actions.length)
    // The core as it is does not.
    expect(retrace(explorer.worlds, violation.actions, study.bounds, RULES).violation).toBeNull()
  })
})

describe('renaming nodes', () => {
  const symmetry = new Symmetry(bounds({ ballots: 2, proposers: 2 }))

  it('leaves everybody in place while elections are ahead, but for those who may not stand', () => {
    expect(symmetry.renamings(NOTHING_SPENT)).toEqual([0])
    expect(new Symmetry(bounds({ ballots: 2, proposers: 1 })).renamings(NOTHING_SPENT)).toHaveLength(2)
  })

  it('keeps only the order of those who stood, once no election is ahead', () => {
    const spent = { ...NOTHING_SPENT, ballots: 2 }
    expect(symmetry.renamings({ ...spent, stood: 0b001 })).toHaveLength(6)
    expect(symmetry.renamings({ ...spent, stood: 0b011 })).toHaveLength(3)
    expect(symmetry.renamings({ ...spent, stood: 0b111 })).toEqual([0])
  })
})
