import { expect, test } from 'vitest'
import { compareCosts } from './guard.ts'

test('a row that costs more than a tenth more is named; what the other run lacks is left out', () => {
  const was = [
    { workload: 'rmw', callers: 256, processorUs: 100 },
    { workload: 'rmw', callers: 16, processorUs: 200 },
    { workload: 'put', callers: 1, processorUs: 50 },
  ] as const
  const is = [
    { workload: 'rmw', callers: 256, processorUs: 111 },
    { workload: 'rmw', callers: 16, processorUs: 218 },
    { workload: 'read', callers: 1, processorUs: 500 },
  ] as const
  const dear = 'rmw, 256 callers: 111.0 µs, was 100.0 (+11 %).'
  expect(compareCosts(was, is)).toEqual({
    all: [dear, 'rmw, 16 callers: 218.0 µs, was 200.0 (+9 %).'],
    dearer: [dear],
  })
})
