import type { Write } from '../core/index.ts'
import { type Chunk, decodeChunk, positionOf, readChunk } from './chunk.ts'
import type { Disk, RowChange, Snapshot } from './disk.ts'
import { Entries } from './entries.ts'
import { reason, StoreError } from './errors.ts'
import { hashRows } from './hash.ts'
import { type Journal, openJournal } from './journal.ts'
import { decodePatch, type Patch } from './patch.ts'
import { Sessions } from './sessions.ts'
import { type NodeState, readState, stateChange } from './state.ts'
import type { IdentityWrite, ReadView, Restored, Store } from './store.ts'

/** A write with everything decoded that could fail to be. */
type Prepared =
  | { readonly write: Exclude<Write | IdentityWrite, { type: 'merge' | 'chunk' }> }
  | { readonly write: Extract<Write, { type: 'merge' }>; readonly patch: Patch }
  | { readonly write: Extract<Write, { type: 'chunk' }>; readonly chunk: Chunk }

/**
 * A store on a disk, which it closes when it is closed.
 *
 * Throws a StoreError `newer_format` or `corrupt` when what is there cannot be read; the disk is then left open.
 */
export function openDiskStore(disk: Disk): Store {
  const snapshot = disk.snapshot()
  try {
    const { state, accepted } = readState(snapshot, disk.place)
    const { journal, recent } = openJournal(snapshot, accepted)
    const { identity, pledge, config, promised, marks, sync } = state
    const restored = { identity, pledge, config, promised, accepted: journal.accepted, marks, sync, recent }
    return new DiskStore(disk, restored, state, journal, new Sessions(snapshot))
  } catch (thrown) {
    throw unreadable(disk.place, thrown)
  } finally {
    snapshot.release()
  }
}

class DiskStore implements Store {
  readonly restored: Restored
  readonly view: ReadView
  readonly #disk: Disk
  readonly #journal: Journal
  readonly #entries: Entries
  readonly #sessions: Sessions
  #state: NodeState
  #commits = 0
  /** Resolves when all commits so far are durable; rejects when one has failed. */
  #settled: Promise<void> = Promise.resolve()
  /** Why no write is taken any more. */
  #ended: Error | null = null
  readonly #reads = new Set<Promise<unknown>>()
  #closing: Promise<void> | null = null

  constructor(disk: Disk, restored: Restored, state: NodeState, journal: Journal, sessions: Sessions) {
    this.#disk = disk
    this.restored = restored
    this.#state = state
    this.#journal = journal
    this.#sessions = sessions
    this.#entries = new Entries(disk)
    const now = (): NodeState => this.#state
    this.view = {
      get: (key) => this.#entries.get(key),
      session: (id) => sessions.get(id),
      idleSessions: (prefix) => sessions.idle(prefix),
      get revision() {
        return now().revision
      },
      get timeMs() {
        return now().timeMs
      },
    }
  }

  write(writes: readonly (Write | IdentityWrite)[]): Promise<void> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const commit = ++this.#commits
    let durable: Promise<void>
    try {
      // All that can fail on bad input comes before the first change: a batch is applied as a whole.
      const prepared = writes.map(prepare)
      const journal = prepared.flatMap((write) => this.#apply(write))
      const entries = this.#entries.collect(commit)
      const state = stateChange(this.#state, this.#journal)
      const changes = [...journal, ...entries.changes, ...this.#sessions.collect(), state]
      durable = this.#disk.commit(changes).then(entries.committed)
    } catch (thrown) {
      durable = Promise.reject(this.#fail(thrown))
    }
    const guarded = Promise.all([this.#settled, durable]).then(
      () => undefined,
      (thrown: unknown) => {
        throw this.#fail(thrown)
      },
    )
    this.#settled = guarded
    return guarded
  }

  async chunk(
    after: number,
    cursor: string,
    bytesMax: number,
  ): Promise<{ readonly chunk: Uint8Array; readonly cursor: string }> {
    const position = positionOf(cursor)
    return this.#read((snapshot, state) => readChunk(snapshot, state, after, position, bytesMax))
  }

  hash(): Promise<{ readonly slot: number; readonly hash: Uint8Array }> {
    return this.#read(async (snapshot, { marks }) => ({ slot: marks.applied, hash: await hashRows(snapshot) }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** From now on no write is taken. */
  #fail(thrown: unknown): Error {
    this.#ended ??= new Error(`A write to ${this.#disk.place} failed: ${reason(thrown)}.`, { cause: thrown })
    return this.#ended
  }

  async #close(): Promise<void> {
    this.#ended ??= new Error(`${this.#disk.place} is closed.`)
    await Promise.race([this.#disk.lost, Promise.allSettled([this.#settled, ...this.#reads])])
    await this.#disk.close()
  }

  /** Reads a snapshot that holds every write made before the call. */
  async #read<T>(read: (snapshot: Snapshot, state: NodeState) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new Error(`${this.#disk.place} is closed.`)
    const reading = this.#settled.then(async () => {
      const snapshot = this.#disk.snapshot()
      try {
        return await read(snapshot, readState(snapshot, this.#disk.place).state)
      } catch (thrown) {
        throw unreadable(this.#disk.place, thrown)
      } finally {
        snapshot.release()
      }
    })
    this.#reads.add(reading)
    try {
      return await reading
    } finally {
      this.#reads.delete(reading)
    }
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

function unreadable(place: string, thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown
  return new StoreError('corrupt', `A record in ${place} cannot be read: ${reason(thrown)}.`, thrown)
}

/** Throws an Error on a body that is no patch, or bytes that are no chunk. */
function prepare(write: Write | IdentityWrite): Prepared {
  if (write.type === 'merge') return { write, patch: decodePatch(write.decree.body) }
  if (write.type === 'chunk') return { write, chunk: decodeChunk(write.chunk) }
  return { write }
}
