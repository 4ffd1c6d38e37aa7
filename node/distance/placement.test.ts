import { describe, expect, it } from 'vitest'
import type { Config } from '../core/index.ts'
import { Placement } from './placement.ts'
import { RoundTrips } from './round-trips.ts'

const [WEST, MIDDLE, FAR] = ['000000000000000a', '000000000000000b', '000000000000000c']
const CONFIG: Config = {
  cluster: 'c',
  version: 1,
  members: [
    { id: WEST, address: 'west:1' },
    { id: MIDDLE, address: 'middle:1' },
    { id: FAR, address: 'far:1' },
  ],
}
const MS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  west: { west: 0.3, middle: 21.8, far: 169 },
  middle: { west: 21.8, middle: 0.3, far: 189.2 },
  far: { west: 169, middle: 189.2, far: 0.3 },
}

/** What the node `self` has measured and been told. */
function roundTrips(self: string): RoundTrips {
  const trips = new RoundTrips(self, () => undefined)
  const between = (one: string, other: string) => MS[nameOf(one)]?.[nameOf(other)] ?? 0
  for (const { id } of CONFIG.members) {
    if (id === self) continue
    const answer = CONFIG.members
      .filter((other) => other.id !== id)
      .map((other) => ({ node: other.id, ms: between(id, other.id) }))
    trips.hear({ cluster: 'c', from: id, to: self, sentAtUs: 0, answer }, CONFIG, between(self, id))
  }
  return trips
}

const nameOf = (id: string) => CONFIG.members.find((member) => member.id === id)?.address.split(':')[0] ?? ''

/** Whom `self` hands over to, with so many calls a second from callers in these regions, and after how many seconds. */
function decide(
  self: string,
  calls: Readonly<Record<string, number>>,
  known: readonly string[] = ['west', 'middle', 'far'],
) {
  const placement = new Placement()
  const trips = roundTrips(self)
  for (let second = 1; second <= 20; second += 1) {
    for (const [region, count] of Object.entries(calls)) {
      const distances = new Map(known.map((name) => [`${name}:1`, MS[region]?.[name] ?? 0]))
      placement.near({ calls: count, distances }, CONFIG, trips)
    }
    const to = placement.look(self, CONFIG, trips)
    if (to !== null) return { to: nameOf(to), second }
  }
  return null
}

describe('the place of the leader', () => {
  it('is where the mean latency of calls is least', () => {
    expect(decide(MIDDLE, { west: 40, middle: 5, far: 5 })?.to).toBe('west')
    expect(decide(WEST, { middle: 40, west: 4 })?.to).toBe('middle')
    expect(decide(FAR, { west: 10, middle: 10, far: 10 })?.to).toBe('west')
  })

  it('does not change at the first look', () => {
    expect(decide(MIDDLE, { west: 40 })?.second).toBe(3)
  })

  it('does not change for a little', () => {
    // From the far end a leader nearby would need 169 ms to hear a majority: the callers gain hardly anything.
    expect(decide(WEST, { far: 40 })).toBeNull()
    expect(decide(WEST, { west: 20, middle: 22 })).toBeNull()
    expect(decide(WEST, { west: 40 })).toBeNull()
  })

  it('does not change for a few calls, or for none', () => {
    expect(decide(MIDDLE, { west: 0 })).toBeNull()
    expect(decide(MIDDLE, {})).toBeNull()
    expect(decide(MIDDLE, { west: 0.5 })).toBeNull()
  })

  it('counts callers that reach one node only by the way through that one', () => {
    expect(decide(MIDDLE, { west: 40 }, ['west'])?.to).toBe('west')
  })

  it('forgets the callers when another node leads', () => {
    const placement = new Placement()
    const trips = roundTrips(MIDDLE)
    const near = () =>
      placement.near(
        { calls: 40, distances: new Map(Object.entries(MS.west ?? {}).map(([name, ms]) => [`${name}:1`, ms])) },
        CONFIG,
        trips,
      )
    near()
    expect(placement.look(MIDDLE, CONFIG, trips)).toBeNull()
    near()
    placement.forget()
    expect(placement.look(MIDDLE, CONFIG, trips)).toBeNull()
    near()
    expect(placement.look(MIDDLE, CONFIG, trips)).toBeNull()
  })

  it('ignores what no distance is', () => {
    const placement = new Placement()
    const trips = roundTrips(MIDDLE)
    for (let looks = 0; looks < 5; looks += 1) {
      for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
        placement.near({ calls: 99, distances: new Map([['west:1', ms]]) }, CONFIG, trips)
      }
      expect(placement.look(MIDDLE, CONFIG, trips)).toBeNull()
    }
  })
})
