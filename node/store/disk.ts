/**
 * What a store needs below it, beside a log: a few tables of rows in key (byte) order, changed by atomic commits.
 *
 * - `state`: one row, the small facts.
 * - `journal`: decrees by slot.
 * - `entries`, `sessions`: the merged state.
 */
export const TABLES = ['state', 'journal', 'entries', 'sessions'] as const

export type Table = (typeof TABLES)[number]

export interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Null deletes the row; deleting a row that is absent changes nothing. */
export interface RowChange {
  readonly table: Table
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** Changes of one moment, encoded as they are taken. */
export interface FrozenRows {
  readonly size: number
  /** Undefined now and then, where it is well to pause. */
  readonly changes: Iterable<RowChange | undefined>
}

/** The rows of one moment, whatever is committed later. */
export interface Snapshot {
  get(table: Table, key: Uint8Array): Uint8Array | undefined
  /** The rows behind `after` (empty: from the first) in key order, read as they are taken, all in one turn. */
  rows(table: Table, after: Uint8Array): Iterable<Row>
  /** Must be called once, when no reading is under way: until then the disk cannot reuse what it has replaced. */
  release(): void
}

export interface Disk {
  /** What errors call it. */
  readonly place: string
  /** A committed row. The bytes are good until the next call only. */
  get(table: Table, key: Uint8Array): Uint8Array | undefined
  /**
   * The committed rows whose keys begin with `prefix` and are behind `after` (empty: all) in key order: those of the
   * moment at which the first one is taken. To be read within one turn of the event loop, and not beyond what is
   * needed: whoever stops earlier ends the iterator (`return`), as `for` does.
   */
  scan(table: Table, prefix: Uint8Array, after: Uint8Array): Iterable<Row>
  /**
   * All changes or, after a crash, none of them. `done` is called, never from within, when they are durable, or with
   * what went wrong: then nobody knows what the disk holds, and nothing more may be asked of it. By then `get`, `scan` and new
   * snapshots show them. Commits may overlap; those under way can become durable in any order. The bytes must not be changed until then.
   */
  commit(changes: readonly RowChange[], done: (failure: unknown) => void): void
  snapshot(): Snapshot
}

/** How much is read before the event loop gets its turn: about a millisecond's work. */
const ROWS_AT_ONCE = 500
const BYTES_AT_ONCE = 256 * 1024

/** Work that pauses now and then, so that whoever has it done can do something else between. */
export type Paused<T> = Generator<undefined, T>

/** Rows that can be read in key order. */
export type Rows = Pick<Snapshot, 'rows'>

/** All rows behind `after`, in key order and in pieces; it is well to pause between them. */
export function* walk(snapshot: Rows, table: Table, after: Uint8Array): Generator<readonly Row[]> {
  let next: Uint8Array | null = after
  while (next !== null) {
    const { rows, last }: Piece = piece(snapshot.rows(table, next))
    yield rows
    next = last
  }
}

/** Does work with a turn for the event loop at each pause. */
export async function inTurns<T>(work: Paused<T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Does work without pausing. */
export function atOnce<T>(work: Paused<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

interface Piece {
  readonly rows: readonly Row[]
  /** The key to go on behind; null at the end. */
  readonly last: Uint8Array | null
}

function piece(source: Iterable<Row>): Piece {
  const rows: Row[] = []
  let bytes = 0
  for (const row of source) {
    rows.push(row)
    bytes += row.value.length
    if (rows.length >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE) return { rows, last: row.key }
  }
  return { rows, last: null }
}
