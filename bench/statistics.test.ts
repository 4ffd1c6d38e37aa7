import { expect, test } from 'vitest'
import { percentile, spreadOf } from './statistics.ts'

test('a percentile is a value that was measured', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, n) => n + 1)
  expect([0, 0.5, 0.99, 0.999, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100, 100])
  expect(percentile([], 0.5)).toBeNaN()
})

test('the spread of rounds is median, least and most', () => {
  expect(spreadOf([3, 10, 1])).toEqual({ median: 3, least: 1, most: 10 })
  expect(spreadOf([4, 2])).toEqual({ median: 3, least: 2, most: 4 })
})

test('a figure that a round lacks is unknown', () => {
  expect(spreadOf([3, null, 1])).toBeNull()
  expect(spreadOf([])).toBeNull()
})
