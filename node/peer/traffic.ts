import type { MessageBody } from '../core/index.ts'
import type { PeerMessage } from './transport.ts'

/** Which of the two streams to a peer carries a message. */
export type Traffic = 'liveness' | 'bulk'

/**
 * Heartbeats and elections travel apart, so that they never wait behind decrees. A promise does not: it can carry
 * a decree itself.
 */
export function trafficOf(message: PeerMessage): Traffic {
  switch (message.type) {
    case 'core':
      return TRAFFIC[message.message.body.type]
    case 'ping':
      return 'liveness'
    case 'form':
      return 'bulk'
    default:
      return message satisfies never
  }
}

const TRAFFIC: { readonly [Type in MessageBody['type']]: Traffic } = {
  heartbeat: 'liveness',
  heartbeatAck: 'liveness',
  preVote: 'liveness',
  preVoteReply: 'liveness',
  handoff: 'liveness',
  prepare: 'liveness',
  refused: 'liveness',
  promise: 'bulk',
  accept: 'bulk',
  voted: 'bulk',
  missing: 'bulk',
  chosen: 'bulk',
  syncRequest: 'bulk',
  syncEnd: 'bulk',
  syncChunk: 'bulk',
}
