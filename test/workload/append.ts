import type { MicroOperation } from '../check/event.ts'
import type { Random } from '../support/random.ts'
import type { Call, Seen, Workload } from './workload.ts'

const KEYS = 4

/**
 * Lists to which every call appends a number of its own, as text: `17,`. A list's text is the history of its key, so
 * that what was lost, doubled, or seen out of order shows.
 */
export function appendWorkload(): Workload {
  let last = 0
  return {
    name: 'append',
    setup: [],
    next(random: Random): Call {
      const key = `list${random.below(KEYS)}`
      const other = `list${random.below(KEYS)}`
      const kind = random.fraction()
      if (kind < 0.2) return readCall(key)
      last += 1
      const parameters = { key, other, element: `${last},` }
      if (kind < 0.6) return call(APPEND, { key, element: `${last},` }, [read(key), append(key, last)])
      if (kind < 0.8 || other === key) {
        return call(APPEND_AND_READ, parameters, [read(key), append(key, last), read(other)])
      }
      last += 1
      const both = { ...parameters, second: `${last},` }
      return call(APPEND_BOTH, both, [read(key), append(key, last - 1), read(other), append(other, last)])
    },
    final: Array.from({ length: KEYS }, (_, n) => readCall(`list${n}`)),
  }
}

const APPEND = 'put $key get $key + $element;'
const APPEND_AND_READ = 'put $key get $key + $element; get $other;'
const APPEND_BOTH = 'put $key get $key + $element; put $other get $other + $second;'

function readCall(key: string): Call {
  return call('get $key;', { key }, [read(key)])
}

function read(key: string): MicroOperation {
  return ['r', key, null]
}

function append(key: string, element: number): MicroOperation {
  return ['append', key, element]
}

function call(program: string, parameters: Record<string, string>, ops: readonly MicroOperation[]): Call {
  return {
    workload: 'append',
    program,
    parameters,
    ops,
    done: ({ reads }: Seen) => {
      // The result shows values from before the transaction; a read behind an append to its key sees that too.
      const own = new Map<string, number[]>()
      return ops.map((op): MicroOperation => {
        const [kind, key, element] = op
        if (kind === 'append') {
          own.set(key, [...(own.get(key) ?? []), Number(element)])
          return op
        }
        const text = reads.get(key) ?? ''
        const before = String(text).split(',').slice(0, -1).map(Number)
        return ['r', key, [...before, ...(own.get(key) ?? [])]]
      })
    },
  }
}
