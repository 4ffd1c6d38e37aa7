/**
 * A write-ahead log: a store's writes as records, in order, each durable before anybody relies on it. What is made of them
 * is written to the store's tables later; until then the records are what a crash leaves of it.
 */
export interface Log {
  /**
   * Adds a record. `durable` is called when it is on the disk, with all before it, never from within. Records that wait at
   * the same time become durable together.
   */
  append(record: Uint8Array, durable: () => void): void
  /** Calls `run` at a moment when no record waits, perhaps at once; then `position` stands behind all of them. */
  whenQuiet(run: () => void): void
  /** Behind the last durable record. */
  readonly position: LogPosition
  /** All bytes of records so far, those that were read when it was opened included. */
  readonly bytes: number
  /** What lies before this position is no longer needed. */
  truncate(position: LogPosition): void
}

/** A place between two frames of a log. */
export interface LogPosition {
  readonly segment: number
  readonly offset: number
  /** Of the last frame before it. */
  readonly sequence: number
}

/** Where a log is kept. */
export interface LogPlace {
  /** Whether any record is there, of whichever store. */
  hasRecords(): boolean
  /** What lies behind `from`. Throws a StoreError `corrupt`, here or when it is read. */
  read(store: Uint8Array, from: LogPosition): LogReading
  /** Begins a log, empty, in place of all that is there, and calls `done` with it when that is durable. */
  begin(store: Uint8Array, done: (log: Log) => void): void
}

/** A log being read after its store was opened. */
export interface LogReading {
  /** In order. Read once, and to the end. */
  records(): Iterable<Uint8Array>
  /** Then: goes on behind the last one. `done` is called when all that was read is certain to be on the disk. */
  resume(done: (log: Log) => void): void
  /** The last write was cut short by a crash; nobody was told that it was durable. */
  readonly isTorn: boolean
  /** Something from before `from` is still there. */
  readonly hasRemains: boolean
}
