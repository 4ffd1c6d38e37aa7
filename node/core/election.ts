import { onPrepare } from './acceptor.ts'
import { lead } from './leader.ts'
import type { Credentials, MessageBody } from './messages.ts'
import { becomeFollower, patience, tryAgain, waitForElection } from './roles.ts'
import { giveUpHandoff } from './rotation.ts'
import { draw, type Preparing } from './state.ts'
import type { Step } from './step.ts'
import { type Ballot, compareBallots, NO_BALLOT, type NodeId } from './types.ts'

type Body<T extends MessageBody['type']> = Extract<MessageBody, { type: T }>

/**
 * Between repetitions of a pre-vote, ticks. Who was asked may notice a moment later than this node that the leader is
 * gone: asked once, the candidate would wait for a whole suspicion time because of that moment.
 */
const PRE_VOTE_TICKS = 2

/** A tick of a node that does not lead. */
export function tickElection(step: Step): void {
  const { state, options } = step
  const { phase } = state
  if (phase.type === 'preparing') {
    const waited = state.tick - phase.since
    // It has an own durable write before it, and after that others' (from then on `since` counts anew).
    if (waited >= options.suspectTicksMin * patience(step)) becomeFollower(step, null)
    else if (waited > 0 && waited % options.heartbeatTicks === 0) askForPromises(step, phase)
  } else if (state.tick >= state.electionAt) {
    if (!step.isMember(state.id)) waitForElection(step)
    else if (state.skipPreVote) prepare(step)
    else askForPreVotes(step)
  } else if (phase.type === 'preVoting' && (state.electionAt - state.tick) % PRE_VOTE_TICKS === 0) {
    repeatPreVote(step, phase.nonce)
  }
}

/** Asks whether a candidacy would be welcome, so that a node that was merely cut off disturbs nobody. */
function askForPreVotes(step: Step): void {
  const { state } = step
  waitForElection(step)
  state.nonce += 1
  state.phase = { type: 'preVoting', nonce: state.nonce, granted: new Set([state.id]) }
  step.setRole('follower', null)
  if (step.isMajority(1)) return prepare(step)
  repeatPreVote(step, state.nonce)
}

function repeatPreVote(step: Step, nonce: number): void {
  step.broadcast({ type: 'preVote', nonce, credentials: ownCredentials(step) })
}

export function onPreVote(step: Step, from: NodeId, { nonce, credentials }: Body<'preVote'>): void {
  step.send(from, {
    type: 'preVoteReply',
    nonce,
    granted: grantsPreVote(step, from, credentials),
    promised: step.state.promised,
  })
}

function grantsPreVote(step: Step, from: NodeId, credentials: Credentials): boolean {
  const { state, options } = step
  if (state.phase.type === 'leading') return false
  if (state.tick - state.leaderHeardAt < options.suspectTicksMin) return false
  const isBetter = compareCredentials(ownCredentials(step), state.id, credentials, from) > 0
  if (!isBetter) return true
  // This node should lead instead: it stands soon, and denies for one suspicion time only, lest nobody leads.
  if (state.deferUntil === 0) state.deferUntil = state.tick + options.suspectTicksMax
  if (state.tick >= state.deferUntil) return true
  if (state.phase.type === 'follower') state.electionAt = Math.min(state.electionAt, state.tick + 1)
  return false
}

export function onPreVoteReply(step: Step, from: NodeId, message: Body<'preVoteReply'>): void {
  const { state } = step
  state.counter = Math.max(state.counter, message.promised.counter)
  const { phase } = state
  if (phase.type !== 'preVoting' || phase.nonce !== message.nonce || !message.granted) return
  phase.granted.add(from)
  if (step.isMajority(phase.granted.size)) prepare(step)
}

/** The leader asks this node to take over: no pre-vote, since the only one who could object has asked. */
export function onHandoff(step: Step, from: NodeId, { ballot }: Body<'handoff'>): void {
  const { state } = step
  // Its ballot may be news here, if the messages that would have told of it were lost.
  const isFromLeader = ballot.node === from && compareBallots(ballot, state.promised) >= 0
  if (!isFromLeader || state.phase.type !== 'follower') return
  state.counter = Math.max(state.counter, ballot.counter)
  prepare(step)
}

/** The stream to `node` broke and cannot be opened again: a leader there is dead or cut off, and so is a successor. */
export function onUnreachable(step: Step, node: NodeId): void {
  const { state } = step
  if (state.phase.type === 'leading' && state.phase.handoff?.to === node) giveUpHandoff(step, state.phase)
  if (node !== state.leader || state.phase.type !== 'follower') return
  state.leaderHeardAt = Number.NEGATIVE_INFINITY
  // At once: others may stand at the same time, and the order of candidates decides between them.
  state.electionAt = Math.min(state.electionAt, state.tick + 1)
}

/** Opens a new ballot. The own promise is made like any other: durable before it counts, and before anybody is asked. */
function prepare(step: Step): void {
  const { state } = step
  const ballot: Ballot = { counter: Math.max(state.counter, state.promised.counter) + 1, node: state.id }
  state.skipPreVote = false
  state.vainCandidacies += 1
  waitForElection(step)
  state.phase = { type: 'preparing', ballot, since: state.tick, promises: new Map() }
  step.setRole('candidate', null)
  onPrepare(step, state.id, { type: 'prepare', ballot })
}

function askForPromises(step: Step, phase: Preparing): void {
  const { state } = step
  if (!phase.promises.has(state.id)) return
  for (const { id } of state.config.members) {
    if (!phase.promises.has(id)) step.send(id, { type: 'prepare', ballot: phase.ballot })
  }
}

export function onPromise(step: Step, from: NodeId, message: Body<'promise'>): void {
  const { state } = step
  const { phase } = state
  if (phase.type !== 'preparing' || compareBallots(phase.ballot, message.ballot) !== 0) return
  phase.promises.set(from, { accepted: message.accepted, complete: message.complete })
  if (from === state.id) {
    phase.since = state.tick
    askForPromises(step, phase)
  }
  if (phase.promises.has(state.id) && step.isMajority(phase.promises.size)) lead(step, phase)
}

/** A candidate's `prepare` was refused. The other candidate gets a moment to prove itself. */
export function onPrepareRefused(step: Step, { ballot }: Body<'refused'>): void {
  const { state, options } = step
  if (state.phase.type !== 'preparing' || compareBallots(state.phase.ballot, ballot) !== 0) return
  tryAgain(step, options.heartbeatTicks + draw(state, 1, options.suspectTicksMin))
}

function ownCredentials({ state }: Step): Credentials {
  return {
    acceptedSlot: state.accepted?.slot ?? 0,
    acceptedBallot: state.accepted?.ballot ?? NO_BALLOT,
    complete: state.durableComplete,
  }
}

function compareCredentials(a: Credentials, aId: NodeId, b: Credentials, bId: NodeId): number {
  if (a.acceptedSlot !== b.acceptedSlot) return a.acceptedSlot - b.acceptedSlot
  const byBallot = compareBallots(a.acceptedBallot, b.acceptedBallot)
  if (byBallot !== 0) return byBallot
  if (a.complete !== b.complete) return a.complete - b.complete
  return aId < bId ? -1 : aId > bId ? 1 : 0
}
