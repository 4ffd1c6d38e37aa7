import { describe, expect, it } from 'vitest'
import { Core } from './core.ts'
import type { Effects, Event } from './effects.ts'
import type { Message } from './messages.ts'
import { canonicalText } from './state.ts'
import { type Config, type DurableState, NO_BALLOT, NO_MARKS, type NodeId } from './types.ts'

const IDS = ['1', '2', '3'].map((digit) => digit.padStart(16, '0'))
const CONFIG: Config = { cluster: 'c', version: 1, members: IDS.map((id) => ({ id, address: `${id}:1` })) }
const EMPTY: DurableState = {
  config: CONFIG,
  promised: NO_BALLOT,
  accepted: null,
  marks: NO_MARKS,
  sync: null,
  recent: [],
}

/** Runs three cores for a while; `look` sees each core before each event. */
function run(events: number, look: (core: Core, event: Event) => void): void {
  const cores = IDS.map((id, index) => new Core(id, EMPTY, { rotateTicks: 40, recentSlotsMax: 4 }, index + 1))
  const due: { core: Core; event: Event }[] = []
  const coreOf = (id: NodeId) => cores[IDS.indexOf(id)] as Core
  const arrival = (message: Message) => ({ core: coreOf(message.to), event: { type: 'message', message } as const })
  for (let n = 0; n < events; n += 1) {
    const core = cores[n % cores.length] as Core
    if (due.length === 0 || n % 7 === 0) due.push({ core, event: { type: 'tick' } })
    if (n % 11 === 0 && core.canPropose)
      due.unshift({ core, event: { type: 'propose', body: Uint8Array.of(n % 256), count: 1 } })
    if (n % 13 === 0) due.push({ core, event: { type: 'confirm' } })
    const next = due.shift()
    if (next === undefined || (next.event.type === 'propose' && !next.core.canPropose)) continue
    look(next.core, next.event)
    const { persist, send }: Effects = next.core.step(next.event)
    if (persist !== null) due.push({ core: next.core, event: { type: 'persisted', token: persist.token } })
    due.push(...send.map(arrival))
  }
}

/** As `toBe`, which is slow when called often. */
function same(found: string, expected: string): void {
  if (found !== expected) expect(found).toBe(expected)
}

describe('a fork', () => {
  it('goes the same way as the original, and neither sees what happens to the other', () => {
    const phases = new Set<string>()
    run(3_000, (core, event) => {
      const before = core.fingerprint()
      const [fork, twin] = [core.fork(), core.fork()]
      same(fork.fingerprint(), before)
      const effects = fork.step(event)
      same(core.fingerprint(), before)
      same(canonicalText(twin.step(event)), canonicalText(effects))
      same(twin.fingerprint(), fork.fingerprint())
      phases.add(core.state.phase.type)
      if (core.state.phase.type === 'leading') phases.add(core.state.phase.stage)
    })
    expect([...phases].sort()).toEqual(
      ['follower', 'preVoting', 'preparing', 'leading', 'reproposing', 'established'].sort(),
    )
  })

  it('is left alone by the original', () => {
    let events = 0
    const kept: { readonly fork: Core; readonly text: string }[] = []
    run(3_000, (core) => {
      events += 1
      if (events % 30 === 0) kept.push({ fork: core.fork(), text: core.fingerprint() })
    })
    expect(kept.length).toBeGreaterThan(50)
    for (const { fork, text } of kept) same(fork.fingerprint(), text)
  })
})

describe('a fingerprint', () => {
  it('is the same whatever the order in which maps, sets and fields were filled', () => {
    expect(
      canonicalText(
        new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
      ),
    ).toBe(
      canonicalText(
        new Map([
          [2, 'b'],
          [1, 'a'],
        ]),
      ),
    )
    expect(canonicalText(new Set(['a', 'b']))).toBe(canonicalText(new Set(['b', 'a'])))
    expect(canonicalText({ a: 1, b: 2 })).toBe(canonicalText({ b: 2, a: 1 }))
    expect(canonicalText({ held: new Map([[new Set([1, 2]), 1]]) })).toBe(
      canonicalText({ held: new Map([[new Set([2, 1]), 1]]) }),
    )
  })

  it('tells apart what is different', () => {
    const values = [
      null,
      undefined,
      0,
      1,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      '',
      '0',
      'null',
      '1,2',
      '"',
      true,
      [],
      [1, 2],
      ['1,2'],
      [[1], 2],
      [null],
      {},
      { a: 1 },
      { a: '1' },
      { a: undefined },
      new Map(),
      new Map([['a', 1]]),
      new Map([[1, 'a']]),
      new Set(),
      new Set([1, 2]),
      new Uint8Array(),
      Uint8Array.of(1, 2),
      Uint8Array.of(12),
    ]
    expect(new Set(values.map(canonicalText)).size).toBe(values.length)
  })

  it('tells a core that has never heard a leader from one that has', () => {
    const [silent, hearing] = [1, 1].map((seed) => new Core(IDS[0] as NodeId, EMPTY, {}, seed)) as [Core, Core]
    expect(silent.fingerprint()).toBe(hearing.fingerprint())
    const ballot = { counter: 1, node: IDS[1] as NodeId }
    const message: Message = {
      cluster: 'c',
      from: ballot.node,
      to: IDS[0] as NodeId,
      body: { type: 'heartbeat', ballot, chosen: 0, round: 1 },
    }
    hearing.step({ type: 'message', message })
    expect(silent.fingerprint()).not.toBe(hearing.fingerprint())
  })
})
