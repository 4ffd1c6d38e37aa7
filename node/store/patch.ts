import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Value } from '../../lang/index.ts'
import { encodedBy } from '../../proto/encode.ts'
import { Patch as WirePatch } from '../../proto/gen/decree/v1/record.ts'
import { writeValue } from '../value-writer.ts'
import { decodeValue } from '../values.ts'
import { decodeResults, inOrder } from './results.ts'

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

/** Throws an Error on bytes that are no patch, or one of another format. */
export function decodePatch(bytes: Uint8Array): Patch {
  const { format, revision, timeMs, entries, sessions } = WirePatch.decode(bytes)
  if (format !== PATCH_FORMAT)
    throw new Error(`a patch of format ${format}; this software knows format ${PATCH_FORMAT}`)
  return {
    revision,
    timeMs,
    entries: new Map(
      entries.map(({ key, revision, version, value }) => [
        key,
        { revision, version, value: value === undefined ? null : decodeValue(value) },
      ]),
    ),
    sessions: new Map(
      sessions.map(({ id, dropped, acked, results }) => [id, { dropped, acked, results: decodeResults(results) }]),
    ),
  }
}
