import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Value } from '../../lang/index.ts'
import { encodedBy } from '../../proto/encode.ts'
import { WireReader } from '../../proto/reader.ts'
import { asBytes } from '../records.ts'
import { ValueReader } from '../value-reader.ts'
import { writeValue } from '../value-writer.ts'
import { inOrder } from './results.ts'

/** The number of the format that `encodePatch` writes. */
export const PATCH_FORMAT = 1

/** What a batch of transactions changes: the body of a decree. */
export interface Patch {
  /** The last revision given out, by this batch or before it. */
  readonly revision: number
  /** The batch's time, ms since 1970; never below that of an earlier slot. */
  readonly timeMs: number
  readonly entries: ReadonlyMap<string, PatchEntry>
  readonly sessions: ReadonlyMap<string, SessionUpdate>
}

/** A key's new state; its slot is the decree's. */
export interface PatchEntry {
  readonly revision: number
  /** Puts since the one that created the key (0); 0 for a tombstone. */
  readonly version: number
  /** Null is a tombstone. */
  readonly value: Value
}

/** What a patch adds to a session. */
export interface SessionUpdate {
  /** A tombstone: the session has expired. */
  readonly dropped: boolean
  /** Every request numbered below this is settled. */
  readonly acked: number
  /** Encoded results by request number. */
  readonly results: ReadonlyMap<number, Uint8Array>
}

/** The bytes of a decree's body. Throws an Error on a value that cannot be encoded (see `encodeValue`). */
export function encodePatch(patch: Patch): Uint8Array {
  return encodedBy((writer) => {
    writer.uint32(8).uint32(PATCH_FORMAT)
    writeCount(writer, 16, patch.revision)
    writeCount(writer, 24, patch.timeMs)
    for (const [key, entry] of patch.entries) writeEntry(writer, key, entry)
    for (const [id, update] of patch.sessions) writeSession(writer, id, update)
  })
}

function writeEntry(writer: BinaryWriter, key: string, { revision, version, value }: PatchEntry): void {
  writer.uint32(34).fork()
  if (key !== '') writer.uint32(10).string(key)
  writeCount(writer, 16, revision)
  writeCount(writer, 24, version)
  if (value !== null) {
    writer.uint32(34).fork()
    writeValue(writer, value)
    writer.join()
  }
  writer.join()
}

function writeSession(writer: BinaryWriter, id: string, { dropped, acked, results }: SessionUpdate): void {
  writer.uint32(42).fork()
  if (id !== '') writer.uint32(10).string(id)
  if (dropped) writer.uint32(16).bool(true)
  writeCount(writer, 24, acked)
  for (const [number, result] of inOrder(results)) {
    writer.uint32(34).fork()
    writeCount(writer, 8, number)
    if (result.length > 0) writer.uint32(18).bytes(result)
    writer.join()
  }
  writer.join()
}

/** Proto's way with a number: 0 is not written. */
export function writeCount(writer: BinaryWriter, tag: number, count: number): void {
  if (count !== 0) writer.uint32(tag).uint64(count)
}

/** Throws an Error on bytes that are no patch, or one of another format. Keeps none of the bytes. */
export function decodePatch(bytes: Uint8Array): Patch {
  const reader = new WireReader(bytes)
  const values = new ValueReader(reader, Number.POSITIVE_INFINITY)
  const entries = new Map<string, PatchEntry>()
  const sessions = new Map<string, SessionUpdate>()
  let [format, revision, timeMs] = [0, 0, 0]
  reader.message(bytes.length, (tag) => {
    if (tag === 34) readEntry(reader, reader.partEnd(bytes.length), values, entries)
    else if (tag === 42) readSession(reader, reader.partEnd(bytes.length), sessions)
    else if (tag === 8) format = reader.uint32()
    else if (tag === 16) revision = reader.count()
    else if (tag === 24) timeMs = reader.count()
    else return false
    return true
  })
  if (format !== PATCH_FORMAT)
    throw new Error(`a patch of format ${format}; this software knows format ${PATCH_FORMAT}`)
  return { revision, timeMs, entries, sessions }
}

function readEntry(reader: WireReader, end: number, values: ValueReader, entries: Map<string, PatchEntry>): void {
  let key = ''
  let [revision, version] = [0, 0]
  let value: Value = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 10) key = reader.string()
    else if (tag === 16) revision = reader.count()
    else if (tag === 24) version = reader.count()
    else if (tag === 34) value = values.value(reader.partEnd(end))
    else reader.pass(tag, end)
  }
  reader.ends(end)
  entries.set(key, { revision, version, value })
}

function readSession(reader: WireReader, end: number, sessions: Map<string, SessionUpdate>): void {
  let [id, dropped, acked] = ['', false, 0]
  const results = new Map<number, Uint8Array>()
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 34) readResult(reader, reader.partEnd(end), results)
    else if (tag === 10) id = reader.string()
    else if (tag === 16) dropped = reader.bool()
    else if (tag === 24) acked = reader.count()
    else reader.pass(tag, end)
  }
  reader.ends(end)
  sessions.set(id, { dropped, acked, results })
}

function readResult(reader: WireReader, end: number, results: Map<number, Uint8Array>): void {
  let number = 0
  let result: Uint8Array = NO_RESULT
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 8) number = reader.count()
    // A copy: results are held much longer than the decree that they came with.
    else if (tag === 18) result = asBytes(Buffer.from(reader.bytes()))
    else reader.pass(tag, end)
  }
  reader.ends(end)
  results.set(number, result)
}

const NO_RESULT = new Uint8Array()
