import type { Leading } from './state.ts'
import type { Step } from './step.ts'
import type { NodeId } from './types.ts'

/** A member this many slots behind at its last sign of life still counts as caught up: it was under way. */
const LAG_SLOTS_MAX = 8
/** What a successor does before it is heard of, the message to it and its durable promise, takes this many votes at most. */
const TAKE_OVER_VOTES = 3
/** Signs of life come with every heartbeat, or this much later, ticks. */
const LATE_TICKS = 2

/** A tick of an established leader: hands over when its time is up, goes on when nobody took over. */
export function tickRotation(step: Step, phase: Leading): void {
  const { state, options } = step
  if (phase.stage !== 'established') return
  if (phase.handoff === null) {
    if (options.rotateTicks > 0 && state.tick - phase.since >= options.rotateTicks) beginHandoff(step, phase)
    return
  }
  const voteTicks = phase.followers.get(phase.handoff.to)?.voteTicks ?? 0
  const ticksMax = Math.min(options.suspectTicksMin, options.heartbeatTicks + TAKE_OVER_VOTES * voteTicks)
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

/** Stops proposing, if there is somebody to hand over to; the slot in flight is still let through. */
export function beginHandoff(step: Step, phase: Leading): void {
  const to = successor(step, phase)
  if (to === null) {
    phase.since = step.state.tick
    return
  }
  phase.handoff ??= { to, sentAt: 0 }
  continueHandoff(step, phase)
}

/** Tells the successor as soon as nothing is in flight. */
export function continueHandoff(step: Step, phase: Leading): void {
  if (phase.handoff === null || phase.handoff.sentAt > 0 || phase.inFlight !== null) return
  phase.handoff.sentAt = step.state.tick
  step.send(phase.handoff.to, { type: 'handoff', ballot: phase.ballot })
}

/** The next live, caught-up and quick member in ring order. */
function successor(step: Step, phase: Leading): NodeId | null {
  const { state, options } = step
  const ids = state.config.members.map((member) => member.id)
  const own = ids.indexOf(state.id)
  for (const id of [...ids.slice(own + 1), ...ids.slice(0, own)]) {
    const follower = phase.followers.get(id)
    if (follower === undefined) continue
    const isLive = state.tick - follower.heardAt <= options.heartbeatTicks + LATE_TICKS && follower.round > 0
    const isQuick = follower.voteTicks <= options.suspectTicksMin
    if (isLive && isQuick && follower.lag <= LAG_SLOTS_MAX) return id
  }
  return null
}
