import { describe, expect, it } from 'vitest'
import { Stalled, Violation } from './invariants.ts'
import { MUTANTS } from './mutants.ts'
import { Walk, type Witnesses } from './walk.ts'

/** More nodes need more events to come as far. */
const EVENTS = { 1: 400, 3: 3000, 5: 5000 }

function walkMany(size: 1 | 3 | 5, from: number, count: number): Witnesses {
  const sum: Record<string, number> = {}
  for (let seed = from; seed < from + count; seed += 1) {
    try {
      for (const [name, times] of Object.entries(new Walk(seed, size).run(EVENTS[size])))
        sum[name] = (sum[name] ?? 0) + times
    } catch (error) {
      throw new Error(`seed ${seed} of ${size} nodes`, { cause: error })
    }
  }
  return sum as unknown as Witnesses
}

describe('random walks over the core', () => {
  it('choose one decree per slot, hold it on a majority, and end equal: three nodes', () => {
    const witnesses = walkMany(3, 1, 3000)
    for (const [name, times] of Object.entries(witnesses)) expect(times, name).toBeGreaterThan(20)
  }, 120_000)

  it('choose one decree per slot, hold it on a majority, and end equal: five nodes', () => {
    const witnesses = walkMany(5, 1, 1500)
    for (const [name, times] of Object.entries(witnesses)) expect(times, name).toBeGreaterThan(5)
  }, 120_000)

  it('work for one node', () => {
    expect(walkMany(1, 1, 50).chosen).toBeGreaterThan(500)
  })

  it.each(Object.entries(MUTANTS))(
    'notice the mutant, and not only once: %s',
    (_, rules) => {
      let caught = 0
      for (let seed = 1; seed <= 20_000 && caught < 3; seed += 1) {
        try {
          new Walk(seed, 3, rules).run(EVENTS[3])
        } catch (error) {
          // That it merely stalls would prove nothing about the invariants.
          if (error instanceof Violation) caught += 1
          else if (!(error instanceof Stalled)) throw error
        }
      }
      expect(caught).toBe(3)
    },
    120_000,
  )
})
