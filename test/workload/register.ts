import type { MicroOperation } from '../check/event.ts'
import type { Random } from '../support/random.ts'
import type { Call, Seen, Workload } from './workload.ts'

const KEYS = 5

/** Registers that are read, written, and replaced if they hold what was expected. */
export function registerWorkload(): Workload {
  let last = 0
  // What a compare-and-put expects should be right now and then: one of the values written lately.
  const recent: number[] = [0]
  return {
    name: 'register',
    setup: [],
    next(random: Random): Call {
      const key = `register${random.below(KEYS)}`
      const kind = random.fraction()
      if (kind < 0.35) return readRegister('register', key)
      last += 1
      const value = last
      const expected = random.pick(recent)
      recent.push(value)
      if (recent.length > 6) recent.shift()
      return kind < 0.65 ? writeCall(key, value) : compareCall(key, expected, value)
    },
    final: Array.from({ length: KEYS }, (_, n) => readRegister('register', `register${n}`)),
  }
}

/** Reads one register. */
export function readRegister(workload: string, key: string): Call {
  return {
    workload,
    program: 'get $key;',
    parameters: { key },
    ops: [['r', key, null]],
    done: ({ reads }: Seen): readonly MicroOperation[] => [['r', key, reads.get(key) ?? null]],
  }
}

function writeCall(key: string, value: number): Call {
  const ops: readonly MicroOperation[] = [['w', key, value]]
  return { workload: 'register', program: 'put $key $value;', parameters: { key, value }, ops, done: () => ops }
}

function compareCall(key: string, expected: number, value: number): Call {
  return {
    workload: 'register',
    program: 'if get $key == $expected { put $key $value; }',
    parameters: { key, expected, value },
    ops: [['cas', key, [expected, value]]],
    done: ({ reads }: Seen): readonly MicroOperation[] => [
      ['cas', key, [expected, value], (reads.get(key) ?? null) === expected],
    ],
  }
}
