import { describe, expect, test } from 'vitest'
import { judgeOverload, type Overload, overloadNotes } from './overload.ts'
import type { Period } from './soak.ts'

const MIB = 1024 ** 2
const PERIOD: Period = { calls: 100, p50Ms: 1, p99Ms: 4, maxMs: 9, resident: [100 * MIB, 400 * MIB, 90 * MIB] }
const GOOD: Overload = {
  callers: 5_120,
  timeoutMs: 1_000,
  peakPerSecond: 10_000,
  goodputPerSecond: 8_000,
  p50Ms: 250.4,
  p99Ms: 600.6,
  periodSeconds: 2,
  periods: Array.from({ length: 10 }, () => PERIOD),
  failures: new Map([['overloaded', 7]]),
  doubts: 0,
  leaderChanged: false,
}

describe('an overload', () => {
  test('passes when enough is answered and the others are told so', () => {
    expect(judgeOverload(GOOD)).toEqual([])
    expect(overloadNotes(GOOD)).toEqual([
      '5120 callers, whose calls give up after 1000 ms: 8000 calls/s were answered, 80 % of the peak of 10000/s.',
      'Those took 250 ms in the median, and 601 ms at the 99th percentile.',
      'Calls that failed with overloaded: 7.',
    ])
    expect(overloadNotes({ ...GOOD, failures: new Map() })).toContain('No call failed.')
  })

  test('fails when too little is answered', () => {
    const low = 'Less than 80 % of the peak was answered'
    expect(judgeOverload({ ...GOOD, goodputPerSecond: 7_900 })).toEqual([`${low}: 79 % of the peak of 10000/s.`])
    expect(judgeOverload({ ...GOOD, peakPerSecond: Number.NaN })).toHaveLength(1)
  })

  test('fails on any call that was not told whether it had its effect', () => {
    expect(judgeOverload({ ...GOOD, doubts: 1 })).toEqual([
      'Calls failed without saying whether they had their effect: 1.',
    ])
  })

  test('fails when the leader changed', () => {
    expect(judgeOverload({ ...GOOD, leaderChanged: true })).toEqual(['The leader changed.'])
  })

  test('fails on a node that grows from half to half', () => {
    const last = (bytes: readonly (number | null)[]): Overload => ({
      ...GOOD,
      periods: [...GOOD.periods.slice(1), { ...PERIOD, resident: bytes }],
    })
    expect(judgeOverload(last([148 * MIB, 460 * MIB, 90 * MIB]))).toEqual([])
    expect(judgeOverload(last([149 * MIB, 461 * MIB, 90 * MIB]))).toEqual([
      'Node 1 has grown from 100 to 149 MiB, from half to half.',
      'Node 2 has grown from 400 to 461 MiB, from half to half.',
    ])
    expect(judgeOverload(last([null, null, null]))).toEqual([])
  })
})
