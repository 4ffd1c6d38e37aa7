import { describe, expect, it } from 'vitest'
import type { Config } from '../core/index.ts'
import type { PingMessage } from '../peer/index.ts'
import { RoundTrips } from './round-trips.ts'

const [A, B, C] = ['000000000000000a', '000000000000000b', '000000000000000c']
const CONFIG: Config = {
  cluster: 'c',
  version: 1,
  members: [A, B, C].map((id) => ({ id, address: `${id}:1` })),
}
const pong = (from: string, sentAtMs: number, theirs: Record<string, number> = {}): PingMessage => ({
  cluster: 'c',
  from,
  to: A,
  sentAtUs: sentAtMs * 1_000,
  answer: Object.entries(theirs).map(([node, ms]) => ({ node, ms })),
})

describe('round trips', () => {
  it('asks every peer, answers what it is asked, and measures by what comes back', () => {
    const sent: PingMessage[] = []
    const trips = new RoundTrips(A, (ping) => sent.push(ping))
    trips.ask(CONFIG, 5)
    expect(sent.map(({ to, answer, sentAtUs }) => [to, answer, sentAtUs])).toEqual([
      [B, null, 5_000],
      [C, null, 5_000],
    ])
    trips.hear(pong(B, 5), CONFIG, 27)
    trips.hear({ ...pong(B, 77), answer: null }, CONFIG, 30)
    expect(sent[2]).toEqual({ cluster: 'c', from: A, to: B, sentAtUs: 77_000, answer: [{ node: B, ms: 22 }] })
  })

  it('takes the shortest of the last ones: what makes others longer is no distance', () => {
    const trips = new RoundTrips(A, () => undefined)
    for (const ms of [30, 22, 90]) trips.hear(pong(B, 0), CONFIG, ms)
    expect(trips.between(A, B)).toBe(22)
    for (let times = 0; times < 8; times += 1) trips.hear(pong(B, 0), CONFIG, 40)
    expect(trips.between(B, A)).toBe(40)
  })

  it('knows how far others are from each other, and what each of them needs to hear a majority', () => {
    const trips = new RoundTrips(A, () => undefined)
    expect(trips.majority(A, CONFIG)).toBeNull()
    trips.hear(pong(B, 0, { [C]: 189 }), CONFIG, 22)
    expect(trips.between(C, B)).toBe(189)
    expect(trips.majority(A, CONFIG)).toBe(22)
    expect(trips.majority(C, CONFIG)).toBe(189)
    trips.hear(pong(C, 0), CONFIG, 169)
    expect(trips.majority(C, CONFIG)).toBe(169)
    expect(trips.majority(B, CONFIG)).toBe(22)
  })

  it('ignores strangers, other clusters, and answers to an earlier life', () => {
    const trips = new RoundTrips(A, () => undefined)
    trips.hear({ ...pong(B, 0), cluster: 'other' }, CONFIG, 1)
    trips.hear(pong('000000000000000d', 0), CONFIG, 1)
    trips.hear({ ...pong(B, 0), to: C }, CONFIG, 1)
    trips.hear(pong(B, 1_000), CONFIG, 1)
    expect(trips.between(A, B)).toBeNull()
  })
})
