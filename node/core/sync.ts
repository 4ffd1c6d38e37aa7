import { completeUpTo, merge } from './merging.ts'
import type { MessageBody } from './messages.ts'
import type { Step } from './step.ts'
import type { NodeId } from './types.ts'

type Body<T extends MessageBody['type']> = Extract<MessageBody, { type: T }>

/** A source reads its disk for an answer, and sends much: it may be silent for this many suspicion times. */
const SILENCE_FACTOR = 3

/** A tick of catching up: notices a lasting gap, and gives up a silent source. */
export function tickSync(step: Step): void {
  const { state, options, rules } = step
  if (state.sync !== null) {
    if (state.tick - state.sync.progressAt < SILENCE_FACTOR * options.suspectTicksMax) return
    const { source, everything } = state.sync
    state.sync = null
    // A candidate that completes itself has its own idea of whom to ask.
    if (!everything && state.phase.type !== 'leading') startSync(step, nextSource(step, source))
    return
  }
  if (state.phase.type === 'leading') return
  if (rules.completeThrough(state.marks) >= state.knownChosen) {
    state.behindSince = 0
    return
  }
  // What is merely under way arrives within a heartbeat or two.
  if (state.behindSince === 0) state.behindSince = state.tick
  else if (state.tick - state.behindSince >= 2 * options.heartbeatTicks) {
    startSync(step, state.leader !== null && state.leader !== state.id ? state.leader : nextSource(step, state.id))
  }
}

function nextSource(step: Step, after: NodeId): NodeId {
  const others = step.state.config.members.map((member) => member.id).filter((id) => id !== step.state.id)
  return others.find((id) => id > after) ?? others[0] ?? step.state.id
}

export function startSync(step: Step, source: NodeId, everything = false): void {
  const { state } = step
  if (source === state.id) return
  state.behindSince = 0
  ask(step, source, everything ? '' : (state.syncMark?.cursor ?? ''), everything)
}

function ask(step: Step, source: NodeId, cursor: string, everything: boolean): void {
  const { state } = step
  const after = step.rules.completeThrough(state.marks)
  state.nonce += 1
  state.sync = { nonce: state.nonce, source, everything, after, progressAt: state.tick }
  step.send(source, { type: 'syncRequest', nonce: state.nonce, after, cursor, everything })
}

/** The source's side: recent decrees if they suffice, otherwise a piece of a snapshot. */
export function onSyncRequest(step: Step, from: NodeId, request: Body<'syncRequest'>): void {
  const { state, options } = step
  const { nonce, after, cursor, everything } = request
  const complete = state.durableComplete
  if (!everything && cursor === '') {
    let slot = after + 1
    let bytes = 0
    for (; slot <= complete && bytes < options.syncBytesMax; slot += 1) {
      const decree = state.recent.get(slot)
      if (decree === undefined) break
      bytes += decree.body.length
      step.send(from, { type: 'chosen', slot, decree })
    }
    if (slot > after + 1 || complete <= after) {
      return step.send(from, { type: 'syncEnd', nonce, complete: Math.min(slot - 1, complete) })
    }
  }
  step.notice({ type: 'serve', to: from, nonce, after, cursor, upTo: complete, floor: state.marks.floor })
}

/** Decrees were sent. They moved the marks themselves, if they arrived. */
export function onSyncEnd(step: Step, from: NodeId, message: Body<'syncEnd'>): void {
  const { state, rules } = step
  const { sync } = state
  if (sync === null || sync.nonce !== message.nonce || sync.source !== from) return
  state.sync = null
  const complete = rules.completeThrough(state.marks)
  if (complete > sync.after && complete < state.knownChosen && state.phase.type !== 'leading') startSync(step, from)
}

/** A piece of a snapshot. The chunk and how far it brings the sync are one write; the marks move at the end only. */
export function onSyncChunk(step: Step, from: NodeId, message: Body<'syncChunk'>): void {
  const { state } = step
  const { sync } = state
  if (sync === null || sync.nonce !== message.nonce || sync.source !== from || sync.after !== message.after) return
  const isLast = message.cursor === ''
  if (state.phase.type === 'leading') state.phase.since = state.tick
  if (sync.everything) {
    step.persist({ type: 'chunk', after: state.marks.complete, chunk: message.chunk, sync: state.syncMark })
  } else {
    // Resumed from another source, or on a later snapshot, it stands for the lowest of the slots used.
    const upTo = Math.min(state.syncMark?.upTo ?? message.upTo, message.upTo)
    state.syncMark = isLast ? null : { cursor: message.cursor, upTo, floor: message.floor }
    step.persist({ type: 'chunk', after: state.marks.complete, chunk: message.chunk, sync: state.syncMark })
    if (isLast) completeUpTo(step, upTo)
  }
  if (isLast) {
    state.sync = null
    if (sync.everything && state.phase.type === 'leading') {
      state.phase.union = state.phase.union?.filter((id) => id !== from) ?? null
    }
    return
  }
  ask(step, from, message.cursor, sync.everything)
}

export function onChosen(step: Step, from: NodeId, message: Body<'chosen'>): void {
  const { state } = step
  if (state.sync?.source === from) state.sync.progressAt = state.tick
  merge(step, message.slot, message.decree)
}
