import type { Random } from '../support/random.ts'
import type { Call, Workload } from './workload.ts'

/** So many different shapes; parsing them is the dearest thing that a run does. */
const SHAPES = 8

/**
 * One counter that everybody increments, by programs so large that they are parsed apart from the others, and by small
 * ones, which overtake them. One shape cannot be parsed.
 */
export function largeWorkload(): Workload {
  const read: Call = { workload: 'large', program: 'get "large";', parameters: {}, ops: null, done: () => null }
  return {
    name: 'large',
    setup: [],
    next(random: Random): Call {
      const kind = random.fraction()
      if (kind < 0.15) return read
      const program = kind < 0.4 ? INCREMENT : kind < 0.43 ? WRONG : largeText(random.below(SHAPES), random.below(3))
      return { workload: 'large', program, parameters: { by: 1 }, ops: null, done: () => null }
    },
    final: [read],
    verify([end], count) {
      const total = { acknowledged: 0, unknown: 0 }
      for (const program of [INCREMENT, ...ALL]) {
        const { acknowledged, unknown } = count(program)
        total.acknowledged += acknowledged
        total.unknown += unknown
      }
      const value = Number(end?.reads.get('large') ?? 0)
      if (value < total.acknowledged || value > total.acknowledged + total.unknown) {
        throw new Error(
          `the counter ends at ${value}; ${total.acknowledged} were acknowledged, ${total.unknown} may have happened`,
        )
      }
    },
  }
}

const INCREMENT = 'put "large" get "large" + $by;'

const STATEMENTS = ['x = 1 + 2;', 'if 1 < 2 { x = 3; }', 'x = [1, 2, 3][0];', 'x = "a" + "b"; y = len(x);']

/** Programs with equal `shape` differ by a literal only. */
function largeText(shape: number, literal: number): string {
  const padding = Array.from({ length: 60 }, (_, n) => STATEMENTS[(shape >> (n % 3)) % 2 ? n % 4 : (n + shape) % 3])
  return `${padding.join(' ')} ${INCREMENT} x = ${literal};`
}

const ALL: readonly string[] = Array.from({ length: SHAPES * 3 }, (_, n) =>
  largeText(n % SHAPES, Math.floor(n / SHAPES)),
)

const WRONG = `${largeText(1, 0)} put "large";`
