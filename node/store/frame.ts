import { checksum } from './checksum.ts'

// How a log lies in its segments. A segment begins with a head of one page; behind it stand frames, each at a multiple
// of eight bytes, each with the records that became durable together. Whatever lies behind the last frame is no frame:
// the checksum of each covers the store's name, the segment's number and its own sequence number, so that neither
// the frames of another store nor those of a segment's earlier use are taken for its own.

/** The format of segments, of frames and of the records in them. */
export const LOG_FORMAT = 1

/** A page of its own, so that no writing of frames touches it. */
export const HEAD_BYTES = 4096

/** Bytes that name a store. */
export const STORE_BYTES = 16

/** What a segment says of itself. */
export interface SegmentHead {
  readonly format: number
  readonly store: Uint8Array
  readonly segment: number
  /** The size that was made room for; less of a file is cut off. */
  readonly bytes: number
}

const MARK = Buffer.from('Decree log\r\n\x1a\n\0\0', 'latin1')
const HEAD_SUM_AT = MARK.length + 4 + STORE_BYTES + 8 + 8

export function encodeHead({ format, store, segment, bytes }: SegmentHead): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.set(MARK, 0)
  head.writeUInt32LE(format, MARK.length)
  head.set(store, MARK.length + 4)
  head.writeBigUInt64LE(BigInt(segment), MARK.length + 4 + STORE_BYTES)
  head.writeBigUInt64LE(BigInt(bytes), MARK.length + 4 + STORE_BYTES + 8)
  head.writeUInt32LE(checksum(head.subarray(0, HEAD_SUM_AT), 0), HEAD_SUM_AT)
  return head
}

/** Null: not a head, or a damaged one. */
export function decodeHead(segment: Uint8Array): SegmentHead | null {
  if (segment.length < HEAD_BYTES) return null
  const head = bufferOf(segment)
  if (!head.subarray(0, MARK.length).equals(MARK)) return null
  if (head.readUInt32LE(HEAD_SUM_AT) !== checksum(head.subarray(0, HEAD_SUM_AT), 0)) return null
  return {
    format: head.readUInt32LE(MARK.length),
    store: new Uint8Array(head.subarray(MARK.length + 4, MARK.length + 4 + STORE_BYTES)),
    segment: Number(head.readBigUInt64LE(MARK.length + 4 + STORE_BYTES)),
    bytes: Number(head.readBigUInt64LE(MARK.length + 4 + STORE_BYTES + 8)),
  }
}

export interface Frame {
  /** Of all frames of a log: 1, 2, 3 … over all segments. */
  readonly sequence: number
  /** None: the log goes on in the next segment. */
  readonly records: readonly Uint8Array[]
}

/** What a frame costs beside its records: mark, checksum, sequence number, length, number of records. */
const FRAME_BYTES = 24
const FRAME_MARK = 0x46524d31
/** What a record costs beside its bytes: its length. */
const RECORD_BYTES = 4

/** What a frame without records takes. */
export const SEAL_BYTES = FRAME_BYTES

/** What a record of so many bytes takes in a frame. */
export function sizeInFrame(bytes: number): number {
  return RECORD_BYTES + bytes
}

/** What a frame takes whose records take so much. */
export function frameSize(recordsBytes: number): number {
  return aligned(FRAME_BYTES + recordsBytes)
}

/** The place from which the frames of one segment are told from all others. */
export class Framing {
  readonly #salt: number

  constructor(store: Uint8Array, segment: number) {
    const salt = Buffer.alloc(STORE_BYTES + 8)
    salt.set(store, 0)
    salt.writeBigUInt64LE(BigInt(segment), STORE_BYTES)
    this.#salt = checksum(salt, 0)
  }

  encode({ sequence, records }: Frame): Uint8Array {
    const length = records.reduce((sum, record) => sum + sizeInFrame(record.length), 0)
    const frame = Buffer.allocUnsafe(frameSize(length))
    frame.writeUInt32LE(FRAME_MARK, 0)
    frame.writeBigUInt64LE(BigInt(sequence), 8)
    frame.writeUInt32LE(length, 16)
    frame.writeUInt32LE(records.length, 20)
    let at = FRAME_BYTES
    for (const record of records) {
      frame.writeUInt32LE(record.length, at)
      frame.set(record, at + RECORD_BYTES)
      at += sizeInFrame(record.length)
    }
    frame.fill(0, at)
    frame.writeUInt32LE(this.#sum(frame, length), 4)
    return frame
  }

  /** The whole and unhurt frame at this place of the segment, and where it ends; null: there is none. */
  decode(segment: Uint8Array, at: number): { readonly frame: Frame; readonly end: number } | null {
    if (at + FRAME_BYTES > segment.length) return null
    const bytes = bufferOf(segment).subarray(at)
    if (bytes.readUInt32LE(0) !== FRAME_MARK) return null
    const length = bytes.readUInt32LE(16)
    if (frameSize(length) > bytes.length || bytes.readUInt32LE(4) !== this.#sum(bytes, length)) return null
    const records: Uint8Array[] = []
    const count = bytes.readUInt32LE(20)
    for (let from = FRAME_BYTES; records.length < count; ) {
      const size = bytes.readUInt32LE(from)
      records.push(bytes.subarray(from + RECORD_BYTES, from + RECORD_BYTES + size))
      from += sizeInFrame(size)
    }
    return { frame: { sequence: sequenceAt(bytes), records }, end: at + frameSize(length) }
  }

  /** Whether any frame of a sequence number above this one lies at or behind this place of the segment. */
  hasLater(segment: Uint8Array, at: number, sequence: number): boolean {
    const bytes = bufferOf(segment)
    for (let from = aligned(at); from + FRAME_BYTES <= bytes.length; from += ALIGNMENT) {
      if (bytes.readUInt32LE(from) !== FRAME_MARK) continue
      const found = this.decode(segment, from)
      if (found !== null && found.frame.sequence > sequence) return true
    }
    return false
  }

  #sum(frame: Buffer, length: number): number {
    return checksum(frame.subarray(8, frameSize(length)), this.#salt)
  }
}

/** How many records an encoded frame has. */
export function recordCount(frame: Uint8Array): number {
  return bufferOf(frame).readUInt32LE(20)
}

/** Whether a frame of this sequence number was begun here. */
export function isBegun(segment: Uint8Array, at: number, sequence: number): boolean {
  if (at + FRAME_BYTES > segment.length) return false
  const bytes = bufferOf(segment).subarray(at)
  return bytes.readUInt32LE(0) === FRAME_MARK && sequenceAt(bytes) === sequence
}

function sequenceAt(frame: Buffer): number {
  return Number(frame.readBigUInt64LE(8))
}

const ALIGNMENT = 8

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
