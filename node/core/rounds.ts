import { onChosenNotice, refuse } from './acceptor.ts'
import type { MessageBody } from './messages.ts'
import { becomeFollower, hearLeader, tryAgain } from './roles.ts'
import type { Leading } from './state.ts'
import type { Step } from './step.ts'
import { compareBallots, type NodeId } from './types.ts'

type Body<T extends MessageBody['type']> = Extract<MessageBody, { type: T }>

/** How many rounds back an answer is still related to what was chosen then. */
const ROUNDS_KEPT = 32

/** Starts a round of heartbeats. Every round is also a confirming one (rule E). */
export function beginRound(step: Step, phase: Leading): void {
  phase.round += 1
  phase.wantsRound = false
  phase.roundChosen.set(phase.round, phase.chosen)
  phase.roundChosen.delete(phase.round - ROUNDS_KEPT)
  step.notice({ type: 'round', round: phase.round })
  step.broadcast({ type: 'heartbeat', ballot: phase.ballot, chosen: phase.chosen, round: phase.round })
  countRounds(step, phase)
}

/** Reads wait: a round at once, or right after the running one. */
export function onConfirm(step: Step): void {
  const { phase } = step.state
  if (phase.type !== 'leading') return
  if (phase.confirmed === phase.round) beginRound(step, phase)
  else phase.wantsRound = true
}

/** A tick of a leader: a heartbeat when it is due. */
export function tickRounds(step: Step, phase: Leading): void {
  if (step.state.tick % step.options.heartbeatTicks === 0) beginRound(step, phase)
}

export function onHeartbeat(step: Step, from: NodeId, { ballot, chosen, round }: Body<'heartbeat'>): void {
  const { state } = step
  if (compareBallots(ballot, state.promised) < 0) return refuse(step, from, ballot)
  becomeFollower(step, from)
  hearLeader(step, from)
  state.counter = Math.max(state.counter, ballot.counter)
  if (chosen > 0) {
    state.vainCandidacies = 0
    onChosenNotice(step, ballot, chosen)
  }
  step.send(from, {
    type: 'heartbeatAck',
    ballot,
    round,
    complete: state.durableComplete,
    applied: state.marks.applied,
  })
}

export function onHeartbeatAck(step: Step, from: NodeId, message: Body<'heartbeatAck'>): void {
  const { phase } = step.state
  if (phase.type !== 'leading' || compareBallots(phase.ballot, message.ballot) !== 0) return
  onContact(step, phase, from)
  const follower = phase.followers.get(from)
  if (follower === undefined || message.round <= follower.round) return
  const chosenThen = phase.roundChosen.get(message.round)
  follower.round = message.round
  follower.lag = chosenThen === undefined ? Number.POSITIVE_INFINITY : Math.max(0, chosenThen - message.complete)
  const own = phase.inFlight?.slot ?? phase.chosen
  // A slot beyond the own one is chosen: this ballot is outdated, whatever became of the news.
  if (phase.stage === 'established' && message.applied > own) return tryAgain(step, 0)
  countRounds(step, phase)
}

/** A round is confirmed when, with this node, a majority has answered it or a later one. */
function countRounds(step: Step, phase: Leading): void {
  const rounds = [phase.round, ...[...phase.followers.values()].map((follower) => follower.round)]
  rounds.sort((a, b) => b - a)
  const confirmed = rounds.find((_, index) => step.isMajority(index + 1)) ?? 0
  if (confirmed <= phase.confirmed) return
  phase.confirmed = confirmed
  step.notice({ type: 'confirmed', round: confirmed })
  if (phase.wantsRound && phase.confirmed === phase.round) beginRound(step, phase)
}

export function onContact(step: Step, phase: Leading, from: NodeId): void {
  const { state, options } = step
  const follower = phase.followers.get(from)
  if (follower === undefined) return
  if (state.tick - follower.heardAt > options.suspectTicksMax) follower.returnedAt = state.tick
  follower.heardAt = state.tick
}

/** Notes how long a member took to vote, also when the slot was chosen without it. */
export function countVote(step: Step, phase: Leading, from: NodeId, slot: number): void {
  onContact(step, phase, from)
  const follower = phase.followers.get(from)
  if (follower === undefined) return
  const since = phase.flights.get(slot)
  follower.voteTicks = since === undefined ? step.options.suspectTicksMax : step.state.tick - since
}
