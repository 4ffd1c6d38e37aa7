import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../support/wait.ts'
import { between, CLIENTS, type Network } from './network.ts'
import type { Nodes } from './nodes.ts'

/** What happens to one node while all others are well. */
export type Trial = 'nothing' | 'follower isolated' | 'follower returns' | 'leader isolated' | 'leader returns'

/** For how long nothing was committed, ms, at worst. */
export type Downtimes = ReadonlyMap<Trial, number>

/** How long each trial is looked at, ms. */
const LOOK_MS = 1_500
/** With one node away, or back, commits must go on within this, ms. */
const RESUME_MS_MAX = 20_000

/**
 * The table of Perseus, which asks how long a store stands still when one of its nodes is isolated, from all others and
 * from the clients, and when it comes back. To be called in a calm, under load. `commitsMs`: when something was committed.
 */
export async function measure(nodes: Nodes, network: Network, commitsMs: readonly number[]): Promise<Downtimes> {
  const downtimes = new Map<Trial, number>()
  const look = async (trial: Trial, begin: () => void) => {
    const fromMs = performance.now()
    begin()
    await sleep(LOOK_MS)
    await waitFor(
      `commits while this happens: ${trial}`,
      () => (commitsMs.at(-1) ?? 0) > fromMs + LOOK_MS,
      RESUME_MS_MAX,
    )
    downtimes.set(trial, longestGapMs(commitsMs, fromMs, performance.now()))
  }
  await look('nothing', () => undefined)
  for (const role of ['follower', 'leader'] as const) {
    const node = await waitFor(`a ${role}`, () => {
      const { leader } = nodes
      return role === 'leader' ? leader : leader && nodes.addresses.find((address) => address !== leader)
    })
    let mend = () => {}
    await look(`${role} isolated`, () => {
      mend = network.impose(between([node], [...nodes.addresses, CLIENTS]), { type: 'cut' })
    })
    await look(`${role} returns`, () => mend())
  }
  return downtimes
}

/** The longest time between two commits, or a commit and either end, within the time from `fromMs` to `toMs`. */
export function longestGapMs(commitsMs: readonly number[], fromMs: number, toMs: number): number {
  let last = fromMs
  let longest = 0
  for (const at of commitsMs) {
    if (at < fromMs || at > toMs) continue
    longest = Math.max(longest, at - last)
    last = at
  }
  return Math.max(longest, toMs - last)
}
