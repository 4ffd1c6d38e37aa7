import { merge } from './merging.ts'
import type { MessageBody } from './messages.ts'
import { becomeFollower, hearLeader } from './roles.ts'
import type { Step } from './step.ts'
import { type Ballot, compareBallots, type NodeId } from './types.ts'

type Body<T extends MessageBody['type']> = Extract<MessageBody, { type: T }>

/** Rule B. */
export function onPrepare(step: Step, from: NodeId, { ballot }: Body<'prepare'>): void {
  const { state } = step
  const isOwner = ballot.node === from
  if (!isOwner || step.rules.refusesPrepare(state.promised, ballot, isOwner)) return refuse(step, from, ballot)
  if (compareBallots(ballot, state.promised) > 0) {
    state.promised = ballot
    state.counter = Math.max(state.counter, ballot.counter)
    step.persist({ type: 'promised', ballot })
    if (from !== state.id) {
      becomeFollower(step, from)
      hearLeader(step, from)
    }
  }
  step.sendWhenDurable(from, {
    type: 'promise',
    ballot,
    accepted: state.accepted,
    applied: state.marks.applied,
    complete: state.durableComplete,
    floor: state.marks.floor,
    config: state.config,
  })
}

/** Rule A, in its order: judge by the state before the message, then write everything at once, then answer. */
export function onAccept(step: Step, from: NodeId, message: Body<'accept'>): void {
  const { state, rules } = step
  const { ballot, slot, origin, decree } = message
  if (rules.refusesAccept(state.promised, state.accepted, ballot, slot)) return refuse(step, from, ballot)
  if (from !== state.id) {
    becomeFollower(step, ballot.node)
    hearLeader(step, ballot.node)
  }
  state.counter = Math.max(state.counter, ballot.counter)
  state.knownChosen = Math.max(state.knownChosen, slot - 1)

  const before = state.accepted
  const isRepetition = before !== null && before.slot === slot && compareBallots(before.ballot, ballot) === 0
  if (!isRepetition) {
    // A3 and A4: the own accepted decree of an older slot is the chosen one, when its ballot says so.
    const ownIsChosen = before !== null && before.slot < slot && rules.isChosenOne(before, origin)
    const holdsPrevious =
      slot === 1 || rules.isMerged(state.marks, slot - 1) || (ownIsChosen && before.slot === slot - 1)
    const isMissing = !holdsPrevious && !rules.mayAcceptWithoutPrevious()
    if (!isMissing || rules.writesBeforeMissing()) {
      if (ownIsChosen) merge(step, before.slot, before.decree)
      if (compareBallots(ballot, state.promised) > 0) {
        state.promised = ballot
        step.persist({ type: 'promised', ballot })
      }
      state.accepted = { ballot, slot, origin, decree }
      state.config = decree.header.config
      step.persist({ type: 'accepted', ballot, slot, origin, decree })
    }
    if (isMissing) {
      return step.send(from, { type: 'missing', ballot, slot: slot - 1, complete: state.durableComplete })
    }
  }
  step.sendWhenDurable(from, { type: 'voted', ballot, slot })
}

/** Rule F: `slot` is chosen in `ballot`. */
export function onChosenNotice(step: Step, ballot: Ballot, slot: number): void {
  const { state, rules } = step
  state.knownChosen = Math.max(state.knownChosen, slot)
  const { accepted } = state
  if (accepted !== null && accepted.slot === slot && rules.isChosenOne(accepted, ballot)) {
    merge(step, slot, accepted.decree)
  }
}

export function refuse(step: Step, to: NodeId, ballot: Ballot): void {
  const { state } = step
  step.send(to, {
    type: 'refused',
    ballot,
    promised: state.promised,
    acceptedSlot: state.accepted?.slot ?? 0,
    config: state.config,
  })
}
