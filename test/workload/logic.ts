import type { MicroOperation } from '../check/event.ts'
import type { Random } from '../support/random.ts'
import { readRegister } from './register.ts'
import type { Call, Workload } from './workload.ts'

const KEYS = 3

/** Writes that depend on `||` and `&&`, with what each must do known beforehand: an interpreter that errs shows. */
export function logicWorkload(): Workload {
  let last = 0
  return {
    name: 'logic',
    setup: [],
    next(random: Random): Call {
      const key = `logic${random.below(KEYS)}`
      if (random.chance(0.3)) return readRegister('logic', key)
      last += 1
      const [left, right, isEither] = [random.chance(0.5), random.chance(0.5), random.chance(0.5)]
      const writes = isEither ? left || right : left && right
      const program = isEither ? EITHER : BOTH
      const ops: readonly MicroOperation[] = writes ? [['w', key, last]] : []
      const parameters = { key, value: last, one: 1, left: left ? 1 : 2, right: right ? 1 : 2 }
      return { workload: 'logic', program, parameters, ops, done: () => ops }
    },
    final: Array.from({ length: KEYS }, (_, n) => readRegister('logic', `logic${n}`)),
  }
}

const EITHER = 'if $left == $one || $right == $one { put $key $value; }'
const BOTH = 'if $left == $one && $right == $one { put $key $value; }'
