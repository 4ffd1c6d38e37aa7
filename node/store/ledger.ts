import type { Write } from '../core/index.ts'
import { reasonOf } from '../reason.ts'
import { type Chunk, decodeChunk } from './chunk.ts'
import type { Disk, FrozenRows, RowChange, Rows, Snapshot } from './disk.ts'
import { Entries } from './entries.ts'
import { StoreError, WriteError } from './errors.ts'
import { Journal } from './journal.ts'
import { decodePatch, type Patch } from './patch.ts'
import { decodeRecord, decodeWrite, encodeRecord, encodeWrite } from './record.ts'
import { Sessions } from './sessions.ts'
import { type NodeState, readState, type StoreLog, stateChange } from './state.ts'
import type { IdentityWrite, ReadView, Restored } from './store.ts'

/** A write with everything decoded that could fail to be. */
type Prepared =
  | { readonly write: Exclude<Write | IdentityWrite, { type: 'merge' | 'chunk' }> }
  | { readonly write: Extract<Write, { type: 'merge' }>; readonly patch: Patch }
  | { readonly write: Extract<Write, { type: 'chunk' }>; readonly chunk: Chunk }

/**
 * What is to be written to the tables, as of one moment: all but the state and what belongs to it, which may reach the disk
 * one by one, in any order, and the state.
 */
export interface Checkpoint extends FrozenRows {
  /** What is committed last, together: from then on the log is needed behind the checkpoint's position only. */
  readonly state: readonly RowChange[]
}

/**
 * What a node knows, in memory in front of its tables: takes the core's writes, makes records of them for the log, and now
 * and then rows for the tables. Synchronous: whoever owns log and tables writes both.
 */
export class Ledger {
  readonly restored: Restored
  readonly view: ReadView
  /** Null: there is no log yet. */
  readonly log: StoreLog | null
  readonly #place: string
  readonly #journal: Journal
  readonly #entries: Entries
  readonly #sessions: Sessions
  #state: NodeState
  /** Patches that are to be merged before anybody looks at entries or sessions: see `settle`. */
  #unsettled: { readonly slot: number; readonly patch: Patch }[] = []

  /**
   * What the tables hold, and what `read` finds in the log behind them: everything that was durable. Nothing is written.
   *
   * Throws a StoreError `newer_format` or `corrupt` when what is there cannot be read.
   */
  static open(
    disk: Pick<Disk, 'place' | 'get' | 'scan' | 'snapshot'>,
    read: (log: StoreLog) => Iterable<Uint8Array>,
  ): Ledger {
    const snapshot = disk.snapshot()
    try {
      return new Ledger(disk, snapshot, read)
    } catch (thrown) {
      throw unreadable(disk.place, thrown)
    } finally {
      snapshot.release()
    }
  }

  private constructor(
    disk: Pick<Disk, 'place' | 'get' | 'scan'>,
    snapshot: Snapshot,
    read: (log: StoreLog) => Iterable<Uint8Array>,
  ) {
    const { state, accepted, log } = readState(snapshot, disk.place)
    this.log = log
    this.#place = disk.place
    this.#state = state
    this.#journal = Journal.open(snapshot, accepted)
    this.#entries = new Entries(disk)
    this.#sessions = new Sessions(disk, snapshot)
    if (log !== null) for (const record of read(log)) this.#replay(record)
    this.settle()
    const { identity, pledge, config, promised, marks, sync } = this.#state
    const recent = this.#journal.takeRestored()
    this.restored = { identity, pledge, config, promised, accepted: this.#journal.accepted, marks, sync, recent }
    const settled = (): this => {
      this.settle()
      return this
    }
    this.view = {
      get: (key) => settled().#entries.get(key),
      scan: (prefix, after) => settled().#entries.scan(prefix, after),
      session: (id) => settled().#sessions.get(id),
      idleSessions: (letter) => settled().#sessions.idle(letter),
      get revision() {
        return settled().#state.revision
      },
      get timeMs() {
        return settled().#state.timeMs
      },
    }
  }

  /** What errors call it. */
  get place(): string {
    return this.#place
  }

  /**
   * Changes what the view shows. Gives the record that makes it durable.
   *
   * Throws a WriteError on a write that cannot be read; then none of them has been made. Throws as `settle` does.
   */
  apply(writes: readonly (Write | IdentityWrite)[]): Uint8Array {
    // Before the first change: a batch that came over the wire in a form unknown here leaves no trace.
    const prepared = writes.map(prepare)
    return encodeRecord(
      prepared.map((one) => {
        const record = encodeWrite(one.write, this.#journal.accepted)
        this.#apply(one)
        return record
      }),
    )
  }

  /** Some of what was written is not merged yet. */
  get isUnsettled(): boolean {
    return this.#unsettled.length > 0
  }

  /**
   * Merges what was written. Whoever reads does it; but a node that must answer first, and has nobody who reads, can do so
   * when it has answered. Throws a StoreError `corrupt` where a row of the disk cannot be read; then the store must end.
   */
  settle(): void {
    if (this.#unsettled.length === 0) return
    for (const { slot, patch } of this.#unsettled) this.#mergePatch(slot, patch)
    // Not before: whoever comes after a failure fails as well, and is not shown half of it. Merging again does no harm.
    this.#unsettled = []
  }

  /** Of entries, sessions and decrees: how many have changed since the last `freeze`, as far as they are merged. */
  get changes(): number {
    return this.#entries.changes + this.#sessions.changes + this.#journal.changes
  }

  /** What makes the tables hold all of now, which is where `log` says: call `thaw` when they do, and not freeze before. */
  freeze(log: StoreLog): Checkpoint {
    this.settle()
    const [entries, sessions, journal] = [this.#entries.freeze(), this.#sessions.freeze(), this.#journal.freeze()]
    return {
      size: entries.size + sessions.size + journal.size,
      changes: chain(entries.changes, sessions.changes, journal.changes),
      state: [journal.accepted, stateChange(this.#state, this.#journal.accepted, log)],
    }
  }

  thaw(): void {
    this.#entries.thaw()
    this.#sessions.thaw()
  }

  /** As if all was in the tables: with every write made so far, at each call anew. */
  get rows(): Rows {
    return {
      rows: (table, after) => {
        this.settle()
        if (table === 'entries') return this.#entries.rows(after)
        if (table === 'sessions') return this.#sessions.rows(after)
        throw new Error(`the rows of ${table} are not told`)
      },
    }
  }

  #replay(record: Uint8Array): void {
    this.settle()
    for (const write of decodeRecord(record)) this.#apply(prepare(decodeWrite(write, this.#journal.accepted)))
  }

  #apply(prepared: Prepared): void {
    if ('patch' in prepared) {
      const { slot, decree } = prepared.write
      this.#unsettled.push({ slot, patch: prepared.patch })
      return this.#journal.choose(slot, decree)
    }
    if ('chunk' in prepared) {
      this.settle()
      this.#mergeChunk(prepared.chunk, prepared.write.after)
      this.#change({ sync: prepared.write.sync })
      return
    }
    const { write } = prepared
    switch (write.type) {
      case 'identity':
        this.#change({ identity: write.id })
        return
      case 'pledge':
        this.#change({ pledge: write.config })
        return
      case 'formed':
        this.#change({ config: write.config })
        return
      case 'promised':
        this.#change({ promised: write.ballot })
        return
      case 'marks': {
        const { complete, from, applied, floor } = write
        this.#change({ marks: { complete, from, applied, floor } })
        return
      }
      case 'accepted': {
        const { ballot, slot, origin, decree } = write
        this.#change({ config: decree.header.config })
        return this.#journal.accept({ ballot, slot, origin, decree })
      }
      case 'forget':
        return this.#journal.forget(write.through)
      default:
        return write satisfies never
    }
  }

  #mergePatch(slot: number, { revision, timeMs, entries, sessions }: Patch): void {
    for (const [key, entry] of entries) this.#entries.merge(key, { slot, ...entry })
    for (const [id, update] of sessions) this.#sessions.merge(id, { slot, timeMs, ...update })
    this.#advance(revision, timeMs)
  }

  #mergeChunk({ revision, timeMs, entries, sessions }: Chunk, after: number): void {
    for (const [key, entry] of entries) if (entry.slot > after) this.#entries.merge(key, entry)
    for (const [id, session] of sessions) if (session.slot > after) this.#sessions.merge(id, session)
    this.#advance(revision, timeMs)
  }

  #advance(revision: number, timeMs: number): void {
    this.#change({
      revision: Math.max(this.#state.revision, revision),
      timeMs: Math.max(this.#state.timeMs, timeMs),
    })
  }

  #change(changes: Partial<NodeState>): void {
    this.#state = { ...this.#state, ...changes }
  }
}

function* chain<T>(...parts: readonly Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part
}

/** What could not be read, as a StoreError. */
export function unreadable(place: string, thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown
  return new StoreError('corrupt', `A record in ${place} cannot be read: ${reasonOf(thrown)}.`, thrown)
}

/** Throws a WriteError on a body that is no patch, or bytes that are no chunk. */
function prepare(write: Write | IdentityWrite): Prepared {
  if (write.type === 'merge') {
    return { write, patch: decoded(`The decree of slot ${write.slot}`, () => decodePatch(write.decree.body)) }
  }
  if (write.type === 'chunk') {
    return { write, chunk: decoded('A piece of a snapshot', () => decodeChunk(write.chunk)) }
  }
  return { write }
}

/** What peers of this software's version sent is in a form that it knows. */
function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode()
  } catch (thrown) {
    const message = `${what} cannot be read: ${reasonOf(thrown)}; a newer node may have written it.`
    throw new WriteError(message, { cause: thrown })
  }
}
