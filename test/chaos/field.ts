import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../support/random.ts'
import type { Callers } from './callers.ts'
import type { Network } from './network.ts'
import type { Nodes } from './nodes.ts'

/** What a fault can lay its hands on. */
export interface Field {
  readonly nodes: Nodes
  readonly network: Network
  readonly callers: Callers
  readonly random: Random
  /** True from the moment when the storm is to end: faults then mend what they broke. */
  readonly isOver: boolean
  /** Waits so long, or until the storm is to end. */
  pause(ms: number): Promise<void>
}

/** Ends with `storm`'s abort, in an orderly way. */
export async function pauseIn(storm: AbortSignal, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: storm }).catch(() => undefined)
}
