import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeEntry, mergeSession } from './merge.ts'
import type { Entry, Session } from './store.ts'

describe('merging entries', () => {
  const entry = (revision: number): Entry => ({ slot: revision, revision, version: 0, value: BigInt(revision) })

  it('ends with the highest revision in every order, repetitions included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (revisions) => {
        const merged = revisions.map(entry).reduce<Entry | undefined>(mergeEntry, undefined)
        expect(merged).toEqual(entry(Math.max(...revisions)))
      }),
    )
  })

  it('says by identity that nothing has changed', () => {
    const held = entry(2)
    expect(mergeEntry(held, entry(2))).toBe(held)
    expect(mergeEntry(held, entry(1))).toBe(held)
  })
})

describe('merging sessions', () => {
  /** What decrees say of a session, in the order of their slots: numbers grow, each has one result. */
  const history = fc
    .array(
      fc.record({
        dropped: fc.boolean(),
        settled: fc.integer({ min: 0, max: 2 }),
        numbers: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((steps) => {
      let acked = 0
      return steps.map(({ dropped, settled, numbers }, index): Session => {
        acked += settled
        const results = numbers.map((number): [number, Uint8Array] => [
          acked + number,
          new Uint8Array([acked + number]),
        ])
        return { slot: index + 1, timeMs: index, dropped, acked, results: new Map(dropped ? [] : results) }
      })
    })

  const mergeAll = (id: string, sessions: readonly Session[]): Session | undefined =>
    sessions.reduce<Session | undefined>((held, arriving) => mergeSession(id, held, arriving), undefined)

  it.each(['s1', 'l1', 'x1'])('ends the same in every order, repetitions included (%s)', (id) => {
    const shuffled = history.chain((sessions) =>
      fc.tuple(
        fc.constant(sessions),
        fc.shuffledSubarray(sessions, { minLength: sessions.length }),
        fc.shuffledSubarray(sessions),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([sessions, order, again]) => {
        expect(mergeAll(id, [...order, ...again])).toEqual(mergeAll(id, sessions))
      }),
    )
  })

  it('ends the same when parts are merged before they meet', () => {
    const split = history.chain((sessions) =>
      fc.tuple(fc.constant(sessions), fc.shuffledSubarray(sessions, { minLength: 1 })),
    )
    fc.assert(
      fc.property(split, ([sessions, part]) => {
        const rest = sessions.filter((session) => !part.includes(session))
        const merged = [mergeAll('s1', part), mergeAll('s1', rest)].filter((session) => session !== undefined)
        expect(mergeAll('s1', merged)).toEqual(mergeAll('s1', sessions))
      }),
    )
  })

  it('says by identity that nothing has changed', () => {
    const held = mergeSession('s1', undefined, { slot: 3, timeMs: 3, dropped: false, acked: 2, results: new Map() })
    const older = { slot: 1, timeMs: 1, dropped: false, acked: 1, results: new Map([[1, new Uint8Array()]]) }
    expect(mergeSession('s1', held, older)).toBe(held)
    expect(mergeSession('s1', held, held)).toBe(held)
  })
})
