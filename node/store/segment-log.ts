import { StoreError } from './errors.ts'
import {
  decodeHead,
  encodeHead,
  type Frame,
  Framing,
  frameSize,
  HEAD_BYTES,
  isBegun,
  LOG_FORMAT,
  SEAL_BYTES,
  sizeInFrame,
} from './frame.ts'
import type { Log, LogPlace, LogPosition, LogReading } from './log.ts'

/** The files of a log, by the numbers of their segments. */
export interface LogFiles {
  /** What errors call them. */
  readonly place: string
  /** Numbers of the segments that are there, ascending. */
  list(): readonly number[]
  read(segment: number): Uint8Array
  /**
   * Writes into a segment, and calls `done` when the bytes are durable, perhaps at once. One write at a time: after a
   * crash each 512 bytes of it may be there or not, all else is untouched.
   */
  write(segment: number, offset: number, bytes: Uint8Array, done: () => void): void
  /**
   * Makes a segment of at least `bytes` that begins with `head`, whatever lies behind it; calls `done`, never from within,
   * when all of that is durable. A crash before leaves it or does not. It may be one that was removed.
   */
  create(segment: number, head: Uint8Array, bytes: number, done: () => void): void
  /** After a crash it may be there again. */
  remove(segment: number): void
}

export interface SegmentLogOptions {
  /** Room that is made for a segment at a time. Default 16 MiB. */
  readonly segmentBytes: number
  /** Room of a log's first segment, which a new store waits for. Default 1 MiB. */
  readonly firstSegmentBytes: number
}

export const SEGMENT_LOG_DEFAULTS: SegmentLogOptions = { segmentBytes: 16 * 2 ** 20, firstSegmentBytes: 2 ** 20 }

/** Calls `run` in a later turn, after what this one still sends. */
export type Soon = (run: () => void) => void

/** A log in segments. */
export class SegmentLogPlace implements LogPlace {
  readonly #files: LogFiles
  readonly #soon: Soon
  readonly #options: SegmentLogOptions

  constructor(files: LogFiles, soon: Soon, options: SegmentLogOptions = SEGMENT_LOG_DEFAULTS) {
    this.#files = files
    this.#soon = soon
    this.#options = options
  }

  hasRecords(): boolean {
    return this.#files.list().some((segment) => {
      const bytes = this.#files.read(segment)
      const head = decodeHead(bytes)
      return head !== null && new Framing(head.store, head.segment).hasLater(bytes, HEAD_BYTES, 0)
    })
  }

  read(store: Uint8Array, from: LogPosition): LogReading {
    return new SegmentReading(this.#files, store, from, (position, bytes, last) => {
      return new SegmentLog(this.#files, store, this.#soon, this.#options, { position, bytes, last })
    })
  }

  begin(store: Uint8Array, done: (log: Log) => void): void {
    for (const segment of this.#files.list()) this.#files.remove(segment)
    const position = { segment: 1, offset: HEAD_BYTES, sequence: 0 }
    const bytes = this.#options.firstSegmentBytes
    const head = encodeHead({ format: LOG_FORMAT, store, segment: position.segment, bytes })
    this.#files.create(position.segment, head, bytes, () => {
      done(new SegmentLog(this.#files, store, this.#soon, this.#options, { position, bytes: 0, last: 1 }))
    })
  }
}

class SegmentReading implements LogReading {
  isTorn = false
  readonly hasRemains: boolean
  readonly #files: LogFiles
  readonly #store: Uint8Array
  readonly #open: (position: LogPosition, bytes: number, last: number) => SegmentLog
  readonly #segments: readonly number[]
  #position: LogPosition
  #bytes = 0
  /** The last frame, and where it lies. */
  #latest: { readonly segment: number; readonly offset: number; readonly bytes: Uint8Array } | null = null

  constructor(
    files: LogFiles,
    store: Uint8Array,
    from: LogPosition,
    open: (position: LogPosition, bytes: number, last: number) => SegmentLog,
  ) {
    this.#files = files
    this.#store = store
    this.#position = from
    this.#open = open
    const all = files.list()
    this.#segments = all.filter((segment) => segment >= from.segment)
    this.hasRemains = all.length > this.#segments.length
    for (const [index, segment] of this.#segments.entries()) {
      if (segment !== from.segment + index) this.#refuse(`lacks segment ${from.segment + index}`)
    }
    if (this.#segments.length === 0) this.#refuse(`lacks segment ${from.segment}`)
  }

  *records(): Iterable<Uint8Array> {
    let isOver = false
    for (const segment of this.#segments) {
      const bytes = this.#segment(segment)
      const framing = new Framing(this.#store, segment)
      if (isOver) {
        if (framing.hasLater(bytes, HEAD_BYTES, 0)) this.#refuse('is damaged before its last record')
        continue
      }
      if (segment !== this.#position.segment) this.#position = { ...this.#position, segment, offset: HEAD_BYTES }
      const frames = this.#frames(bytes, framing)
      for (let next = frames.next(); ; next = frames.next()) {
        if (next.done) {
          isOver = !next.value
          break
        }
        for (const record of next.value.records) {
          this.#bytes += record.length
          yield record
        }
      }
    }
    if (!isOver) this.#refuse(`lacks segment ${this.#position.segment + 1}`)
  }

  /** From the position on, which it moves. Whether the log goes on in the next segment. */
  *#frames(bytes: Uint8Array, framing: Framing): Generator<Frame, boolean> {
    for (;;) {
      const { segment, offset, sequence } = this.#position
      const found = framing.decode(bytes, offset)
      // One write is under way at a time: only the last one can have been cut short.
      if (found === null || found.frame.sequence !== sequence + 1) {
        if (framing.hasLater(bytes, offset, sequence)) this.#refuse('is damaged before its last record')
        this.isTorn = found === null && isBegun(bytes, offset, sequence + 1)
        return false
      }
      this.#latest = { segment, offset, bytes: bytes.subarray(offset, found.end) }
      this.#position = { segment, offset: found.end, sequence: sequence + 1 }
      if (found.frame.records.length === 0) return true
      yield found.frame
    }
  }

  /** What was read may be in the operating system's memory only, written by a process that was killed. */
  resume(done: (log: Log) => void): void {
    for (const segment of this.#files.list()) {
      if (segment < (this.#segments[0] ?? 0)) this.#files.remove(segment)
    }
    const log = this.#open(this.#position, this.#bytes, this.#segments.at(-1) ?? this.#position.segment)
    const latest = this.#latest
    if (latest === null) return done(log)
    this.#files.write(latest.segment, latest.offset, latest.bytes, () => done(log))
  }

  #segment(segment: number): Uint8Array {
    const bytes = this.#files.read(segment)
    const head = decodeHead(bytes)
    if (head === null) this.#refuse(`is damaged at the beginning of segment ${segment}`)
    if (head.format > LOG_FORMAT) {
      throw new StoreError(
        'newer_format',
        `The journal in ${this.#files.place} was written by newer software, in format ${head.format}; this one reads formats up to ${LOG_FORMAT}.`,
      )
    }
    if (Buffer.compare(head.store, this.#store) !== 0) this.#refuse(`holds a segment of another store, ${segment}`)
    if (head.segment !== segment) this.#refuse(`holds segment ${head.segment} under the number ${segment}`)
    if (bytes.length < head.bytes) this.#refuse(`is cut off in segment ${segment}`)
    return bytes
  }

  #refuse(how: string): never {
    throw new StoreError('corrupt', `The journal in ${this.#files.place} ${how}.`)
  }
}

interface Waiting {
  readonly record: Uint8Array
  readonly durable: () => void
}

class SegmentLog implements Log {
  readonly #files: LogFiles
  readonly #store: Uint8Array
  readonly #soon: Soon
  readonly #options: SegmentLogOptions
  #position: LogPosition
  #bytes: number
  #framing: Framing
  #segmentBytes: number
  #waiting: Waiting[] = []
  #quiet: (() => void)[] = []
  #isWriting = false
  #isFlushDue = false
  /** The highest segment that is there, and whether the one behind it is being made. */
  #last: number
  #isCreating = false

  constructor(
    files: LogFiles,
    store: Uint8Array,
    soon: Soon,
    options: SegmentLogOptions,
    { position, bytes, last }: { readonly position: LogPosition; readonly bytes: number; readonly last: number },
  ) {
    this.#files = files
    this.#store = store
    this.#soon = soon
    this.#options = options
    this.#position = position
    this.#bytes = bytes
    this.#last = last
    this.#framing = new Framing(store, position.segment)
    this.#segmentBytes = this.#sizeOf(position.segment)
  }

  get position(): LogPosition {
    return this.#position
  }

  get bytes(): number {
    return this.#bytes
  }

  append(record: Uint8Array, durable: () => void): void {
    this.#waiting.push({ record, durable })
    this.#bytes += record.length
    this.#flushSoon()
  }

  whenQuiet(run: () => void): void {
    this.#quiet.push(run)
    this.#flush()
  }

  truncate(position: LogPosition): void {
    for (const segment of this.#files.list()) if (segment < position.segment) this.#files.remove(segment)
  }

  #sizeOf(segment: number): number {
    return segment === 1 ? this.#options.firstSegmentBytes : this.#options.segmentBytes
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#isWriting) return
    this.#isFlushDue = true
    this.#soon(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  /** Writes what waits, as one frame, as far as the segment has room. */
  #flush(): void {
    if (this.#isWriting) return
    if (this.#waiting.length === 0) {
      for (const run of this.#quiet.splice(0)) run()
      return
    }
    const room = this.#segmentBytes - this.#position.offset - SEAL_BYTES
    let count = 0
    let bytes = 0
    for (const { record } of this.#waiting) {
      const more = sizeInFrame(record.length)
      if (frameSize(bytes + more) > room && (count > 0 || this.#position.offset > HEAD_BYTES)) break
      bytes += more
      count += 1
    }
    if (count === 0) return this.#goOn()
    const frame = this.#waiting.splice(0, count)
    this.#write({ sequence: this.#position.sequence + 1, records: frame.map(({ record }) => record) }, () => {
      if (this.#position.offset > this.#segmentBytes / 2) this.#prepare()
      if (this.#waiting.length === 0) for (const run of this.#quiet.splice(0)) run()
      for (const { durable } of frame) durable()
      if (this.#waiting.length > 0) this.#flushSoon()
    })
  }

  #write(frame: Frame, done: () => void): void {
    const { segment, offset } = this.#position
    const bytes = this.#framing.encode(frame)
    this.#isWriting = true
    this.#files.write(segment, offset, bytes, () => {
      this.#isWriting = false
      this.#position = { segment, offset: offset + bytes.length, sequence: frame.sequence }
      done()
    })
  }

  /** To the next segment, as soon as it is there. What is full says so: a segment that is lost later is missed. */
  #goOn(): void {
    if (this.#last === this.#position.segment) return this.#prepare()
    this.#write({ sequence: this.#position.sequence + 1, records: [] }, () => {
      const segment = this.#position.segment + 1
      this.#position = { ...this.#position, segment, offset: HEAD_BYTES }
      this.#framing = new Framing(this.#store, segment)
      this.#segmentBytes = this.#sizeOf(segment)
      this.#flush()
    })
  }

  #prepare(): void {
    if (this.#isCreating || this.#last > this.#position.segment) return
    this.#isCreating = true
    const segment = this.#last + 1
    const bytes = this.#sizeOf(segment)
    const head = encodeHead({ format: LOG_FORMAT, store: this.#store, segment, bytes })
    this.#files.create(segment, head, bytes, () => {
      this.#isCreating = false
      this.#last = segment
      this.#flush()
    })
  }
}
