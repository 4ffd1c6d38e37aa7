import { type Keys, piece } from '../keys.ts'
import { MIXED_READ_SHARE, type Workload } from '../workloads.ts'
import type { Operation } from './driver.ts'

const AMOUNT_MAX = 10

/** Which keys a caller chooses from: every `step`th from `first` on. */
export interface Stride {
  readonly first: number
  readonly step: number
}

/** The next call of a caller. `number`: of the value that it writes, if it writes one. */
export function choose(workload: Workload, keys: Keys, stride: Stride, number: number): Operation {
  const key = draw(keys.ordinary, stride)
  switch (workload) {
    case 'rmw':
    case 'put':
    case 'literal':
      return { type: workload, key, value: keys.value(number) }
    case 'read':
      return { type: 'read', key }
    case 'mixed':
      if (Math.random() < MIXED_READ_SHARE) return { type: 'read', key }
      return { type: 'rmw', key, value: keys.value(number) }
    case 'append-hot':
      return { type: 'append', key: keys.hot, piece: piece(number) }
    case 'transfer': {
      const amount = 1 + Math.floor(Math.random() * AMOUNT_MAX)
      let other = key
      while (other === key) other = draw(keys.ordinary, stride)
      return { type: 'transfer', from: keys.account(key), to: keys.account(other), amount }
    }
    default:
      return workload satisfies never
  }
}

function draw(count: number, { first, step }: Stride): number {
  const choices = Math.ceil((count - first) / step)
  return first + step * Math.floor(Math.random() * choices)
}
