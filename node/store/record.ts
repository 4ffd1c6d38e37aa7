import { encoded } from '../../proto/encode.ts'
import { LogRecord, type LogWrite } from '../../proto/gen/decree/v1/record.ts'
import type { Accepted, Decree, Write } from '../core/index.ts'
import {
  asBuffer,
  asBytes,
  decodeBallot,
  decodeConfig,
  decodeDecree,
  decodeNodeId,
  decodeSlot,
  encodeBallot,
  encodeConfig,
  encodeDecree,
  isSameDecree,
} from '../records.ts'
import type { IdentityWrite } from './store.ts'

// The log holds the core's writes as they are. A decree that is accepted and then merged stands there once.

/** One write as a record has it. `accepted`: the decree that the node has accepted when it makes the write. */
export function encodeWrite(write: Write | IdentityWrite, accepted: Accepted | null): LogWrite {
  switch (write.type) {
    case 'identity':
      return { write: { $case: 'identity', value: write.id } }
    case 'pledge':
      return { write: { $case: 'pledge', value: encodeConfig(write.config) } }
    case 'formed':
      return { write: { $case: 'formed', value: encodeConfig(write.config) } }
    case 'promised':
      return { write: { $case: 'promised', value: encodeBallot(write.ballot) } }
    case 'accepted': {
      const { slot } = write
      const [ballot, origin] = [encodeBallot(write.ballot), encodeBallot(write.origin)]
      const decree = encodeUnlessHeld(write.decree, slot, accepted)
      return { write: { $case: 'accepted', value: { ballot, slot, origin, decree } } }
    }
    case 'merge': {
      const { slot } = write
      return { write: { $case: 'merge', value: { slot, decree: encodeUnlessHeld(write.decree, slot, accepted) } } }
    }
    case 'marks': {
      const { complete, from, applied, floor } = write
      return { write: { $case: 'marks', value: { complete, from, applied, floor } } }
    }
    case 'chunk': {
      const { after, chunk } = write
      const sync = write.sync === null ? undefined : { ...write.sync }
      return { write: { $case: 'chunk', value: { after, chunk: asBuffer(chunk), sync } } }
    }
    case 'forget':
      return { write: { $case: 'forget', value: write.through } }
    default:
      return write satisfies never
  }
}

export function encodeRecord(writes: LogWrite[]): Uint8Array {
  return encoded(LogRecord, { writes })
}

/** Throws an Error on bytes that are no record. */
export function decodeRecord(record: Uint8Array): readonly LogWrite[] {
  return LogRecord.decode(record).writes
}

/** The write as it was made; `accepted` is what the node had accepted by then. Throws an Error on a write that makes no sense. */
export function decodeWrite({ write }: LogWrite, accepted: Accepted | null): Write | IdentityWrite {
  if (write === undefined) throw new Error('a write of no known kind')
  switch (write.$case) {
    case 'identity':
      return { type: 'identity', id: decodeNodeId(write.value) }
    case 'pledge':
      return { type: 'pledge', config: decodeConfig(write.value, 'pledge') }
    case 'formed':
      return { type: 'formed', config: decodeConfig(write.value) }
    case 'promised':
      return { type: 'promised', ballot: decodeBallot(write.value, 'promise') }
    case 'accepted': {
      const slot = decodeSlot(write.value.slot)
      const ballot = decodeBallot(write.value.ballot)
      const origin = decodeBallot(write.value.origin, 'origin')
      return { type: 'accepted', ballot, slot, origin, decree: decodeOrHeld(write.value.decree, slot, accepted) }
    }
    case 'merge': {
      const slot = decodeSlot(write.value.slot)
      return { type: 'merge', slot, decree: decodeOrHeld(write.value.decree, slot, accepted) }
    }
    case 'marks': {
      const { complete, from, applied, floor } = write.value
      return { type: 'marks', complete, from, applied, floor }
    }
    case 'chunk': {
      const { after, chunk, sync } = write.value
      const mark = sync === undefined ? null : { cursor: sync.cursor, upTo: sync.upTo, floor: sync.floor }
      return { type: 'chunk', after, chunk: asBytes(chunk), sync: mark }
    }
    case 'forget':
      return { type: 'forget', through: write.value }
    default:
      return write satisfies never
  }
}

function encodeUnlessHeld(decree: Decree, slot: number, accepted: Accepted | null) {
  if (accepted?.slot === slot && isSameDecree(accepted.decree, decree)) return undefined
  return encodeDecree(decree)
}

function decodeOrHeld(decree: Parameters<typeof decodeDecree>[0], slot: number, accepted: Accepted | null): Decree {
  if (decree !== undefined) return decodeDecree(decree, `decree of slot ${slot}`)
  if (accepted?.slot !== slot) throw new Error(`the decree of slot ${slot} was not accepted before`)
  return accepted.decree
}
