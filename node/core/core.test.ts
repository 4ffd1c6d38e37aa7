import { describe, expect, it } from 'vitest'
import { Core } from './core.ts'
import type { Effects, Event } from './effects.ts'
import type { Message, MessageBody } from './messages.ts'
import type { Config, DurableState, NodeId } from './types.ts'
import { NO_BALLOT, NO_MARKS } from './types.ts'

const IDS = ['1', '2', '3'].map((digit) => digit.padStart(16, '0'))
const [A = '', B = '', C = ''] = IDS
const CONFIG: Config = { cluster: 'c', version: 1, members: IDS.map((id) => ({ id, address: `${id}:1` })) }
const EMPTY: DurableState = {
  config: CONFIG,
  promised: NO_BALLOT,
  accepted: null,
  marks: NO_MARKS,
  sync: null,
  recent: [],
}

const from = (sender: NodeId, to: NodeId, body: MessageBody): Event => ({
  type: 'message',
  message: { cluster: 'c', from: sender, to, body },
})

function tick(core: Core, times: number): Effects[] {
  return Array.from({ length: times }, () => core.step({ type: 'tick' }))
}

/** Makes `core` ask for what it missed, and gives its question. */
function askToSync(core: Core): Extract<MessageBody, { type: 'syncRequest' }> {
  for (let n = 0; n < 20; n += 1) {
    core.step(from(B, A, { type: 'heartbeat', ballot: { counter: 1, node: B }, chosen: 10, round: n + 1 }))
    for (const { send } of tick(core, 1)) {
      for (const { body } of send) if (body.type === 'syncRequest') return body
    }
  }
  throw new Error('no question')
}

describe('a core', () => {
  it('takes no answer to a question of an earlier life for one of its own', () => {
    const { nonce, after } = askToSync(new Core(A, EMPTY, {}, 1))
    const reborn = new Core(A, EMPTY, {}, 2)
    const own = askToSync(reborn)
    const last = { type: 'syncChunk', after, cursor: '', upTo: 10, floor: 0, chunk: new Uint8Array() } as const
    expect(reborn.step(from(B, A, { ...last, nonce })).persist).toBeNull()
    expect(reborn.state.marks.complete).toBe(0)
    // The right one is taken.
    expect(reborn.step(from(B, A, { ...last, nonce: own.nonce })).persist).not.toBeNull()
    expect(reborn.state.marks.complete).toBe(10)
  })

  it('takes over also from a leader whose ballot it has not heard of', () => {
    const core = new Core(A, EMPTY)
    const { persist } = core.step(from(B, A, { type: 'handoff', ballot: { counter: 5, node: B } }))
    expect(persist?.writes).toEqual([{ type: 'promised', ballot: { counter: 6, node: A } }])
  })

  it('says at once that further reads must wait for the round under way', () => {
    const core = electedCore()
    core.step({ type: 'confirm' })
    expect(core.awaitsRound).toBe(false)
    core.step({ type: 'confirm' })
    expect(core.awaitsRound).toBe(true)
  })

  it.each([1, 10, 40, 100, 150])(
    'is elected and gets decrees chosen when a durable write takes %i ticks',
    (writeTicks) => {
      const cores = IDS.map((id, index) => new Core(id, EMPTY, { rotateTicks: 0 }, index + 1))
      const due: { at: number; core: Core; event: Event }[] = []
      let network: Message[] = []
      let now = 0
      const chosen = new Set<number>()
      const perform = (core: Core, { persist, send, notices }: Effects) => {
        for (const notice of notices) if (notice.type === 'chosen') chosen.add(notice.slot)
        if (persist !== null)
          due.push({ at: now + writeTicks, core, event: { type: 'persisted', token: persist.token } })
        network.push(...send)
      }
      for (; now < 20_000; now += 1) {
        for (const core of cores) perform(core, core.step({ type: 'tick' }))
        for (const { core, event } of due.filter(({ at }) => at <= now)) perform(core, core.step(event))
        due.splice(0, due.length, ...due.filter(({ at }) => at > now))
        const arriving = network
        network = []
        for (const message of arriving) {
          const core = cores[IDS.indexOf(message.to)]
          if (core !== undefined) perform(core, core.step({ type: 'message', message }))
        }
        for (const core of cores) {
          if (core.canPropose)
            perform(core, core.step({ type: 'propose', body: new Uint8Array([now % 256]), count: 1 }))
        }
      }
      expect(chosen.size).toBeGreaterThan(5)
    },
  )
})

/** Leads: promised by itself and `B`; nothing was ever accepted. */
function electedCore(): Core {
  const core = new Core(A, EMPTY)
  const handoff = core.step(from(B, A, { type: 'handoff', ballot: { counter: 1, node: B } }))
  core.step({ type: 'persisted', token: handoff.persist?.token ?? 0 })
  for (const sender of [B, C]) {
    core.step(
      from(sender, A, {
        type: 'promise',
        ballot: { counter: 2, node: A },
        accepted: null,
        applied: 0,
        complete: 0,
        floor: 0,
        config: CONFIG,
      }),
    )
  }
  // The first round, which starts with the ballot, is answered.
  core.step(from(B, A, { type: 'heartbeatAck', ballot: { counter: 2, node: A }, round: 1, complete: 0, applied: 0 }))
  expect(core.role).toBe('leader')
  return core
}
