import { BinaryReader } from '@bufbuild/protobuf/wire'
import { encoded, encodedBy } from '../../proto/encode.ts'
import { EntryRow, SessionRow } from '../../proto/gen/decree/v1/record.ts'
import { writeValue } from '../value-writer.ts'
import { decodeValue } from '../values.ts'
import { writeCount } from './patch.ts'
import { decodeResults, encodeResults } from './results.ts'
import type { Entry, Session } from './store.ts'

// A row's bytes depend on its content alone (results sorted, maps in key order): equal states have equal rows.

export function entryOfRow({ slot, revision, version, value }: EntryRow): Entry {
  return { slot, revision, version, value: value === undefined ? null : decodeValue(value) }
}

export function encodeEntry({ slot, revision, version, value }: Entry): Uint8Array {
  return encodedBy((writer) => {
    writeCount(writer, 8, slot)
    writeCount(writer, 16, revision)
    writeCount(writer, 24, version)
    if (value === null) return
    writer.uint32(34).fork()
    writeValue(writer, value)
    writer.join()
  })
}

/** Throws an Error on bytes that are no entry. Keeps none of the bytes. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return entryOfRow(checked(EntryRow.decode(bytes)))
}

function sessionRow({ slot, timeMs, dropped, acked, results }: Session): SessionRow {
  return { slot, timeMs, dropped, acked, results: encodeResults(results) }
}

export function sessionOfRow({ slot, timeMs, dropped, acked, results }: SessionRow): Session {
  return { slot, timeMs, dropped, acked, results: decodeResults(results) }
}

export function encodeSession(session: Session): Uint8Array {
  return encoded(SessionRow, sessionRow(session))
}

/** Throws an Error on bytes that are no session. Keeps none of the bytes. */
export function decodeSession(bytes: Uint8Array): Session {
  return sessionOfRow(checked(SessionRow.decode(bytes)))
}

/** What can be told of a row without decoding the whole. */
export interface RowGlance {
  readonly slot: number
  /** A tombstone: a key without a value, a dropped session. */
  readonly dead: boolean
}

/** Throws an Error on bytes that are no entry. */
export function glanceAtEntry(bytes: Uint8Array): RowGlance {
  const { slot, has } = glance(bytes, ENTRY_VALUE)
  return { slot, dead: !has }
}

/** Throws an Error on bytes that are no session. */
export function glanceAtSession(bytes: Uint8Array): RowGlance {
  const { slot, has } = glance(bytes, SESSION_DROPPED)
  return { slot, dead: has }
}

// The numbers of the fields in record.proto.
const SLOT = 1
const ENTRY_VALUE = 4
const SESSION_DROPPED = 3

function glance(bytes: Uint8Array, field: number): { readonly slot: number; readonly has: boolean } {
  const reader = new BinaryReader(bytes)
  let slot = 0
  let has = false
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === field) has = true
    if (number === SLOT) slot = Number(reader.uint64())
    else reader.skip(type)
  }
  return checked({ slot, has })
}

/** No row is of slot 0: that is what garbage often decodes to. */
function checked<T extends { readonly slot: number }>(row: T): T {
  if (row.slot === 0) throw new Error('a row without a slot')
  return row
}
