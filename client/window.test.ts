import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'
import { idleCall } from './testing/call.ts'
import { Window } from './window.ts'

beforeEach(() => vi.useFakeTimers({ now: 0, toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

function sendAll(window: Window): readonly Call[] {
  const sent: Call[] = []
  for (let next = window.next(); next !== undefined; next = window.next()) {
    next.sentAtMs = performance.now()
    sent.push(next)
  }
  return sent
}

function refuseOften(window: Window): void {
  for (let round = 0; round < 50; round += 1) {
    const one = idleCall(60_000)
    window.enter(one)
    one.sentAtMs = performance.now()
    vi.advanceTimersByTime(1)
    window.overloaded(one)
    window.remove(one)
  }
}

/** A window that was refused so often that only a few calls may be on their way, and whose calls take so long. */
function narrow(answerMs: number): Window {
  const window = new Window()
  refuseOften(window)
  for (let n = 0; n < 1_000; n += 1) {
    window.answered({ ...idleCall(60_000), isAdmitted: true, sentAtMs: performance.now() - answerMs } as Call)
  }
  refuseOften(window)
  return window
}

describe('calls that wait', () => {
  test('go in order as far as there is room', () => {
    const window = new Window()
    const calls = Array.from({ length: LIMITS.inFlightMax + 3 }, () => idleCall(1_000))
    for (const one of calls) window.enqueue(one)
    expect(sendAll(window)).toHaveLength(LIMITS.inFlightMax)
    expect(window.remove(calls[5] as Call)).toBe(true)
    expect(sendAll(window)).toEqual([calls[LIMITS.inFlightMax]])
    expect(window.remove(calls[5] as Call)).toBe(false)
  })

  test('are few while a server refuses them', () => {
    const window = narrow(10)
    for (let n = 0; n < 100; n += 1) window.enqueue(idleCall(1_000))
    expect(sendAll(window)).toHaveLength(LIMITS.inFlightMin)
  })

  test('are not sent when an answer would hardly come in time; those behind them are', () => {
    const window = narrow(300)
    const late = idleCall(1_000)
    window.enqueue(late)
    vi.advanceTimersByTime(750)
    const soon = idleCall(1_000)
    window.enqueue(soon)
    expect(sendAll(window)).toEqual([soon])
    expect(window.takeLate()).toEqual([late])
    expect(window.takeLate()).toEqual([])
  })

  test('are sent for half of their time, whatever answers have taken: or nobody would learn that they are faster now', () => {
    const window = narrow(5_000)
    const [early, late] = [idleCall(1_000), idleCall(950)]
    window.enqueue(early)
    window.enqueue(late)
    vi.advanceTimersByTime(490)
    expect(sendAll(window)).toEqual([early])
  })

  test('are sent to the last while no server refuses', () => {
    const window = new Window()
    const late = idleCall(1_000)
    window.enqueue(late)
    vi.advanceTimersByTime(990)
    expect(sendAll(window)).toEqual([late])
  })
})

test('nothing is learned of how long answers take from an answer to what is not on its way', () => {
  vi.advanceTimersByTime(3_600_000)
  const window = new Window()
  window.answered(idleCall(1_000))
  expect(window.answerMs).toBe(0)
})
