import { encoded } from '../proto/encode.ts'
import {
  type Accepted as RecordAccepted,
  type Ballot as RecordBallot,
  Config as RecordConfig,
  Decree as RecordDecree,
} from '../proto/gen/decree/v1/record.ts'
import { type Accepted, type Ballot, type Config, type Decree, type Member, NO_BALLOT } from './core/types.ts'
import { ProtocolError } from './protocol-error.ts'
import { reasonOf } from './reason.ts'

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
    header: { format: DECREE_FORMAT, config: ENCODED.encode(config), collectable, count },
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
  const config = ENCODED.decode(header.config, `configuration of the ${what}`)
  return { header: { config, collectable: header.collectable, count: header.count }, body: asBytes(body) }
}

/** Every decree names a configuration, and hardly ever another one than the decree before: that one's are kept. */
class EncodedConfigs {
  readonly #encoded = new WeakMap<Config, Buffer>()
  #bytes = Buffer.alloc(0)
  #config: Config | null = null

  encode(config: Config): Buffer {
    let bytes = this.#encoded.get(config)
    if (bytes === undefined) {
      bytes = asBuffer(encoded(RecordConfig, encodeConfig(config)))
      this.#encoded.set(config, bytes)
    }
    return bytes
  }

  decode(bytes: Buffer, what: string): Config {
    if (this.#config !== null && this.#bytes.equals(bytes)) return this.#config
    const config = decodeConfig(bytes.length === 0 ? undefined : readConfig(bytes, what), what)
    // A copy: the bytes given are a part of a frame.
    this.#bytes = Buffer.from(bytes)
    this.#config = config
    return config
  }
}

const ENCODED = new EncodedConfigs()

function readConfig(bytes: Buffer, what: string): RecordConfig {
  try {
    return RecordConfig.decode(bytes)
  } catch (error) {
    throw new ProtocolError(`The ${what} cannot be read: ${reasonOf(error)}.`)
  }
}

/** Whether both say the same. */
export function isSameDecree(a: Decree, b: Decree): boolean {
  if (a === b) return true
  if (a.body.length !== b.body.length || Buffer.compare(a.body, b.body) !== 0) return false
  if (a.header === b.header) return true
  const bytesOf = ({ header }: Decree): Uint8Array => encoded(RecordDecree, encodeDecree({ header, body: NO_BODY }))
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0
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

const NO_BODY = new Uint8Array()

const NODE_ID = /^[0-9a-f]{16}$/
