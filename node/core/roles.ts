import { draw } from './state.ts'
import type { Step } from './step.ts'
import type { NodeId } from './types.ts'

/** Ballots in vain before time-outs begin to grow. */
const VAIN_FREE = 3
/** They double this many times at most. */
const DOUBLINGS_MAX = 6

/**
 * By what time-outs are multiplied. Where disks or networks are so slow that nobody is elected in the usual time, each
 * candidate spoils the one before; growing time-outs end that, whatever the speed.
 */
export function patience({ state }: Step): number {
  return 2 ** Math.min(Math.max(0, state.vainCandidacies - VAIN_FREE), DOUBLINGS_MAX)
}

/** A leader, or a candidate that was promised a ballot, has shown a sign of life; no higher ballot is known here. */
export function hearLeader(step: Step, leader: NodeId): void {
  const { state } = step
  state.leaderHeardAt = state.tick
  state.deferUntil = 0
  state.skipPreVote = false
  waitForElection(step)
  if (state.phase.type === 'follower') step.setRole('follower', leader)
}

/**
 * Draws the time after which the leader's silence is suspicious. A narrow draw will do: candidates are told apart by
 * their order, not by who comes first.
 */
export function waitForElection(step: Step): void {
  const { state, options } = step
  const latest = Math.min(options.suspectTicksMin + options.heartbeatTicks, options.suspectTicksMax)
  state.electionAt = state.tick + draw(state, options.suspectTicksMin, latest) * patience(step)
}

/** Ends a candidacy or a leadership, if there is one. */
export function becomeFollower(step: Step, leader: NodeId | null): void {
  const { state } = step
  const { phase } = state
  state.phase = { type: 'follower' }
  if (phase.type === 'leading') {
    if (state.sync?.everything) state.sync = null
    step.notice({ type: 'deposed', leader })
  }
  if (phase.type !== 'follower') waitForElection(step)
  step.setRole('follower', leader)
}

/** Ends a ballot that cannot succeed; a higher one is tried, without pre-vote, unless another leader shows up first. */
export function tryAgain(step: Step, afterTicks: number): void {
  const { state } = step
  becomeFollower(step, null)
  state.skipPreVote = true
  state.electionAt = state.tick + afterTicks * patience(step)
}
