import { expect, test } from 'vitest'
import { distributionOf, quantile } from './distribution.ts'

test('a distribution is of the values themselves, in any order', () => {
  const values = Array.from({ length: 20 }, (_, n) => 20 - n)
  expect(distributionOf(values)).toEqual({ count: 20, min: 1, median: 10, p95: 19, max: 20 })
  expect(distributionOf([7])).toEqual({ count: 1, min: 7, median: 7, p95: 7, max: 7 })
  expect(distributionOf([]).max).toBeNaN()
})

test('a quantile is the smallest value that covers its share', () => {
  expect([0, 0.25, 0.26, 0.5, 1].map((share) => quantile([1, 2, 3, 4], share))).toEqual([1, 1, 2, 2, 4])
})
