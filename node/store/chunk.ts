import { Chunk as WireChunk, EntryRow, SessionRow } from '../../proto/gen/decree/v1/record.ts'
import { type Row, type Snapshot, walk } from './disk.ts'
import { entryOfRow, glanceAtEntry, glanceAtSession, sessionOfRow } from './rows.ts'
import type { Entry, Session } from './store.ts'

/** A piece of a snapshot, decoded. */
export interface Chunk {
  readonly revision: number
  readonly timeMs: number
  readonly entries: readonly (readonly [key: string, entry: Entry])[]
  readonly sessions: readonly (readonly [id: string, session: Session])[]
}

/** The number of the format that `readChunk` writes. */
export const CHUNK_FORMAT = 1

/**
 * Rows of slots above `after` behind `cursor`: first the entries, then the sessions, both in key order. At least
 * one row, if there is any, then as many as stay within `bytesMax`.
 *
 * A cursor is `e` and a key or `s` and a session's id, of the last row sent; it means the same to every node.
 * Throws an Error on another cursor.
 */
export async function readChunk(
  snapshot: Snapshot,
  { revision, timeMs }: { readonly revision: number; readonly timeMs: number },
  after: number,
  cursor: string,
  bytesMax: number,
): Promise<{ readonly chunk: Uint8Array; readonly cursor: string }> {
  const chunk: WireChunk = { format: CHUNK_FORMAT, revision, timeMs, entries: [], sessions: [] }
  let bytes = 0
  let last = cursor

  // Returns false when the chunk is full.
  const take = (prefix: 'e' | 's', { key, value }: Row): boolean => {
    const size = key.length + value.length + ROW_BYTES
    if (bytes > 0 && bytes + size > bytesMax) return false
    bytes += size
    const text = Buffer.from(key).toString()
    last = prefix + text
    if (prefix === 'e') chunk.entries.push({ key: text, row: EntryRow.decode(value) })
    else chunk.sessions.push({ id: text, row: SessionRow.decode(value) })
    return true
  }
  const full = () => ({ chunk: WireChunk.encode(chunk).finish(), cursor: last })

  const from = Buffer.from(cursor.slice(1))
  if (cursor === '' || cursor.startsWith('e')) {
    for await (const rows of walk(snapshot, 'entries', from)) {
      for (const row of rows) if (glanceAtEntry(row.value).slot > after && !take('e', row)) return full()
    }
  } else if (!cursor.startsWith('s')) {
    throw new Error(`not a cursor of a snapshot: ${JSON.stringify(cursor)}`)
  }
  for await (const rows of walk(snapshot, 'sessions', cursor.startsWith('s') ? from : new Uint8Array())) {
    for (const row of rows) if (glanceAtSession(row.value).slot > after && !take('s', row)) return full()
  }
  return { chunk: WireChunk.encode(chunk).finish(), cursor: '' }
}

/** Throws an Error on bytes that are no chunk, or one of another format. */
export function decodeChunk(bytes: Uint8Array): Chunk {
  const { format, revision, timeMs, entries, sessions } = WireChunk.decode(bytes)
  if (format !== CHUNK_FORMAT) throw new Error(`a chunk of format ${format}; this software knows format ${CHUNK_FORMAT}`)
  return {
    revision,
    timeMs,
    entries: entries.map(({ key, row }) => {
      if (row === undefined) throw new Error(`a chunk without a row for the key ${JSON.stringify(key)}`)
      return [key, entryOfRow(row)]
    }),
    sessions: sessions.map(({ id, row }) => {
      if (row === undefined) throw new Error(`a chunk without a row for the session ${id}`)
      return [id, sessionOfRow(row)]
    }),
  }
}

/** What a row costs beside its key and its bytes: tags and lengths. */
const ROW_BYTES = 12
