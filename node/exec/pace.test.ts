import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

test('nothing is expected before a tenth of a second has been counted', () => {
  const pace = new Pace(0)
  pace.answered(50, 50, 60)
  expect(pace.expectedMs(1_000)).toBe(0)
  pace.answered(50, 50, 100)
  expect(pace.expectedMs(60)).toBe(60)
})

test('of more requests than were ever under way no more is expected than of those', () => {
  const pace = new Pace(0)
  // One caller after the other's answer, each of which takes 20 ms: a thousand at once would share one decree.
  for (let ms = 20; ms <= 100; ms += 20) pace.answered(1, 0, ms)
  expect(pace.expectedMs(1_000)).toBe(20)
  pace.answered(1_000, 1_000, 200)
  expect(pace.expectedMs(1_000)).toBe(100)
  expect(pace.expectedMs(5_000)).toBe(200)
})

test('time in which nothing was under way does not count', () => {
  const pace = new Pace(0)
  pace.answered(10, 0, 50)
  pace.begin(10_000)
  pace.answered(10, 0, 10_050)
  expect(pace.expectedMs(10)).toBe(50)
})

test('what was learned is forgotten for what comes next', () => {
  const pace = new Pace(0)
  pace.answered(1, 99, 5_000)
  expect(pace.expectedMs(100)).toBe(50_000)
  pace.answered(99, 0, 5_100)
  expect(pace.expectedMs(99)).toBe(100)
})
