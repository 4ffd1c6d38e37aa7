import type { Follower, Leading } from './state.ts'
import type { Step } from './step.ts'
import type { NodeId } from './types.ts'

/** A member this many slots behind at its last sign of life still counts as caught up: it was under way. */
const LAG_SLOTS_MAX = 8
/** What a successor does before it is heard of, the message to it and its durable promise, takes this many votes at most. */
const TAKE_OVER_VOTES = 3
/**
 * For this many suspicion times after a member has gone, or is back, the lead stays where it is. One that was killed is
 * mostly started again at once, and then has more urgent work than to lead, as has the machine that it may share with
 * others: it starts, catches up, and everything that it does it does for the first time.
 */
const UNSETTLED_SUSPICIONS = 10
/** What a chosen successor, however far away, may take, in suspicion times. */
const WANTED_SUSPICIONS = 3
/** Signs of life come with every heartbeat, or this much later, ticks. */
const LATE_TICKS = 2

/** A tick of an established leader: hands over when its time is up, goes on when nobody took over. */
export function tickRotation(step: Step, phase: Leading): void {
  const { state, options } = step
  if (phase.stage !== 'established') return
  if (phase.handoff === null) {
    const isDue = options.rotateTicks > 0 && state.tick - phase.since >= options.rotateTicks
    if (isDue && [...phase.followers.values()].every((follower) => isSettled(step, follower))) beginHandoff(step, phase)
    return
  }
  const voteTicks = phase.followers.get(phase.handoff.to)?.voteTicks ?? 0
  const ticksMax = Math.min(phase.handoff.patienceTicks, options.heartbeatTicks + TAKE_OVER_VOTES * voteTicks)
  if (phase.handoff.sentAt > 0 && state.tick - phase.handoff.sentAt > ticksMax) giveUpHandoff(step, phase)
}

/** The successor is silent: this node goes on. (Should it have begun all the same, its ballot is the higher one.) */
export function giveUpHandoff(step: Step, phase: Leading): void {
  if (phase.handoff === null) return
  // Somebody else next time, until this one has voted quickly again.
  const follower = phase.followers.get(phase.handoff.to)
  if (follower !== undefined) follower.voteTicks = Number.POSITIVE_INFINITY
  phase.handoff = null
  phase.since = step.state.tick
}

/**
 * Stops proposing, if there is somebody to hand over to; the slot in flight is still let through. `wanted`: to this one
 * or nobody.
 */
export function beginHandoff(step: Step, phase: Leading, wanted?: NodeId): void {
  const to = successor(step, phase, wanted)
  if (to === null) {
    if (wanted !== undefined) return
    phase.since = step.state.tick
    return
  }
  const { suspectTicksMin, suspectTicksMax } = step.options
  const patienceTicks = wanted === undefined ? suspectTicksMin : WANTED_SUSPICIONS * suspectTicksMax
  phase.handoff ??= { to, sentAt: 0, patienceTicks }
  continueHandoff(step, phase)
}

/** Tells the successor as soon as nothing is in flight. */
export function continueHandoff(step: Step, phase: Leading): void {
  if (phase.handoff === null || phase.handoff.sentAt > 0 || phase.inFlight !== null) return
  phase.handoff.sentAt = step.state.tick
  step.send(phase.handoff.to, { type: 'handoff', ballot: phase.ballot })
}

/**
 * The next live, caught-up and quick member in ring order, or `wanted` if it is one; one that has just returned only
 * when there is no other.
 */
function successor(step: Step, phase: Leading, wanted: NodeId | undefined): NodeId | null {
  const { state, options } = step
  const ids = state.config.members.map((member) => member.id)
  const own = ids.indexOf(state.id)
  let returned: NodeId | null = null
  for (const id of [...ids.slice(own + 1), ...ids.slice(0, own)]) {
    const follower = phase.followers.get(id)
    if (follower === undefined || (wanted !== undefined && id !== wanted)) continue
    const isLive = isHeard(step, follower) && follower.round > 0
    // One that is wanted may be far away: so may be everybody, from where this node is.
    const isQuick = follower.voteTicks <= (wanted === undefined ? options.suspectTicksMin : options.suspectTicksMax)
    if (!isLive || !isQuick || follower.lag > LAG_SLOTS_MAX) continue
    if (!hasJustReturned(step, follower)) return id
    returned ??= id
  }
  return returned
}

/** Its last sign of life is not older than one should be. */
function isHeard({ state, options }: Step, { heardAt }: Follower): boolean {
  return state.tick - heardAt <= options.heartbeatTicks + LATE_TICKS
}

/** It has been there for long, or gone for long. */
function isSettled(step: Step, follower: Follower): boolean {
  return (isHeard(step, follower) || isLongAgo(step, follower.heardAt)) && !hasJustReturned(step, follower)
}

function hasJustReturned(step: Step, { returnedAt }: Follower): boolean {
  return !isLongAgo(step, returnedAt)
}

function isLongAgo({ state, options }: Step, tick: number): boolean {
  return state.tick - tick >= UNSETTLED_SUSPICIONS * options.suspectTicksMax
}
