import type { AcceptedDecree, PeerMessage as WireMessage } from '../../proto/gen/decree/v1/peer.ts'
import type { Accepted, Credentials, MessageBody, NodeId } from '../core/index.ts'
import { ProtocolError } from '../protocol-error.ts'
import {
  asBuffer,
  asBytes,
  decodeAccepted,
  decodeBallot,
  decodeConfig,
  decodeDecree,
  decodeNodeId,
  decodeSlot,
  encodeBallot,
  encodeConfig,
  encodeDecree,
} from '../records.ts'
import type { FormMessage, PeerMessage } from './transport.ts'

type WireBody = NonNullable<WireMessage['body']>
type WireForm = Extract<WireBody, { $case: 'form' }>['value']
type WireCredentials = NonNullable<Extract<WireBody, { $case: 'preVote' }>['value']['credentials']>

/** A message as the wire's plain object; `WireMessage.encode` makes it bytes. */
export function encodePeerMessage(message: PeerMessage): WireMessage {
  if (message.type === 'form') {
    const { form } = message
    return { cluster: '', from: form.from, to: form.to ?? '', body: { $case: 'form', value: encodeForm(form) } }
  }
  if (message.type === 'ping') {
    const { cluster, from, to, sentAtUs, answer } = message.ping
    if (answer === null) return { cluster, from, to, body: { $case: 'ping', value: { sentAtUs } } }
    return { cluster, from, to, body: { $case: 'pong', value: { sentAtUs, roundTrips: [...answer] } } }
  }
  const { cluster, from, to, body } = message.message
  return { cluster, from, to, body: encodeBody(body) }
}

/**
 * The message that a wire message stands for. Fields that are not known are ignored.
 *
 * Throws a ProtocolError, one sentence, where something that every message of its kind has is missing or malformed.
 */
export function decodePeerMessage(wire: WireMessage): PeerMessage {
  const from = decodeNodeId(wire.from, 'sender')
  if (wire.body === undefined) throw new ProtocolError(`A message of node ${from} has no body of a known kind.`)
  if (wire.body.$case === 'form') {
    const to = wire.to === '' ? null : decodeNodeId(wire.to, 'receiver')
    return { type: 'form', form: decodeForm(from, to, wire.body.value) }
  }
  if (wire.cluster === '') throw new ProtocolError(`A message of node ${from} names no cluster.`)
  const to = decodeNodeId(wire.to, 'receiver')
  const { body } = wire
  if (body.$case === 'ping' || body.$case === 'pong') {
    const answer = body.$case === 'ping' ? null : body.value.roundTrips.map(decodeRoundTrip)
    return { type: 'ping', ping: { cluster: wire.cluster, from, to, sentAtUs: body.value.sentAtUs, answer } }
  }
  return { type: 'core', message: { cluster: wire.cluster, from, to, body: decodeBody(body) } }
}

function decodeRoundTrip({ node, ms }: { readonly node: string; readonly ms: number }): {
  readonly node: NodeId
  readonly ms: number
} {
  if (!(ms >= 0)) throw new ProtocolError(`A round trip takes ${ms} ms.`)
  return { node: decodeNodeId(node, 'peer'), ms }
}

function encodeForm(form: FormMessage): WireForm {
  return {
    address: form.address,
    addresses: [...form.addresses],
    pledge: form.pledge === null ? undefined : encodeConfig(form.pledge),
    formed: form.formed === null ? undefined : encodeConfig(form.formed),
  }
}

function decodeForm(from: string, to: string | null, wire: WireForm): FormMessage {
  if (wire.address === '') throw new ProtocolError(`The first message of node ${from} has no address.`)
  return {
    to,
    from,
    address: wire.address,
    addresses: wire.addresses,
    pledge: wire.pledge === undefined ? null : decodeConfig(wire.pledge, 'pledge'),
    formed: wire.formed === undefined ? null : decodeConfig(wire.formed, 'formed configuration'),
  }
}

function encodeBody(body: MessageBody): WireBody {
  switch (body.type) {
    case 'prepare':
      return { $case: 'prepare', value: { ballot: encodeBallot(body.ballot) } }
    case 'promise': {
      const { applied, complete, floor } = body
      const accepted = body.accepted === null ? undefined : encodeAcceptedDecree(body.accepted)
      const [ballot, config] = [encodeBallot(body.ballot), encodeConfig(body.config)]
      return { $case: 'promise', value: { ballot, accepted, applied, complete, floor, config } }
    }
    case 'accept':
      return { $case: 'accept', value: encodeAcceptedDecree(body) }
    case 'voted':
      return { $case: 'voted', value: { ballot: encodeBallot(body.ballot), slot: body.slot } }
    case 'missing': {
      const { slot, complete } = body
      return { $case: 'missing', value: { ballot: encodeBallot(body.ballot), slot, complete } }
    }
    case 'refused': {
      const [ballot, promised] = [encodeBallot(body.ballot), encodeBallot(body.promised)]
      const { acceptedSlot } = body
      return { $case: 'refused', value: { ballot, promised, acceptedSlot, config: encodeConfig(body.config) } }
    }
    case 'heartbeat': {
      const { chosen, round } = body
      return { $case: 'heartbeat', value: { ballot: encodeBallot(body.ballot), chosen, round } }
    }
    case 'heartbeatAck': {
      const { round, complete, applied } = body
      return { $case: 'heartbeatAck', value: { ballot: encodeBallot(body.ballot), round, complete, applied } }
    }
    case 'preVote':
      return { $case: 'preVote', value: { nonce: body.nonce, credentials: encodeCredentials(body.credentials) } }
    case 'preVoteReply': {
      const { nonce, granted } = body
      return { $case: 'preVoteReply', value: { nonce, granted, promised: encodeBallot(body.promised) } }
    }
    case 'handoff':
      return { $case: 'handoff', value: { ballot: encodeBallot(body.ballot) } }
    case 'chosen':
      return { $case: 'chosen', value: { slot: body.slot, decree: encodeDecree(body.decree) } }
    case 'syncRequest': {
      const { nonce, after, cursor, everything } = body
      return { $case: 'syncRequest', value: { nonce, after, cursor, everything } }
    }
    case 'syncEnd':
      return { $case: 'syncEnd', value: { nonce: body.nonce, complete: body.complete } }
    case 'syncChunk': {
      const { nonce, after, cursor, upTo, floor } = body
      return { $case: 'syncChunk', value: { nonce, after, cursor, upTo, floor, chunk: asBuffer(body.chunk) } }
    }
    default:
      return body satisfies never
  }
}

function decodeBody(body: Exclude<WireBody, { $case: 'form' | 'ping' | 'pong' }>): MessageBody {
  switch (body.$case) {
    case 'prepare':
      return { type: 'prepare', ballot: decodeBallot(body.value.ballot) }
    case 'promise': {
      const { ballot, accepted, applied, complete, floor, config } = body.value
      return {
        type: 'promise',
        ballot: decodeBallot(ballot),
        accepted: accepted === undefined ? null : decodeAcceptedDecree(accepted),
        applied,
        complete,
        floor,
        config: decodeConfig(config),
      }
    }
    case 'accept':
      return { type: 'accept', ...decodeAcceptedDecree(body.value) }
    case 'voted':
      return { type: 'voted', ballot: decodeBallot(body.value.ballot), slot: decodeSlot(body.value.slot) }
    case 'missing': {
      // Not a slot of a decree that travels: a node may miss what lies before the first one.
      const { ballot, slot, complete } = body.value
      return { type: 'missing', ballot: decodeBallot(ballot), slot, complete }
    }
    case 'refused': {
      const { ballot, promised, acceptedSlot, config } = body.value
      return {
        type: 'refused',
        ballot: decodeBallot(ballot),
        promised: decodeBallot(promised, 'promised ballot'),
        acceptedSlot,
        config: decodeConfig(config),
      }
    }
    case 'heartbeat': {
      const { ballot, chosen, round } = body.value
      return { type: 'heartbeat', ballot: decodeBallot(ballot), chosen, round }
    }
    case 'heartbeatAck': {
      const { ballot, round, complete, applied } = body.value
      return { type: 'heartbeatAck', ballot: decodeBallot(ballot), round, complete, applied }
    }
    case 'preVote':
      return { type: 'preVote', nonce: body.value.nonce, credentials: decodeCredentials(body.value.credentials) }
    case 'preVoteReply': {
      const { nonce, granted, promised } = body.value
      return { type: 'preVoteReply', nonce, granted, promised: decodeBallot(promised, 'promised ballot') }
    }
    case 'handoff':
      return { type: 'handoff', ballot: decodeBallot(body.value.ballot) }
    case 'chosen':
      return { type: 'chosen', slot: decodeSlot(body.value.slot), decree: decodeDecree(body.value.decree) }
    case 'syncRequest': {
      const { nonce, after, cursor, everything } = body.value
      return { type: 'syncRequest', nonce, after, cursor: decodeCursor(cursor), everything }
    }
    case 'syncEnd':
      return { type: 'syncEnd', nonce: body.value.nonce, complete: body.value.complete }
    case 'syncChunk': {
      const { nonce, after, cursor, upTo, floor, chunk } = body.value
      return { type: 'syncChunk', nonce, after, cursor: decodeCursor(cursor), upTo, floor, chunk: asBytes(chunk) }
    }
    default:
      return body satisfies never
  }
}

/** Empty, or a table's letter and a key: what a store could not read as a place in its snapshot ends here. */
function decodeCursor(cursor: string): string {
  if (!/^([es]|$)/.test(cursor)) {
    throw new ProtocolError(`The cursor is ${JSON.stringify(cursor.slice(0, 40))}, which begins with neither e nor s.`)
  }
  const bytes = Buffer.byteLength(cursor)
  if (bytes > CURSOR_BYTES_MAX) throw new ProtocolError(`The cursor has ${bytes} bytes; no key is as long.`)
  return cursor
}

/** A letter, and the longest key that the storage takes. */
const CURSOR_BYTES_MAX = 1 + 1978

function encodeAcceptedDecree({ ballot, slot, origin, decree }: Accepted): AcceptedDecree {
  return { ballot: encodeBallot(ballot), slot, origin: encodeBallot(origin), decree: encodeDecree(decree) }
}

function decodeAcceptedDecree(wire: AcceptedDecree): Accepted {
  return decodeAccepted(wire, decodeDecree(wire.decree))
}

function encodeCredentials({ acceptedSlot, acceptedBallot, complete }: Credentials): WireCredentials {
  return { acceptedSlot, acceptedBallot: encodeBallot(acceptedBallot), complete }
}

function decodeCredentials(wire: WireCredentials | undefined): Credentials {
  if (wire === undefined) throw new ProtocolError('A question before an election has no credentials.')
  const acceptedBallot = decodeBallot(wire.acceptedBallot, 'ballot of the credentials')
  return { acceptedSlot: wire.acceptedSlot, acceptedBallot, complete: wire.complete }
}
