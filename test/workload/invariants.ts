import type { Random } from '../support/random.ts'
import type { Call, Seen, Simple, Workload } from './workload.ts'

function call(workload: string, program: string, parameters: Readonly<Record<string, Simple>> = {}): Call {
  return { workload, program, parameters, ops: null, done: () => null }
}

function sum(seen: Seen): number {
  let total = 0
  for (const value of seen.reads.values()) total += Number(value)
  return total
}

const ACCOUNTS = 4
const OPENING = 100

/** Accounts between which money is moved: the total never changes. */
export function bankWorkload(): Workload {
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => `account${n}`)
  const readAll = call('bank', accounts.map((account) => `get "${account}";`).join(' '))
  return {
    name: 'bank',
    setup: [call('bank', accounts.map((account) => `put "${account}" $opening;`).join(' '), { opening: OPENING })],
    next(random: Random): Call {
      if (random.chance(0.3)) return readAll
      const from = random.pick(accounts)
      const to = random.pick(accounts.filter((account) => account !== from))
      const amount = 1 + random.below(5)
      return call('bank', TRANSFER, { from, to, amount, minus: -amount, none: 0 })
    },
    final: [readAll],
    verify([all]) {
      const total = all === undefined ? Number.NaN : sum(all)
      if (total !== ACCOUNTS * OPENING) throw new Error(`the accounts hold ${total}, not ${ACCOUNTS * OPENING}`)
    },
  }
}

const TRANSFER = 'if get $from != $none { put $from get $from + $minus; put $to get $to + $amount; }'

const DOCTORS = 3

/** Pairs of which at most one may be set, each call looking at one and setting the other: write skew sets both. */
export function skewWorkload(): Workload {
  const pairs = Array.from({ length: DOCTORS }, (_, n) => [`left${n}`, `right${n}`] as const)
  return {
    name: 'skew',
    setup: [],
    next(random: Random): Call {
      const [left, right] = random.pick(pairs)
      const [mine, theirs] = random.chance(0.5) ? [left, right] : [right, left]
      return random.chance(0.6)
        ? call('skew', 'if get $theirs != "on" { put $mine "on"; }', { mine, theirs })
        : call('skew', 'put $mine "off";', { mine })
    },
    final: [call('skew', pairs.map(([left, right]) => `get "${left}"; get "${right}";`).join(' '))],
    verify([all]) {
      for (const [left, right] of pairs) {
        if (all?.reads.get(left) === 'on' && all.reads.get(right) === 'on') {
          throw new Error(`${left} and ${right} are both on`)
        }
      }
    },
  }
}
