import type { Value } from '../../lang/index.ts'
import { encoded } from '../../proto/encode.ts'
import { Patch as WirePatch } from '../../proto/gen/decree/v1/record.ts'
import { decodeValue, encodeValue } from '../values.ts'
import { decodeResults, encodeResults } from './results.ts'

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
  const entries = Array.from(patch.entries, ([key, { revision, version, value }]) => ({
    key,
    revision,
    version,
    value: value === null ? undefined : encodeValue(value),
  }))
  const sessions = Array.from(patch.sessions, ([id, { dropped, acked, results }]) => ({
    id,
    dropped,
    acked,
    results: encodeResults(results),
  }))
  const { revision, timeMs } = patch
  return encoded(WirePatch, { format: PATCH_FORMAT, revision, timeMs, entries, sessions })
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
