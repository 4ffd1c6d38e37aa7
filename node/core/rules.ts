import { covers } from './marks.ts'
import { type Accepted, type Ballot, compareBallots, type Marks } from './types.ts'

/**
 * The sentences of the protocol that safety hangs on, each as one predicate. The core takes them as a value, so
 * that tests can show, by breaking one at a time, that the others' witnesses notice. A node always runs `RULES`.
 */
export interface Rules {
  /** A1: an acceptor refuses a ballot below its promise, and a slot below the one that it has accepted. */
  refusesAccept(promised: Ballot, accepted: Accepted | null, ballot: Ballot, slot: number): boolean
  /** A3: the patch of `slot` is merged here. The run must be gapless: `applied` alone proves nothing below it. */
  isMerged(marks: Marks, slot: number): boolean
  /** A3, A4, F: an own accepted decree of a slot that is known to be chosen in `chosenIn` is the chosen one. */
  isChosenOne(accepted: Accepted, chosenIn: Ballot): boolean
  /** A3: an acceptor without the patch of the slot before answers `missing` ... */
  mayAcceptWithoutPrevious(): boolean
  /** ... and writes nothing. */
  writesBeforeMissing(): boolean
  /** B: promises only grow; only the owner of a ballot may ask for the same promise again. */
  refusesPrepare(promised: Ballot, ballot: Ballot, isOwner: boolean): boolean
  /** C: everything up to this slot is merged; a leader executes on nothing less than all before its first slot. */
  completeThrough(marks: Marks): number
}

export const RULES: Rules = {
  refusesAccept: (promised, accepted, ballot, slot) =>
    compareBallots(ballot, promised) < 0 || (accepted !== null && accepted.slot > slot),
  isMerged: covers,
  isChosenOne: (accepted, chosenIn) => compareBallots(accepted.ballot, chosenIn) >= 0,
  mayAcceptWithoutPrevious: () => false,
  writesBeforeMissing: () => false,
  refusesPrepare: (promised, ballot, isOwner) => {
    const order = compareBallots(ballot, promised)
    return order < 0 || (order === 0 && !isOwner)
  },
  completeThrough: (marks) => marks.complete,
}
