import { describe, expect, it } from 'vitest'
import type { Response } from '../exec/index.ts'
import { SlotTiming } from './slot-timing.ts'

const DONE: Response = { type: 'committed', revision: 1, reads: new Map(), value: null, complete: true }

/**
 * A leader with slots of 20 ms, and callers that ask again so long after each answer. Gives, for each of them, how long
 * its requests have waited for their answers.
 */
function play(gapsMs: readonly number[], distanceMs: number, untilMs = 4_000): readonly (readonly number[])[] {
  const timing = new SlotTiming()
  timing.distanceMs = distanceMs
  const waits: number[][] = gapsMs.map(() => [])
  const planned: { atMs: number; act: () => void }[] = []
  let nowMs = 0
  let waiting: ((response: Response) => void)[] = []
  let isBusy = false
  let timerAtMs = 0
  const after = (ms: number, act: () => void) => planned.push({ atMs: nowMs + ms, act })

  const pump = () => {
    if (isBusy || waiting.length === 0) return
    if (timing.isOn) {
      const beginAtMs = timing.beginAtMs(nowMs)
      if (beginAtMs > nowMs) {
        if (beginAtMs !== timerAtMs) after(beginAtMs - nowMs, pump)
        timerAtMs = beginAtMs
        return
      }
      timing.began(nowMs)
    }
    const batch = waiting
    waiting = []
    isBusy = true
    after(20, () => {
      const answer = () => {
        for (const respond of batch) respond(DONE)
      }
      if (timing.isOn) timing.ended(nowMs, answer)
      else answer()
      isBusy = false
      pump()
    })
  }
  const ask = (caller: number) => {
    const fromMs = nowMs
    const respond = () => {
      waits[caller]?.push(nowMs - fromMs)
      after(gapsMs[caller] ?? 0, () => ask(caller))
    }
    waiting.push(timing.isOn ? timing.watch(`s${caller}`, respond, () => nowMs) : respond)
    pump()
  }
  for (const caller of gapsMs.keys()) after(caller, () => ask(caller))
  while (nowMs < untilMs) {
    planned.sort((a, b) => a.atMs - b.atMs)
    const next = planned.shift()
    if (next === undefined) break
    nowMs = next.atMs
    next.act()
  }
  return waits
}

/** A leader with slots of 20 ms, who has answered one caller that asked again so long after each answer; and the time then. */
function answering(gapsMs: readonly number[]): { readonly timing: SlotTiming; readonly nowMs: number } {
  const timing = new SlotTiming()
  timing.distanceMs = 20
  let nowMs = 0
  for (const gapMs of gapsMs) {
    const respond = timing.watch(
      's1',
      () => undefined,
      () => nowMs,
    )
    timing.began(nowMs)
    nowMs += 20
    timing.ended(nowMs, () => respond(DONE))
    nowMs += gapMs
  }
  return { timing, nowMs }
}

const last = (waits: readonly number[] | undefined) => waits?.slice(-10).map((ms) => Math.round(ms)) ?? []

describe('the timing of a leader whose majority is far away', () => {
  it('lets callers in that are back a moment after they were answered', () => {
    const [here, there] = play([1, 20], 20)
    // Begun at once, a slot would leave the one beside the leader behind each time, for the whole of the next one.
    expect(Math.max(...last(here))).toBeLessThanOrEqual(22)
    expect(Math.max(...last(there))).toBeLessThanOrEqual(24)
    expect(Math.max(...last(play([1, 20], 1)[0]))).toBeGreaterThan(35)
  })

  it('waits for one that comes from far, when it is due within half a slot', () => {
    const [here, far] = play([1, 168], 20)
    expect(Math.max(...last(far))).toBeLessThanOrEqual(22)
    expect(Math.max(...last(here))).toBeLessThanOrEqual(32)
  })

  it('does not wait for one alone when many are here', () => {
    const [far, ...others] = play([27, ...Array.from({ length: 30 }, () => 1)], 20)
    expect(far?.length).toBeGreaterThan(10)
    for (const waits of others) expect(Math.max(...last(waits))).toBeLessThanOrEqual(22)
  })

  it('neither measures nor waits where members are near', () => {
    const timing = new SlotTiming()
    timing.distanceMs = 1
    expect(timing.isOn).toBe(false)
    timing.distanceMs = null
    expect(timing.isOn).toBe(false)
  })

  it('waits no longer than half a slot for one that does not come', () => {
    const { timing, nowMs } = answering([...Array.from({ length: 29 }, () => 4), 0])
    // Just answered, it is due; another is here.
    const clock = () => nowMs
    timing.watch('s2', () => undefined, clock)
    const beginAtMs = timing.beginAtMs(nowMs)
    expect(beginAtMs - nowMs).toBeGreaterThan(3.9)
    expect(beginAtMs - nowMs).toBeLessThanOrEqual(10)
    expect(timing.beginAtMs(beginAtMs)).toBeLessThanOrEqual(beginAtMs)
  })

  it('does not count on callers that come when they like', () => {
    const { timing, nowMs } = answering([...Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? 1 : 60)), 0])
    const clock = () => nowMs
    timing.watch('s2', () => undefined, clock)
    expect(timing.beginAtMs(nowMs)).toBeLessThanOrEqual(nowMs)
  })
})
