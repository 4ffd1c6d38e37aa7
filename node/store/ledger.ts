import type { Write } from '../core/index.ts'
import { type Chunk, decodeChunk } from './chunk.ts'
import type { Disk, RowChange, Snapshot } from './disk.ts'
import { Entries } from './entries.ts'
import { reason, StoreError, WriteError } from './errors.ts'
import { type Journal, openJournal } from './journal.ts'
import { decodePatch, type Patch } from './patch.ts'
import { Sessions } from './sessions.ts'
import { type NodeState, readState, stateChange } from './state.ts'
import type { IdentityWrite, ReadView, Restored } from './store.ts'

/** A write with everything decoded that could fail to be. */
type Prepared =
  | { readonly write: Exclude<Write | IdentityWrite, { type: 'merge' | 'chunk' }> }
  | { readonly write: Extract<Write, { type: 'merge' }>; readonly patch: Patch }
  | { readonly write: Extract<Write, { type: 'chunk' }>; readonly chunk: Chunk }

/**
 * What a node knows, in memory in front of its disk: turns the core's writes into rows. Synchronous: whoever owns the
 * disk commits the rows, and says when they are durable.
 */
export class Ledger {
  readonly restored: Restored
  readonly view: ReadView
  readonly #journal: Journal
  readonly #entries: Entries
  readonly #sessions: Sessions
  #state: NodeState
  #commits = 0

  /**
   * Everything that was durable when `disk` was opened.
   *
   * Throws a StoreError `newer_format` or `corrupt` when what is there cannot be read.
   */
  static open(disk: Pick<Disk, 'place' | 'get' | 'scan' | 'snapshot'>): Ledger {
    const snapshot = disk.snapshot()
    try {
      return new Ledger(disk, snapshot)
    } catch (thrown) {
      throw unreadable(disk.place, thrown)
    } finally {
      snapshot.release()
    }
  }

  private constructor(disk: Pick<Disk, 'place' | 'get' | 'scan'>, snapshot: Snapshot) {
    const { state, accepted } = readState(snapshot, disk.place)
    const { journal, recent } = openJournal(snapshot, accepted)
    const { identity, pledge, config, promised, marks, sync } = state
    this.restored = { identity, pledge, config, promised, accepted: journal.accepted, marks, sync, recent }
    this.#state = state
    this.#journal = journal
    this.#entries = new Entries(disk)
    this.#sessions = new Sessions(snapshot)
    const sessions = this.#sessions
    const now = (): NodeState => this.#state
    this.view = {
      get: (key) => this.#entries.get(key),
      scan: (prefix, after) => this.#entries.scan(prefix, after),
      session: (id) => sessions.get(id),
      idleSessions: (letter) => sessions.idle(letter),
      get revision() {
        return now().revision
      },
      get timeMs() {
        return now().timeMs
      },
    }
  }

  /**
   * Changes what the view shows. Gives the rows that make it durable, as one commit, and what to call when they are.
   *
   * Throws a WriteError on a write that cannot be read; then none of them has been made. Throws a StoreError `corrupt`
   * where a row of the disk that they meet cannot be read; then some have been made, and the store must end.
   */
  apply(writes: readonly (Write | IdentityWrite)[]): {
    readonly changes: readonly RowChange[]
    readonly committed: () => void
  } {
    // Before the first change: a batch that came over the wire in a form unknown here leaves no trace.
    const prepared = writes.map(prepare)
    const journal = prepared.flatMap((write) => this.#apply(write))
    const entries = this.#entries.collect(++this.#commits)
    const state = stateChange(this.#state, this.#journal)
    const changes = [...journal, ...entries.changes, ...this.#sessions.collect(), state]
    return { changes, committed: entries.committed }
  }

  /** Changes what the view shows; returns what must go to the journal. */
  #apply(prepared: Prepared): readonly RowChange[] {
    if ('patch' in prepared) {
      const { slot, decree } = prepared.write
      this.#mergePatch(slot, prepared.patch)
      return this.#journal.choose(slot, decree)
    }
    if ('chunk' in prepared) {
      this.#mergeChunk(prepared.chunk, prepared.write.after)
      this.#change({ sync: prepared.write.sync })
      return []
    }
    const { write } = prepared
    switch (write.type) {
      case 'identity':
        this.#change({ identity: write.id })
        return []
      case 'pledge':
        this.#change({ pledge: write.config })
        return []
      case 'formed':
        this.#change({ config: write.config })
        return []
      case 'promised':
        this.#change({ promised: write.ballot })
        return []
      case 'marks': {
        const { complete, from, applied, floor } = write
        this.#change({ marks: { complete, from, applied, floor } })
        return []
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

/** What could not be read, as a StoreError. */
export function unreadable(place: string, thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown
  return new StoreError('corrupt', `A record in ${place} cannot be read: ${reason(thrown)}.`, thrown)
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
    const message = `${what} cannot be read: ${reason(thrown)}; a newer node may have written it.`
    throw new WriteError(message, { cause: thrown })
  }
}
