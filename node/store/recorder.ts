import type { Write } from '../core/index.ts'
import type { Disk, RowChange } from './disk.ts'
import { StoreError } from './errors.ts'
import { type Checkpoint, Ledger } from './ledger.ts'
import type { Log, LogPlace, LogPosition, LogReading } from './log.ts'
import type { IdentityWrite } from './store.ts'

/** What a recorder runs on. */
export interface RecorderHost {
  /** Calls `run` in a later turn of the event loop: whatever else waits gets its turn first. */
  soon(run: () => void): void
  /** A new name for a store: 16 bytes, at random. */
  newStore(): Uint8Array
  /** The disk has failed; nothing more is called. */
  failed(failure: unknown): void
}

/** When checkpoints are made, and how. */
export interface RecorderOptions {
  /** A checkpoint begins when this many bytes of records came since the last one … Default 32 MiB. */
  readonly checkpointBytes: number
  /** … or this many rows have changed. Default 100,000. */
  readonly checkpointRows: number
  /** Rows that are encoded and handed over in one turn: about half a millisecond's work. Default 200. */
  readonly sliceRows: number
  /** Bytes of them, at least. Default 128 KiB. */
  readonly sliceBytes: number
  /** Slices that the disk may have to write at a time. Default 16. */
  readonly slicesMax: number
}

export const RECORDER_DEFAULTS: RecorderOptions = {
  checkpointBytes: 32 * 2 ** 20,
  checkpointRows: 100_000,
  sliceRows: 200,
  sliceBytes: 128 * 1024,
  slicesMax: 16,
}

interface Held {
  readonly record: Uint8Array
  readonly durable: () => void
}

/** A checkpoint being written. */
interface Pass {
  readonly checkpoint: Checkpoint
  /** Of the log, at its moment. */
  readonly position: LogPosition
  readonly slices: Iterator<readonly RowChange[]>
  /** Who waits for it. */
  readonly done: (() => void)[]
  rowsWritten: number
  underWay: number
  isDue: boolean
}

/**
 * Keeps a ledger: makes its writes durable in the log, and brings the tables up to it in the background, a slice in a turn.
 *
 * A **checkpoint** is what the ledger held at one quiet moment, when every write was durable; later changes go before it in memory.
 * Its rows are written in any order, at last the state with the position that the log had at that moment. What a crash leaves
 * is thus an older state with some newer rows, all of which the log behind that state's position writes again: merging
 * is idempotent, and whatever is not stands in the state's own commit.
 *
 * While a checkpoint is written, writes go on as long as it keeps ahead of them; where it does not, they wait for it. So there
 * are never more than twice `checkpointRows` rows in memory, give or take a write, nor twice `checkpointBytes` of log.
 */
export class Recorder {
  readonly ledger: Ledger
  /** What its last life has left. */
  readonly recovered: Recovered
  readonly #disk: Disk
  readonly #place: LogPlace
  readonly #host: RecorderHost
  readonly #options: RecorderOptions
  #store: Uint8Array
  #log: Log | null = null
  /** Bytes of the log when the last checkpoint was begun. */
  #bytesBefore = 0
  #held: Held[] = []
  #pass: Pass | null = null
  #isBeginning = false
  #isSettlingDue = false
  #hasEnded = false
  /** Those who wait for a checkpoint that is not yet begun. */
  #wanted: (() => void)[] = []

  /**
   * Reads what is there, and changes nothing: call `begin` next.
   *
   * Throws a StoreError `newer_format` or `corrupt` when what is there cannot be read.
   */
  constructor(disk: Disk, place: LogPlace, host: RecorderHost, options: Partial<RecorderOptions> = {}) {
    this.#disk = disk
    this.#place = place
    this.#host = host
    this.#options = { ...RECORDER_DEFAULTS, ...options }
    this.recovered = recover(disk, place)
    this.ledger = this.recovered.ledger
    this.#store = this.ledger.log?.store ?? new Uint8Array()
  }

  /** Makes certain that what was read is durable, and the log if there is none. Nothing else may be called before `ready` is. */
  begin(ready: () => void): void {
    const go = (log: Log): void => {
      this.#log = log
      ready()
      this.#beginIfDue()
    }
    const { reading } = this.recovered
    if (reading !== null) return reading.resume(go)
    this.#store = this.#host.newStore()
    this.#place.begin(this.#store, (log) => {
      const { changes, state } = this.ledger.freeze({ store: this.#store, position: log.position })
      const rows = [...changes].filter((change) => change !== undefined)
      this.#commit([...rows, ...state], () => {
        this.ledger.thaw()
        go(log)
      })
    })
  }

  /**
   * Applies the writes, at once; `durable` is called later, never from within.
   *
   * Throws as the ledger does; then the store must end.
   */
  write(writes: readonly (Write | IdentityWrite)[], durable: () => void): void {
    const record = this.ledger.apply(writes)
    this.#held.push({ record, durable })
    this.#release()
    this.#beginIfDue()
    if (this.ledger.isUnsettled) this.#settleSoon()
  }

  /** In a turn behind the one in which the log makes the record durable: what waits for that leaves before. */
  #settleSoon(): void {
    if (this.#isSettlingDue) return
    this.#isSettlingDue = true
    this.#host.soon(() =>
      this.#host.soon(() => {
        this.#isSettlingDue = false
        if (this.#hasEnded) return
        try {
          this.ledger.settle()
        } catch (thrown) {
          this.#host.failed(thrown)
        }
      }),
    )
  }

  /** Calls `done` when the tables hold all writes made so far. */
  checkpoint(done: () => void): void {
    this.#wanted.push(done)
    this.#beginIfDue()
  }

  /** No checkpoint is begun any more, and none goes on. */
  end(): void {
    this.#hasEnded = true
  }

  /** The tables lack something, or are being written. */
  get hasNews(): boolean {
    return this.#pass !== null || this.#theLog().bytes > this.#bytesBefore
  }

  /** A checkpoint is being written. */
  get isWriting(): boolean {
    return this.#pass !== null
  }

  /** Writes wait for it. */
  get isHolding(): boolean {
    return this.#held.length > 0
  }

  /** To the log, as far as the checkpoint under way keeps ahead. */
  #release(): void {
    const log = this.#theLog()
    while (!this.#isBehind()) {
      const next = this.#held.shift()
      if (next === undefined) return
      log.append(next.record, next.durable)
    }
  }

  /** The part of a checkpoint that is written, and a quarter, is what may have come meanwhile of the next. */
  #isBehind(): boolean {
    const pass = this.#pass
    if (pass === null) return false
    return this.#load() > 0.25 + (0.75 * pass.rowsWritten) / Math.max(1, pass.checkpoint.size)
  }

  /** What has come since the last checkpoint was begun; 1: enough for another. */
  #load(): number {
    const { checkpointBytes, checkpointRows } = this.#options
    const bytes = this.#theLog().bytes - this.#bytesBefore
    return Math.max(bytes / checkpointBytes, this.ledger.changes / checkpointRows)
  }

  #theLog(): Log {
    if (this.#log === null) throw new Error(`the log in ${this.ledger.place} is not open yet`)
    return this.#log
  }

  /** Null: what is to be written cannot be read, and the store ends. */
  #frozen(position: LogPosition): Checkpoint | null {
    try {
      return this.ledger.freeze({ store: this.#store, position })
    } catch (thrown) {
      this.#host.failed(thrown)
      return null
    }
  }

  #beginIfDue(): void {
    if (this.#pass !== null || this.#isBeginning) return
    if (this.#wanted.length === 0 && this.#load() < 1) return
    const log = this.#theLog()
    this.#isBeginning = true
    log.whenQuiet(() => {
      this.#isBeginning = false
      if (this.#hasEnded) return
      this.#bytesBefore = log.bytes
      const { position } = log
      const checkpoint = this.#frozen(position)
      if (checkpoint === null) return
      const [slices, done] = [this.#slices(checkpoint), this.#wanted.splice(0)]
      this.#pass = { checkpoint, position, slices, done, rowsWritten: 0, underWay: 0, isDue: false }
      this.#stepSoon(this.#pass)
    })
  }

  #stepSoon(pass: Pass): void {
    if (pass.isDue) return
    pass.isDue = true
    this.#host.soon(() => {
      pass.isDue = false
      this.#step(pass)
    })
  }

  #step(pass: Pass): void {
    if (this.#hasEnded || pass.underWay >= this.#options.slicesMax) return
    const slice = pass.slices.next()
    if (slice.done) {
      if (pass.underWay === 0) this.#finish(pass)
      return
    }
    if (slice.value.length === 0) return this.#stepSoon(pass)
    pass.underWay += 1
    this.#commit(slice.value, () => {
      pass.underWay -= 1
      pass.rowsWritten += slice.value.length
      this.#release()
      this.#stepSoon(pass)
    })
    this.#stepSoon(pass)
  }

  #finish(pass: Pass): void {
    this.#commit(pass.checkpoint.state, () => {
      this.ledger.thaw()
      this.#pass = null
      this.#theLog().truncate(pass.position)
      this.#release()
      for (const done of pass.done) done()
      this.#beginIfDue()
    })
  }

  *#slices({ changes }: Checkpoint): Generator<readonly RowChange[]> {
    const { sliceRows, sliceBytes } = this.#options
    let slice: RowChange[] = []
    let bytes = 0
    for (const change of changes) {
      if (change === undefined) {
        yield []
        continue
      }
      slice.push(change)
      bytes += change.value?.length ?? 0
      if (slice.length < sliceRows && bytes < sliceBytes) continue
      yield slice
      slice = []
      bytes = 0
    }
    if (slice.length > 0) yield slice
  }

  #commit(changes: readonly RowChange[], done: () => void): void {
    this.#disk.commit(changes, (failure) => {
      if (failure === null) done()
      else this.#host.failed(failure)
    })
  }
}

/** What is found when a store is opened. */
export interface Recovered {
  readonly ledger: Ledger
  /** Null: there is no log yet. */
  readonly reading: LogReading | null
  /** Records that lay behind the tables. */
  readonly records: number
}

/**
 * What is in the tables and in the log behind them; nothing is written.
 *
 * Throws a StoreError `newer_format` or `corrupt`.
 */
export function recover(disk: Pick<Disk, 'place' | 'get' | 'scan' | 'snapshot'>, place: LogPlace): Recovered {
  let reading: LogReading | null = null
  let records = 0
  const ledger = Ledger.open(disk, function* ({ store, position }) {
    reading = place.read(store, position)
    for (const record of reading.records()) {
      records += 1
      yield record
    }
  })
  // A log is written to only when the tables name it.
  if (reading === null && place.hasRecords()) {
    throw new StoreError('corrupt', `The journal in ${disk.place} belongs to a data file that is not there.`)
  }
  return { ledger, reading, records }
}
