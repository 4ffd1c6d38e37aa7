import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'

// The few messages of etcd's KV service that the benchmark needs, by their field numbers.

/** What a key holds. */
export interface EtcdEntry {
  readonly key: string
  readonly value: string
  readonly modRevision: number
}

export interface EtcdAnswer {
  /** Of the store, when it answered. */
  readonly revision: number
  /** Of a transaction: whether what it compared was so. */
  readonly succeeded: boolean
  readonly entries: readonly EtcdEntry[]
}

/** A key that is written if it has not been written since. */
export interface EtcdWrite {
  readonly key: string
  readonly value: string
  /** When it was last written; null: whenever that was. */
  readonly modRevision: number | null
}

/** RangeRequest of one key, or, with `end`, of those up to before that one. */
export function encodeRange(key: string, end?: string): Uint8Array {
  const writer = new BinaryWriter().uint32(tag(1, BYTES)).string(key)
  if (end !== undefined) writer.uint32(tag(2, BYTES)).string(end)
  return writer.finish()
}

/** TxnRequest that writes all keys if all of them are as they were. */
export function encodeTransaction(writes: readonly EtcdWrite[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const { key, modRevision } of writes) {
    if (modRevision === null) continue
    // Compare: EQUAL is the default, and not sent; the target is MOD.
    writer.uint32(tag(1, BYTES)).fork().uint32(tag(2, VARINT)).int32(MOD).uint32(tag(3, BYTES)).string(key)
    writer.uint32(tag(6, VARINT)).int64(modRevision).join()
  }
  for (const { key, value } of writes) {
    // RequestOp with a PutRequest.
    writer.uint32(tag(2, BYTES)).fork().uint32(tag(2, BYTES)).fork()
    writer.uint32(tag(1, BYTES)).string(key).uint32(tag(2, BYTES)).string(value).join().join()
  }
  return writer.finish()
}

/** RangeResponse. */
export function decodeRange(bytes: Uint8Array): EtcdAnswer {
  const reader = new BinaryReader(bytes)
  const entries: EtcdEntry[] = []
  let revision = 0
  each(reader, reader.len, (field) => {
    if (field === 1) revision = decodeHeader(reader)
    else if (field === 2) entries.push(decodeEntry(reader))
    else return false
    return true
  })
  return { revision, succeeded: true, entries }
}

/** TxnResponse; of what its operations were answered, nothing. */
export function decodeTransaction(bytes: Uint8Array): EtcdAnswer {
  const reader = new BinaryReader(bytes)
  let revision = 0
  let succeeded = false
  each(reader, reader.len, (field) => {
    if (field === 1) revision = decodeHeader(reader)
    else if (field === 2) succeeded = reader.bool()
    else return false
    return true
  })
  return { revision, succeeded, entries: [] }
}

function decodeHeader(reader: BinaryReader): number {
  let revision = 0
  each(reader, reader.uint32() + reader.pos, (field) => {
    if (field !== 3) return false
    revision = Number(reader.int64())
    return true
  })
  return revision
}

function decodeEntry(reader: BinaryReader): EtcdEntry {
  let [key, value, modRevision] = ['', '', 0]
  each(reader, reader.uint32() + reader.pos, (field) => {
    if (field === 1) key = reader.string()
    else if (field === 3) modRevision = Number(reader.int64())
    else if (field === 5) value = reader.string()
    else return false
    return true
  })
  return { key, value, modRevision }
}

/** `take`: reads the value of a field; false: it is none of those that matter. */
function each(reader: BinaryReader, end: number, take: (field: number) => boolean): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag()
    if (!take(field)) reader.skip(type, field)
  }
}

function tag(field: number, type: number): number {
  return (field << 3) | type
}

const VARINT = 0
const BYTES = 2
/** CompareTarget: the revision at which a key was last written. */
const MOD = 2
