import { type Ballot, compareBallots, type Message } from '../../node/core/index.ts'
import type { Local } from './local.ts'

/**
 * Whether what a message is about is over for its receiver, for ever: then it need not be kept, and states that
 * differ by it are one. Only answers and news can be over; questions are always answered.
 *
 * That the receiver ignores such a message is not taken on trust: it is tried on each state of a node when the message
 * is dropped, and `audit.ts` tries it on every state that was reached from there.
 */
export function isOver({ from, body }: Message, local: Local): boolean {
  const { core, disk, ahead } = local
  const { phase, sync } = core.state
  const leads = (ballot: Ballot) => phase.type === 'leading' && compareBallots(phase.ballot, ballot) === 0
  const prepares = (ballot: Ballot) => phase.type === 'preparing' && compareBallots(phase.ballot, ballot) === 0
  switch (body.type) {
    case 'promise':
      return !prepares(body.ballot)
    case 'voted':
      if (phase.type !== 'leading' || !leads(body.ballot)) return true
      return body.slot <= phase.chosen || (phase.inFlight?.slot === body.slot && phase.inFlight.votes.has(from))
    case 'missing':
      return phase.type !== 'leading' || !leads(body.ballot) || body.slot < phase.chosen
    case 'heartbeatAck':
      if (phase.type !== 'leading' || !leads(body.ballot)) return true
      if (body.round <= (phase.followers.get(from)?.round ?? 0)) return true
      return isReadless(local) && body.applied <= (phase.inFlight?.slot ?? phase.chosen)
    case 'refused':
      if (leads(body.ballot) || prepares(body.ballot)) return false
      // What it tells of ballots must not be lost by a crash either.
      return !ahead.ballots || body.promised.counter <= disk.promised.counter
    case 'chosen':
      return body.slot <= disk.marks.complete
    case 'syncEnd':
    case 'syncChunk':
      return sync === null || sync.nonce !== body.nonce
    case 'prepare':
    case 'accept':
    case 'heartbeat':
    case 'preVote':
    case 'preVoteReply':
    case 'handoff':
    case 'syncRequest':
      return false
    default:
      return body satisfies never
  }
}

/** Whether no client of this node will ever again wait for a round of heartbeats. */
export function isReadless({ reads, ahead }: Local): boolean {
  return !ahead.reads && reads.length === 0
}
