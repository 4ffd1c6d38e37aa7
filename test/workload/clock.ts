import type { Random } from '../support/random.ts'
import type { Call, Seen, Workload } from './workload.ts'

/**
 * A key that every call sets to the present time, which never goes back from one transaction to the next, whatever the
 * clocks of the nodes do; and random names, none of which comes twice.
 */
export function clockWorkload(): Workload {
  return {
    name: 'clock',
    setup: [],
    next: (random: Random): Call => call(random.chance(0.4) ? LOOK : SET),
    final: [call(MARKED)],
    verify([marked]) {
      const back = marked?.reads.get('clock back')
      if (back !== undefined) throw new Error(`now() went back to ${String(back)}`)
      if (marked?.reads.has('uuid twice')) throw new Error('uuid() gave the same twice')
    },
  }
}

const SET = `t = now(); if get "clock" != null && t < get "clock" { put "clock back" t; } put "clock" t;
  u = uuid(); if exists ("uuid " + u) || u == uuid() { put "uuid twice" u; } put ("uuid " + u) t;`
const LOOK = 'if get "clock" != null && now() < get "clock" { return "back"; }'
const MARKED = 'get "clock back"; get "uuid twice";'

function call(program: string): Call {
  const done = ({ value }: Seen): null => {
    if (value === 'back') throw new Error('now() of a read is before what had been written when it ran')
    return null
  }
  return { workload: 'clock', program, parameters: {}, isByChance: program !== MARKED, ops: null, done }
}
