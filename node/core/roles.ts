import { draw } from './state.ts'
import type { Step } from './step.ts'
import type { NodeId } from './types.ts'

/** A leader of no lower ballot than any this node knows has shown a sign of life. */
export function hearLeader(step: Step, leader: NodeId): void {
  const { state } = step
  state.leaderHeardAt = state.tick
  state.deferUntil = 0
  state.skipPreVote = false
  waitForElection(step)
  if (state.phase.type === 'follower') step.setRole('follower', leader)
}

/** Draws the time after which the leader's silence is suspicious. */
export function waitForElection(step: Step): void {
  const { state, options } = step
  state.electionAt = state.tick + draw(state, options.suspectTicksMin, options.suspectTicksMax)
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
  state.electionAt = state.tick + afterTicks
}
