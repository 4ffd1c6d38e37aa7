import { onAccept, onChosenNotice } from './acceptor.ts'
import { completeUpTo, merge } from './merging.ts'
import type { MessageBody } from './messages.ts'
import { becomeFollower, patience, tryAgain } from './roles.ts'
import { beginRound, countVote, onContact } from './rounds.ts'
import { draw, type InFlight, type Leading, type Preparing } from './state.ts'
import type { Step } from './step.ts'
import { startSync } from './sync.ts'
import { type Accepted, type Ballot, compareBallots, type Decree, type NodeId } from './types.ts'

type Body<T extends MessageBody['type']> = Extract<MessageBody, { type: T }>

/** How many slots back a vote's duration is still known. */
const FLIGHTS_KEPT = 64

/** Rule C, from a majority of promises on. */
export function lead(step: Step, { ballot, promises }: Preparing): void {
  const { state } = step
  const phase: Leading = {
    type: 'leading',
    ballot,
    promises,
    reproposed: newestAccepted(promises.values()),
    stage: 'completing',
    union: null,
    chosen: 0,
    inFlight: null,
    since: state.tick,
    round: 0,
    roundChosen: new Map(),
    flights: new Map(),
    confirmed: 0,
    wantsRound: false,
    followers: new Map(),
    handoff: null,
  }
  for (const { id } of state.config.members) {
    if (id === state.id) continue
    phase.followers.set(id, {
      heardAt: state.tick,
      returnedAt: Number.NEGATIVE_INFINITY,
      round: 0,
      lag: 0,
      voteTicks: 0,
    })
  }
  state.phase = phase
  state.sync = null
  step.setRole('candidate', state.id)
  beginRound(step, phase)
  completeOneself(step, phase)
}

/** Of the highest slot, the decree of the highest ballot: only that one can have been chosen there. */
function newestAccepted(promises: Iterable<{ readonly accepted: Accepted | null }>): Accepted | null {
  let newest: Accepted | null = null
  for (const { accepted } of promises) {
    if (accepted === null) continue
    const isNewer =
      newest === null ||
      accepted.slot > newest.slot ||
      (accepted.slot === newest.slot && compareBallots(accepted.ballot, newest.ballot) > 0)
    if (isNewer) newest = accepted
  }
  return newest
}

/** A leader executes on a state that is complete up to the slot before the re-proposed one, or fetches what it lacks. */
function completeOneself(step: Step, phase: Leading): void {
  const { state, rules } = step
  const last = (phase.reproposed?.slot ?? 1) - 1
  if (rules.completeThrough(state.marks) < last && phase.reproposed !== null) {
    // The decree of the slot before, accepted in the re-proposed one's first ballot or later, is the chosen one.
    for (const { accepted } of phase.promises.values()) {
      if (accepted?.slot === last && rules.isChosenOne(accepted, phase.reproposed.origin)) {
        merge(step, last, accepted.decree)
      }
    }
  }
  if (rules.completeThrough(state.marks) >= last) return proposeAgain(step, phase)
  if (state.sync !== null) return
  const best = [...phase.promises].filter(([id]) => id !== state.id).sort((a, b) => b[1].complete - a[1].complete)[0]
  if (phase.union === null && best !== undefined && best[1].complete >= last) {
    return startSync(step, best[0])
  }
  // Nobody is complete that far. Each chosen slot below is merged at some promiser, though: their union is complete.
  phase.union ??= [...phase.promises.keys()].filter((id) => id !== state.id)
  const source = phase.union[0]
  if (source !== undefined) return startSync(step, source, true)
  completeUpTo(step, last)
  proposeAgain(step, phase)
}

function proposeAgain(step: Step, phase: Leading): void {
  const { reproposed } = phase
  phase.stage = 'reproposing'
  step.notice({
    type: 'leading',
    ballot: phase.ballot,
    slot: reproposed?.slot ?? 0,
    reproposed: reproposed?.decree ?? null,
  })
  if (reproposed === null) return establish(step, phase)
  fly(step, phase, reproposed.slot, reproposed.origin, reproposed.decree)
}

function establish(step: Step, phase: Leading): void {
  phase.stage = 'established'
  phase.since = step.state.tick
  step.setRole('leader', step.state.id)
  step.notice({ type: 'established' })
}

export function canPropose(phase: Leading): boolean {
  return phase.stage === 'established' && phase.inFlight === null && phase.handoff === null
}

/** The next decree of an established leader. */
export function propose(step: Step, body: Uint8Array, count: number): void {
  const { state } = step
  const { phase } = state
  if (phase.type !== 'leading' || !canPropose(phase)) throw new Error('proposed out of turn')
  const slot = phase.chosen + 1
  const decree: Decree = { header: { config: state.config, collectable: 0, count }, body }
  step.notice({ type: 'proposed', slot })
  fly(step, phase, slot, phase.ballot, decree)
}

function fly(step: Step, phase: Leading, slot: number, origin: Ballot, decree: Decree): void {
  const { state, options } = step
  phase.inFlight = {
    slot,
    origin,
    decree,
    votes: new Set(),
    since: state.tick,
    resendAt: state.tick + options.resendTicks,
    resendTicks: options.resendTicks,
  }
  phase.flights.set(slot, state.tick)
  phase.flights.delete(slot - FLIGHTS_KEPT)
  const message = acceptOf(phase.ballot, phase.inFlight)
  step.broadcast(message)
  onAccept(step, state.id, message)
}

function acceptOf(ballot: Ballot, { slot, origin, decree }: InFlight): Body<'accept'> {
  return { type: 'accept', ballot, slot, origin, decree }
}

export function onVoted(step: Step, from: NodeId, { ballot, slot }: Body<'voted'>): void {
  const { state } = step
  const { phase } = state
  if (phase.type !== 'leading' || compareBallots(phase.ballot, ballot) !== 0) return
  countVote(step, phase, from, slot)
  const { inFlight } = phase
  if (inFlight === null || inFlight.slot !== slot) return
  inFlight.votes.add(from)
  if (!step.isMajority(inFlight.votes.size)) return
  phase.chosen = slot
  phase.inFlight = null
  state.vainCandidacies = 0
  state.knownChosen = Math.max(state.knownChosen, slot)
  step.notice({ type: 'chosen', slot })
  if (phase.stage === 'reproposing') establish(step, phase)
}

/** A follower lacks the patch before the slot in flight: it gets it, if it is at hand, and the decree again. */
export function onMissing(step: Step, from: NodeId, message: Body<'missing'>): void {
  const { state } = step
  const { phase } = state
  if (phase.type !== 'leading' || compareBallots(phase.ballot, message.ballot) !== 0) return
  onContact(step, phase, from)
  const decree = state.recent.get(message.slot)
  if (phase.inFlight === null || phase.inFlight.slot !== message.slot + 1 || decree === undefined) return
  step.send(from, { type: 'chosen', slot: message.slot, decree })
  step.send(from, acceptOf(phase.ballot, phase.inFlight))
}

/**
 * Rule C: this ballot is over when somebody has promised a higher one. Who has merely accepted a higher slot is out of
 * this vote, and no more: it is none of those who promised, and they are a majority. (Giving up because of it could
 * repeat for ever, with the same majority promising first each time.)
 */
export function onRefused(step: Step, message: Body<'refused'>): void {
  const { state, options } = step
  state.counter = Math.max(state.counter, message.promised.counter)
  const { phase } = state
  if (phase.type !== 'leading' || compareBallots(phase.ballot, message.ballot) !== 0) return
  if (compareBallots(message.promised, phase.ballot) <= 0) return
  // Somebody prepares, or did and died: the short wait keeps two candidates from refusing each other for ever.
  tryAgain(step, options.heartbeatTicks + draw(state, 1, options.suspectTicksMin))
}

/** A tick of a node that has won its ballot. */
export function tickLeader(step: Step, phase: Leading): void {
  const { state, options } = step
  let reached = 1
  for (const { heardAt } of phase.followers.values()) {
    if (state.tick - heardAt <= options.suspectTicksMax) reached += 1
  }
  if (!step.isMajority(reached)) return becomeFollower(step, null)
  const ticksMax = 3 * options.suspectTicksMax * patience(step)
  if (phase.stage === 'completing') {
    if (state.sync === null && state.tick - phase.since > ticksMax) return tryAgain(step, 0)
    completeOneself(step, phase)
  }
  const { inFlight } = phase
  if (inFlight !== null) {
    if (state.tick - inFlight.since > ticksMax) return tryAgain(step, 0)
    if (state.tick >= inFlight.resendAt) {
      inFlight.resendTicks *= 2
      inFlight.resendAt = state.tick + inFlight.resendTicks
      for (const id of phase.followers.keys()) {
        if (!inFlight.votes.has(id)) step.send(id, acceptOf(phase.ballot, inFlight))
      }
    }
  } else if (phase.chosen > 0) {
    onChosenNotice(step, phase.ballot, phase.chosen)
  }
}
