import type { Accepted, Ballot, Message } from '../../node/core/index.ts'
import type { PeerMessage } from '../../node/peer/index.ts'

/** A message in a few words, for the event log. */
export function tellMessage(message: PeerMessage): string {
  if (message.type === 'core') return tellBody(message.message)
  if (message.type === 'ping') return message.ping.answer === null ? 'ping' : 'pong'
  const { from, pledge, formed } = message.form
  const has = formed !== null ? ' formed' : pledge !== null ? ' pledged' : ''
  return `form ${from.slice(0, 4)}${has}`
}

function tellBody({ body }: Message): string {
  switch (body.type) {
    case 'prepare':
    case 'handoff':
      return `${body.type} ${tellBallot(body.ballot)}`
    case 'promise':
      return `promise ${tellBallot(body.ballot)} accepted ${tellAccepted(body.accepted)} complete ${body.complete}`
    case 'accept':
      return `accept ${tellBallot(body.ballot)}/${body.slot} of ${tellBallot(body.origin)}`
    case 'voted':
      return `voted ${tellBallot(body.ballot)}/${body.slot}`
    case 'missing':
      return `missing ${body.slot} complete ${body.complete}`
    case 'refused':
      return `refused ${tellBallot(body.ballot)} promised ${tellBallot(body.promised)} accepted ${body.acceptedSlot}`
    case 'heartbeat':
      return `heartbeat ${tellBallot(body.ballot)} chosen ${body.chosen} round ${body.round}`
    case 'heartbeatAck':
      return `heartbeatAck ${tellBallot(body.ballot)} round ${body.round} complete ${body.complete}`
    case 'preVote':
      return `preVote ${body.nonce} accepted ${body.credentials.acceptedSlot}`
    case 'preVoteReply':
      return `preVoteReply ${body.nonce} ${body.granted ? 'yes' : 'no'}`
    case 'chosen':
      return `chosen ${body.slot}`
    case 'syncRequest':
      return `syncRequest after ${body.after}${body.cursor === '' ? '' : ` from ${body.cursor}`}${body.everything ? ' everything' : ''}`
    case 'syncEnd':
      return `syncEnd complete ${body.complete}`
    case 'syncChunk':
      return `syncChunk after ${body.after} up to ${body.upTo}${body.cursor === '' ? ', the last' : ''}`
    default:
      return body satisfies never
  }
}

function tellBallot({ counter, node }: Ballot): string {
  return `${counter}.${node.slice(0, 4)}`
}

function tellAccepted(accepted: Accepted | null): string {
  return accepted === null ? 'nothing' : `${tellBallot(accepted.ballot)}/${accepted.slot}`
}
