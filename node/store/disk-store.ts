import type { Write } from '../core/index.ts'
import { positionOf, readChunk } from './chunk.ts'
import { type Disk, inTurns, type Snapshot } from './disk.ts'
import { reason, StoreError, WriteError } from './errors.ts'
import { hashRows } from './hash.ts'
import { Ledger, unreadable } from './ledger.ts'
import { type NodeState, readState } from './state.ts'
import type { IdentityWrite, ReadView, Restored, Store } from './store.ts'

/**
 * A store on a disk, which it closes when it is closed.
 *
 * Throws a StoreError `newer_format` or `corrupt` when what is there cannot be read; the disk is then left open.
 */
export function openDiskStore(disk: Disk): Store {
  return new DiskStore(disk, Ledger.open(disk))
}

class DiskStore implements Store {
  readonly restored: Restored
  readonly view: ReadView
  readonly #disk: Disk
  readonly #ledger: Ledger
  /** Resolves when all commits so far are durable; rejects when one has failed. */
  #settled: Promise<void> = Promise.resolve()
  /** Why no write is taken any more. */
  #ended: Error | null = null
  readonly #reads = new Set<Promise<unknown>>()
  #closing: Promise<void> | null = null

  constructor(disk: Disk, ledger: Ledger) {
    this.#disk = disk
    this.#ledger = ledger
    this.restored = ledger.restored
    this.view = ledger.view
  }

  write(writes: readonly (Write | IdentityWrite)[]): Promise<void> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    let durable: Promise<void>
    try {
      const { changes, committed } = this.#ledger.apply(writes)
      durable = this.#disk.commit(changes).then(committed)
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
    return this.#read((snapshot, state) => inTurns(readChunk(snapshot, state, after, position, bytesMax)))
  }

  hash(): Promise<{ readonly slot: number; readonly hash: Uint8Array }> {
    return this.#read(async (snapshot, { marks }) => ({ slot: marks.applied, hash: await inTurns(hashRows(snapshot)) }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** From now on no write is taken. */
  #fail(thrown: unknown): Error {
    this.#ended ??= writeError(this.#disk.place, thrown)
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
}

/** What cannot be read is told apart from a disk that fails: then no write was tried. */
function writeError(place: string, thrown: unknown): WriteError {
  if (thrown instanceof WriteError) return thrown
  if (thrown instanceof StoreError) return new WriteError(thrown.message, { cause: thrown })
  return new WriteError(`A write to ${place} failed: ${reason(thrown)}.`, { cause: thrown })
}
