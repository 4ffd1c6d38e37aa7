import { describe, expect, test } from 'vitest'
import type { Call } from './call.ts'
import { Calls } from './calls.ts'
import { idleCall } from './testing/call.ts'

function numbered(calls: Calls, count: number): readonly Call[] {
  const made = Array.from({ length: count }, () => idleCall(1_000))
  for (const one of made) calls.number(one)
  return made
}

describe('calls', () => {
  test('have numbers one after the other, and are found by them', () => {
    const calls = new Calls()
    const made = numbered(calls, 3_000)
    expect(made.map(({ number }) => number)).toEqual(made.map((_, index) => index + 1))
    for (const one of made) expect(calls.get(one.number)).toBe(one)
    expect([...calls]).toEqual(made)
    expect(calls.size).toBe(3_000)
  })

  test('are settled below the lowest number in use', () => {
    const calls = new Calls()
    expect(calls.settledBelow).toBe(1)
    const made = numbered(calls, 3_000)
    for (const one of made) {
      expect(calls.settledBelow).toBe(one.number)
      expect(calls.delete(one)).toBe(true)
      expect(calls.delete(one)).toBe(false)
    }
    expect(calls.settledBelow).toBe(3_001)
    expect(calls.size).toBe(0)
  })

  test('that wait have no number and hold none; the next one is never an old one', () => {
    const calls = new Calls()
    const [first, second] = numbered(calls, 2) as [Call, Call]
    calls.wait(first)
    expect(first.number).toBe(0)
    expect(calls.settledBelow).toBe(2)
    expect(calls.get(1)).toBeUndefined()
    expect([...calls]).toEqual([second, first])
    calls.number(first)
    expect(first.number).toBe(3)
    expect([...calls]).toEqual([second, first])
  })

  test('that wait from the beginning count as well, and those that are settled never come back', () => {
    const calls = new Calls()
    const one = idleCall(1_000)
    calls.enrol(one)
    expect([calls.size, calls.has(one), calls.settledBelow]).toEqual([1, true, 1])
    expect(calls.delete(one)).toBe(true)
    calls.wait(one)
    expect([calls.size, calls.has(one)]).toEqual([0, false])
  })

  test('take the place of others without a change in what is settled, also alone among many numbers', () => {
    const calls = new Calls()
    const made = numbered(calls, 1_500)
    for (const one of made) if (one.number !== 7 && one.number !== 1_500) calls.delete(one)
    const heir = idleCall(1_000)
    calls.replace(calls.get(7) as Call, heir)
    expect(calls.settledBelow).toBe(7)
    expect([calls.get(7), calls.size, calls.has(made[6] as Call)]).toEqual([heir, 2, false])
  })
})
