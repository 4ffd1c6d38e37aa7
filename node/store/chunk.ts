import { EntryRow, SessionRow, Chunk as WireChunk } from '../../proto/gen/decree/v1/record.ts'
import { type Paused, type Row, type Rows, walk } from './disk.ts'
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

/** Where a chunk begins: behind the row `key` of `table`, behind nothing if the key is empty. */
export interface Position {
  readonly table: 'entries' | 'sessions'
  readonly key: Uint8Array
}

/**
 * A cursor is `e` and a key or `s` and a session's id, of the last row sent; it means the same to every node. An
 * empty one is the start. Throws an Error on another.
 */
export function positionOf(cursor: string): Position {
  const key = Buffer.from(cursor.slice(1))
  if (cursor === '' || cursor.startsWith('e')) return { table: 'entries', key }
  if (cursor.startsWith('s')) return { table: 'sessions', key }
  throw new Error(`not a cursor of a snapshot: ${JSON.stringify(cursor)}`)
}

/**
 * How many rows one chunk looks at. Where few of many rows are new, the asker gets an empty chunk and a cursor now and
 * then, instead of silence while the whole store is read.
 */
export const CHUNK_ROWS_SEEN_MAX = 20_000

/**
 * Rows of slots above `after` behind `position`, as they are when they are read: first the entries, then the sessions, both in key order; as many as
 * stay within `bytesMax`, and one that is larger alone. May hold none although more follow. The cursor is empty at the end.
 *
 * Throws an Error on a row that cannot be read.
 */
export function* readChunk(
  source: Rows,
  state: { readonly revision: number; readonly timeMs: number },
  after: number,
  position: Position,
  bytesMax: number,
): Paused<{ readonly chunk: Uint8Array; readonly cursor: string }> {
  const chunk: WireChunk = { format: CHUNK_FORMAT, revision: 0, timeMs: 0, entries: [], sessions: [] }
  const done = (cursor: string) => {
    // In the end: no row is newer.
    const { revision, timeMs } = state
    return { chunk: WireChunk.encode({ ...chunk, revision, timeMs }).finish(), cursor }
  }
  let bytes = 0
  let seen = 0
  let last: { readonly table: 'e' | 's'; readonly key: Uint8Array } | null = null
  const cursor = () => (last === null ? '' : `${last.table}${Buffer.from(last.key).toString()}`)

  const hasRoom = ({ key, value }: Row): boolean => {
    const size = key.length + value.length + ROW_BYTES
    if (bytes > 0 && bytes + size > bytesMax) return false
    bytes += size
    return true
  }

  let from = position.key
  if (position.table === 'entries') {
    for (const rows of walk(source, 'entries', from)) {
      for (const row of rows) {
        if (seen >= CHUNK_ROWS_SEEN_MAX) return done(cursor())
        if (glanceAtEntry(row.value).slot > after) {
          if (!hasRoom(row)) return done(cursor())
          chunk.entries.push({ key: Buffer.from(row.key).toString(), row: EntryRow.decode(row.value) })
        }
        seen += 1
        last = { table: 'e', key: row.key }
      }
      yield
    }
    from = new Uint8Array()
  }
  for (const rows of walk(source, 'sessions', from)) {
    for (const row of rows) {
      if (seen >= CHUNK_ROWS_SEEN_MAX) return done(cursor())
      if (glanceAtSession(row.value).slot > after) {
        if (!hasRoom(row)) return done(cursor())
        chunk.sessions.push({ id: Buffer.from(row.key).toString(), row: SessionRow.decode(row.value) })
      }
      seen += 1
      last = { table: 's', key: row.key }
    }
    yield
  }
  return done('')
}

/** Throws an Error on bytes that are no chunk, or one of another format. */
export function decodeChunk(bytes: Uint8Array): Chunk {
  const { format, revision, timeMs, entries, sessions } = WireChunk.decode(bytes)
  if (format !== CHUNK_FORMAT)
    throw new Error(`a chunk of format ${format}; this software knows format ${CHUNK_FORMAT}`)
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
