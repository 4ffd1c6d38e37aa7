import { describe, expect, test } from 'vitest'
import { Flow, tooMany } from './flow.ts'
import { LIMITS } from './limits.ts'
import { idleCall } from './testing/call.ts'

function answers(flow: Flow, count: number, tookMs = 10): Flow {
  for (let n = 0; n < count; n += 1) flow.answered(tookMs)
  return flow
}

describe('the calls that may be on their way', () => {
  test('are fewer after a refusal than there were, and then slowly more', () => {
    const flow = new Flow()
    expect(flow.limit).toBe(LIMITS.inFlightMax)
    flow.overloaded(1_000, 1_000, 1_010)
    expect(flow.limit).toBe(700)
    answers(flow, 700)
    expect(flow.limit).toBe(715)
    answers(flow, 1_000_000)
    expect(flow.limit).toBe(LIMITS.inFlightMax)
  })

  test('are cut once for all that were sent before', () => {
    const flow = new Flow()
    for (let n = 0; n < 500; n += 1) flow.overloaded(1_000 + n / 100, 1_000, 1_010 + n / 100)
    expect(flow.limit).toBe(700)
    flow.overloaded(1_020, 500, 1_030)
    expect(flow.limit).toBe(350)
  })

  test('are never less than a few', () => {
    const flow = new Flow()
    for (let ms = 0; ms < 100; ms += 1) flow.overloaded(ms, 1, ms)
    expect(flow.limit).toBe(LIMITS.inFlightMin)
  })
})

test('what nearly all answers take is learned from each', () => {
  const flow = answers(new Flow(), 1_000, 80)
  expect(flow.answerMs).toBeGreaterThan(79)
  expect(flow.answerMs).toBeLessThan(81)
  // Not answered at all counts as well.
  for (let n = 0; n < 200; n += 1) flow.overloaded(1_000, 100, 1_400)
  expect(flow.answerMs).toBeGreaterThan(380)
  answers(flow, 1_000, 20)
  expect(flow.answerMs).toBeLessThan(30)
})

describe('a call that has waited until it was too late', () => {
  test('had no effect', () => {
    const program = idleCall(0, { $case: 'program', value: { text: 'put "a" 1;', parameters: [] } }, 3)
    expect(tooMany(program, 40)).toMatchObject({ code: 'overloaded', outcome: 'none', retryAfterMs: 40 })
  })

  test('tells nothing of the request that it asks about', () => {
    const question = idleCall(0, { $case: 'outcome', value: { number: 5 } }, 3)
    expect(tooMany(question, 40)).toMatchObject({ code: 'overloaded', outcome: 'unknown', requestId: '3/5' })
  })
})
