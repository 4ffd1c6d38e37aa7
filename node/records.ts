import {
  type Accepted as RecordAccepted,
  type Ballot as RecordBallot,
  type Config as RecordConfig,
  Decree as RecordDecree,
} from '../proto/gen/decree/v1/record.ts'
import { type Accepted, type Ballot, type Config, type Decree, type Member, NO_BALLOT } from './core/types.ts'
import { ProtocolError } from './protocol-error.ts'

/** The format of decree headers that this software writes and reads. */
export const DECREE_FORMAT = 1

// Every decode function throws a ProtocolError, one sentence, on what no node of this software would have written:
// whoever reads these records from a peer or a disk must not take a gap for a default.

/** `NO_BALLOT` becomes a ballot with a counter of 0, never an absent one. */
export function encodeBallot(ballot: Ballot): RecordBallot {
  return { counter: ballot.counter, node: ballot.node }
}

/** `what` names the ballot in the error's sentence. */
export function decodeBallot(record: RecordBallot | undefined, what = 'ballot'): Ballot {
  if (record === undefined) throw new ProtocolError(`The ${what} is missing.`)
  if (record.counter === 0 && record.node === '') return NO_BALLOT
  if (record.counter === 0) throw new ProtocolError(`The ${what} of node ${record.node} has no counter.`)
  return { counter: record.counter, node: decodeNodeId(record.node, `node of the ${what}`) }
}

/** Checks that `id` is 16 lower-case hexadecimal digits, so that text order is number order. */
export function decodeNodeId(id: string, what = 'node id'): string {
  if (!NODE_ID.test(id)) {
    throw new ProtocolError(`The ${what} is ${JSON.stringify(id.slice(0, 40))}, not 16 lower-case hexadecimal digits.`)
  }
  return id
}

export function encodeConfig(config: Config): RecordConfig {
  return {
    cluster: config.cluster,
    version: config.version,
    members: config.members.map(({ id, address }) => ({ id, address })),
  }
}

export function decodeConfig(record: RecordConfig | undefined, what = 'configuration'): Config {
  if (record === undefined) throw new ProtocolError(`The ${what} is missing.`)
  if (record.cluster === '') throw new ProtocolError(`The ${what} names no cluster.`)
  if (record.version === 0) throw new ProtocolError(`The ${what} has no version.`)
  if (record.members.length === 0) throw new ProtocolError(`The ${what} has no members.`)
  const members = record.members.map((member) => decodeMember(member, what))
  // Members are compared one by one and votes are counted by them: twice the same would be two votes.
  for (const [index, member] of members.entries()) {
    const before = members[index - 1]
    if (before !== undefined && before.id >= member.id) {
      throw new ProtocolError(`The ${what} lists ${member.id} after ${before.id}; members are sorted, each once.`)
    }
  }
  return { cluster: record.cluster, version: record.version, members }
}

function decodeMember(record: { readonly id: string; readonly address: string }, what = 'configuration'): Member {
  if (record.address === '') throw new ProtocolError(`A member in the ${what} has no address.`)
  return { id: decodeNodeId(record.id, `id of a member in the ${what}`), address: record.address }
}

export function encodeDecree(decree: Decree): RecordDecree {
  const { config, collectable, count } = decree.header
  return {
    header: { format: DECREE_FORMAT, config: encodeConfig(config), collectable, count },
    body: asBuffer(decree.body),
  }
}

export function decodeDecree(record: RecordDecree | undefined, what = 'decree'): Decree {
  if (record === undefined) throw new ProtocolError(`The ${what} is missing.`)
  const { header, body } = record
  if (header === undefined) throw new ProtocolError(`The ${what} has no header.`)
  if (header.format !== DECREE_FORMAT) {
    throw new ProtocolError(`The ${what} has format ${header.format}; this software reads format ${DECREE_FORMAT}.`)
  }
  const config = decodeConfig(header.config, `configuration of the ${what}`)
  return { header: { config, collectable: header.collectable, count: header.count }, body: asBytes(body) }
}

/** Whether both say the same. */
export function isSameDecree(a: Decree, b: Decree): boolean {
  if (a === b) return true
  if (a.body.length !== b.body.length || Buffer.compare(a.body, b.body) !== 0) return false
  const encoded = ({ header }: Decree): Uint8Array =>
    RecordDecree.encode(encodeDecree({ header, body: new Uint8Array() })).finish()
  return a.header === b.header || Buffer.compare(encoded(a), encoded(b)) === 0
}

/** The record beside the journal: the decree itself is the journal's. `chosen`: its journal record is flagged. */
export function encodeAccepted(accepted: Accepted, chosen: boolean): RecordAccepted {
  const { ballot, slot, origin } = accepted
  return { ballot: encodeBallot(ballot), slot, origin: encodeBallot(origin), chosen }
}

/** `decree` is the one that the journal holds for the record's slot. */
export function decodeAccepted(record: Pick<RecordAccepted, 'ballot' | 'slot' | 'origin'>, decree: Decree): Accepted {
  const ballot = decodeBallot(record.ballot, 'ballot of the accepted decree')
  const origin = decodeBallot(record.origin, 'origin of the accepted decree')
  return { ballot, slot: decodeSlot(record.slot, 'slot of the accepted decree'), origin, decree }
}

/** Slots count from 1. */
export function decodeSlot(slot: number, what = 'slot'): number {
  if (slot === 0) throw new ProtocolError(`The ${what} is missing.`)
  return slot
}

/** A view of the same bytes: generated messages hold `Buffer`s. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A view of the same bytes as a plain `Uint8Array`, which compares and prints as what it is. */
export function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

const NODE_ID = /^[0-9a-f]{16}$/
