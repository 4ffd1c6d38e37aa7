import type { Bounds } from './bounds.ts'
import type { Letters } from './letters.ts'
import type { Happening } from './local.ts'
import type { NodeState } from './nodes.ts'
import type { Spent } from './spent.ts'

/** What can be done to the cluster, as one whole number: which node, what, and with what. */
export type Action = number

const KINDS = ['deliver', 'persist', 'crash', 'stand', 'propose', 'tick', 'read', 'catchUp'] as const
export type Kind = (typeof KINDS)[number]

const [DELIVER, PERSIST, CRASH, STAND, PROPOSE, TICK, READ, CATCH_UP] = [0, 1, 2, 3, 4, 5, 6, 7] as const

function action(node: number, kind: number, parameter = 0): Action {
  return ((parameter << 3) | kind) * 4 + node
}

export function delivery(to: number, letter: number): Action {
  return action(to, DELIVER, letter)
}

export function nodeOf(action: Action): number {
  return action & 3
}

/** Tells what happens to the node from all else that can happen to it. */
export function keyOf(action: Action): number {
  return action >>> 2
}

export function kindOf(action: Action): Kind {
  return KINDS[(action >>> 2) & 7] as Kind
}

/** Which letter a delivery delivers. */
export function letterOf(action: Action): number {
  return action >>> 5
}

export function happeningOf(action: Action, letters: Letters): Happening {
  const parameter = action >>> 5
  const type = kindOf(action)
  switch (type) {
    case 'deliver':
      return { type, message: letters.at(parameter) }
    case 'crash':
      return { type, kept: parameter }
    case 'read':
      return { type, answered: parameter }
    case 'persist':
    case 'stand':
    case 'propose':
    case 'tick':
    case 'catchUp':
      return { type }
    default:
      return type satisfies never
  }
}

/** What may happen to a node besides deliveries. */
export function actionsOf(node: number, state: NodeState, spent: Spent, bounds: Bounds): Action[] {
  const actions: Action[] = []
  const pending = state.local.pending.length
  if (pending > 0) actions.push(action(node, PERSIST))
  if (spent.crashes < bounds.crashes) {
    for (let kept = 0; kept <= pending; kept += 1) actions.push(action(node, CRASH, kept))
  }
  if (spent.ballots < bounds.ballots && node < bounds.proposers) actions.push(action(node, STAND))
  if (state.canPropose) actions.push(action(node, PROPOSE))
  if (state.isLeading) actions.push(action(node, TICK))
  if (state.isLeader && spent.reads < bounds.reads) actions.push(action(node, READ, spent.answered))
  if (state.canAsk && spent.syncs < bounds.syncs) actions.push(action(node, CATCH_UP))
  return actions
}
