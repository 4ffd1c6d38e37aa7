import { describe, expect, it } from 'vitest'
import { Violation } from './invariants.ts'
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
    'notice the mutant: %s',
    (_, rules) => {
      let seed = 0
      const caught = () => {
        for (seed = 1; seed <= 2000; seed += 1) {
          const size = seed % 2 === 0 ? 5 : 3
          new Walk(seed, size, rules).run(EVENTS[size])
        }
      }
      expect(caught).toThrow(Violation)
    },
    60_000,
  )
})
