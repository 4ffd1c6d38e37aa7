import { expect, test } from 'vitest'
import {
  isWithinBounds,
  longestCallMs,
  type Restart,
  type Rolling,
  sentencesOfRolling,
  tableOfRolling,
} from './rolling.ts'

const CALLS = { beganMs: Float64Array.of(0, 10, 40), answeredMs: Float64Array.of(5, 35, 41) }

test('a call counts where any of it lies within the span', () => {
  expect(longestCallMs(CALLS, { fromMs: 0, toMs: 9 })).toBe(5)
  expect(longestCallMs(CALLS, { fromMs: 20, toMs: 25 })).toBe(25)
  expect(longestCallMs(CALLS, { fromMs: 36, toMs: 50 })).toBe(1)
  expect(longestCallMs(CALLS, { fromMs: 42, toMs: 50 })).toBe(0)
})

const restart: Restart = {
  nodeNumber: 2,
  wasLeader: true,
  calmMs: 9,
  stopMs: 60,
  startMs: 150,
  goneAfterMs: 100,
  caughtUpAfterMs: 700,
}
const rolling: Rolling = { restarts: [restart], calls: 1_000, peakPerSecond: 800, perSecond: 400, failures: [] }

test('a call that fails, or takes a moment too long, is out of bounds', () => {
  expect(isWithinBounds(rolling)).toBe(true)
  expect(isWithinBounds({ ...rolling, failures: ['closed, outcome none: no'] })).toBe(false)
  expect(isWithinBounds({ ...rolling, restarts: [restart, { ...restart, startMs: 151 }] })).toBe(false)
})

test('the report tells the longest pause and every failure', () => {
  expect(tableOfRolling(rolling)).toContainEqual(['the leader stops', '1', '60', '60', '60', '60', '150', '1 of 1'])
  expect(tableOfRolling(rolling).map(([what]) => what)).not.toContain('a follower stops')
  const sentences = sentencesOfRolling({ ...rolling, failures: ['closed, outcome none: no'] })
  expect(sentences).toContain('Failed calls: 1 of 1001. Longest pause of any caller: 150 ms (bound 150 ms).')
  expect(sentences).toContain('closed, outcome none: no')
})
