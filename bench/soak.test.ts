import { describe, expect, test } from 'vitest'
import { judgeSoak, type Period } from './soak.ts'

const MIB = 1024 ** 2
const GOOD: Period = { calls: 100, p50Ms: 1, p99Ms: 4, maxMs: 9, resident: [100 * MIB, 90 * MIB, 90 * MIB] }

function judge(periods: readonly Period[], failures = new Map<string, number>()): readonly string[] {
  return judgeSoak({ peakPerSecond: 10, perSecond: 8, periodSeconds: 60, periods }, failures)
}

describe('a soak', () => {
  test('passes when the first minute alone is worse', () => {
    const first = { ...GOOD, p99Ms: 90, resident: [50 * MIB, 50 * MIB, 50 * MIB] }
    expect(judge([first, GOOD, { ...GOOD, p99Ms: 5.2 }])).toEqual([])
  })

  test('fails on any call that failed', () => {
    expect(judge([GOOD, GOOD, GOOD], new Map([['timeout', 2]]))).toEqual(['Calls failed with timeout: 2.'])
  })

  test('fails on a node that has grown since the second minute', () => {
    const last = { ...GOOD, resident: [116 * MIB, 107 * MIB, 90 * MIB] }
    expect(judge([GOOD, GOOD, last])).toEqual(['Node 2 has grown from 90 to 107 MiB since the second period.'])
  })

  test('fails when the last minute is slower than the second', () => {
    expect(judge([GOOD, GOOD, { ...GOOD, p99Ms: 5.3 }])).toEqual([
      'p99 was 4.00 ms in the second period and 5.30 ms in the last.',
    ])
    expect(judge([GOOD, GOOD, { ...GOOD, calls: 0, p99Ms: Number.NaN }])).toHaveLength(1)
  })

  test('fails when there is too little of it to judge', () => {
    expect(judge([GOOD])).toEqual(['It was too short to judge.'])
  })
})
