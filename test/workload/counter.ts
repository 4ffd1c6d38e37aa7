import type { Random } from '../support/random.ts'
import type { Call, Workload } from './workload.ts'

/** One counter that everybody increments: what is acknowledged is counted, once, however often it was sent. */
export function counterWorkload(): Workload {
  const read: Call = { workload: 'counter', program: 'get "counter";', parameters: {}, ops: null, done: () => null }
  return {
    name: 'counter',
    setup: [],
    next(random: Random): Call {
      if (random.chance(0.2)) return read
      return { workload: 'counter', program: INCREMENT, parameters: { one: 1 }, ops: null, done: () => null }
    },
    final: [read],
    verify([end], count) {
      const value = Number(end?.reads.get('counter') ?? 0)
      const { acknowledged, unknown } = count(INCREMENT)
      if (value < acknowledged || value > acknowledged + unknown) {
        throw new Error(`the counter ends at ${value}; ${acknowledged} were acknowledged, ${unknown} may have happened`)
      }
    },
  }
}

const INCREMENT = 'put "counter" get "counter" + $one;'
