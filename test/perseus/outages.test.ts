import { describe, expect, test } from 'vitest'
import { longestGapMs, outagesIn } from './outages.ts'

/** Answered every 10 ms, but not from `outFromMs` until `outToMs`. */
function every10(fromMs: number, toMs: number, outFromMs = 0, outToMs = 0): readonly number[] {
  const all = Array.from({ length: (toMs - fromMs) / 10 + 1 }, (_, n) => fromMs + n * 10)
  return all.filter((atMs) => atMs <= outFromMs || atMs >= outToMs)
}

const SPAN = { fromMs: 1_000, toMs: 2_000 }

describe('the longest gap', () => {
  test('is between two answers, also where one of them lies beyond the span', () => {
    expect(longestGapMs([900, 1_150, 1_200, 1_900, 2_300], SPAN)).toBe(700)
    expect(longestGapMs([990, 1_990, 2_001], SPAN)).toBe(1_000)
    expect(longestGapMs([500, 2_500], SPAN)).toBe(2_000)
  })

  test('does not count what ended before the span, or began after it', () => {
    expect(longestGapMs([0, 999, ...every10(1_000, 2_000), 2_005, 9_000], SPAN)).toBeLessThanOrEqual(10)
  })

  test('reaches to the end of the span for a caller that is never answered again, and over all of it for none', () => {
    expect(longestGapMs([950, 1_200], SPAN)).toBe(800)
    expect(longestGapMs([], SPAN)).toBe(1_000)
  })
})

describe("Perseus' columns", () => {
  const served = every10(500, 2_500)

  test('are all but zero when everybody is served', () => {
    expect(outagesIn([served, served, served], SPAN, 0)).toEqual({
      downtimeMs: 10,
      partialMs: 0,
      disturbanceMs: 0,
      recoveryMs: 0,
    })
  })

  test('tell the node of the fault from the others', () => {
    const lost = every10(500, 2_500, 1_000, 2_400)
    const disturbed = every10(500, 2_500, 1_000, 1_300)
    expect(outagesIn([lost, disturbed, served], SPAN, 0)).toEqual({
      downtimeMs: 10,
      partialMs: 300,
      disturbanceMs: 300,
      recoveryMs: 1_000,
    })
  })

  test('count as downtime only when none of the three is answered', () => {
    const out = outagesIn(
      [1_000, 1_100, 1_200].map((fromMs) => every10(500, 2_500, fromMs, fromMs + 400)),
      SPAN,
      2,
    )
    expect(out).toEqual({ downtimeMs: 200, partialMs: 200, disturbanceMs: 500, recoveryMs: 600 })
  })

  test('take a short wait for latency', () => {
    const slow = every10(500, 2_500, 1_500, 1_550)
    expect(outagesIn([slow, served, served], SPAN, 0)).toMatchObject({ recoveryMs: 0 })
  })
})
