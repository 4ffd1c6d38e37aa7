import type { Write } from '../core/index.ts'
import { reasonOf } from '../reason.ts'
import { positionOf, readChunk } from './chunk.ts'
import { type Disk, inTurns } from './disk.ts'
import { StoreError, WriteError } from './errors.ts'
import { hashRows } from './hash.ts'
import { unreadable } from './ledger.ts'
import type { LogPlace } from './log.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'
import { readState } from './state.ts'
import type { IdentityWrite, ReadView, Restored, Store } from './store.ts'

/** What a store is kept on. */
export interface Medium {
  /** What errors call it. */
  readonly place: string
  readonly disk: Disk
  readonly log: LogPlace
  /** Tells, once, that the disk has failed. */
  onFailure: (failure: unknown) => void
  /** Resolves if the medium is taken away: nothing that is under way ends after that. */
  readonly lost: Promise<void>
  /** After all that is under way has ended. */
  close(): Promise<void>
}

export interface DiskStoreOptions extends RecorderOptions {
  /** Whether a store that is closed leaves nothing in its log. Default true. */
  readonly checkpointsOnClose: boolean
}

/**
 * A store on a medium, which it closes when it is closed.
 *
 * Rejects with a StoreError `newer_format` or `corrupt` when what is there cannot be read, and with a WriteError when what
 * must be written cannot be; the medium is then left open.
 */
export async function openDiskStore(
  medium: Medium,
  newStore: () => Uint8Array,
  options: Partial<DiskStoreOptions> = {},
): Promise<Store> {
  let fail: (failure: unknown) => void = () => undefined
  medium.onFailure = (failure) => fail(failure)
  const host = { soon: (run: () => void) => void setImmediate(run), newStore, failed: medium.onFailure }
  const recorder = new Recorder(medium.disk, medium.log, host, options)
  await new Promise<void>((resolve, reject) => {
    fail = (failure) => reject(writeError(medium.place, failure))
    recorder.begin(resolve)
  })
  const store = new DiskStore(medium, recorder, options.checkpointsOnClose ?? true)
  fail = (failure) => store.fail(failure)
  return store
}

class DiskStore implements Store {
  readonly restored: Restored
  readonly view: ReadView
  readonly #medium: Medium
  readonly #recorder: Recorder
  readonly #checkpointsOnClose: boolean
  /** Who is told of a failure, of those whose writes are under way. */
  readonly #writing = new Set<(error: Error) => void>()
  /** Why no write is taken any more. */
  #ended: Error | null = null
  #hasFailed = false
  readonly #reads = new Set<Promise<unknown>>()
  /** Resolves when no write is under way. */
  #idle: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(medium: Medium, recorder: Recorder, checkpointsOnClose: boolean) {
    this.#medium = medium
    this.#recorder = recorder
    this.#checkpointsOnClose = checkpointsOnClose
    this.restored = recorder.ledger.restored
    this.view = recorder.ledger.view
  }

  write(writes: readonly (Write | IdentityWrite)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended)
      this.#writing.add(reject)
      try {
        this.#recorder.write(writes, () => {
          this.#over(reject)
          resolve()
        })
      } catch (thrown) {
        this.fail(thrown)
      }
    })
  }

  async chunk(
    after: number,
    cursor: string,
    bytesMax: number,
  ): Promise<{ readonly chunk: Uint8Array; readonly cursor: string }> {
    const position = positionOf(cursor)
    const { rows, view } = this.#recorder.ledger
    return this.#read(() => inTurns(readChunk(rows, view, after, position, bytesMax)))
  }

  hash(): Promise<{ readonly slot: number; readonly hash: Uint8Array }> {
    return this.#read(async () => {
      const { disk, place } = this.#medium
      // At that moment the tables hold exactly what the checkpoint was of.
      const snapshot = await this.#checkpoint(() => disk.snapshot())
      try {
        const { marks } = readState(snapshot, place).state
        return { slot: marks.applied, hash: await inTurns(hashRows(snapshot)) }
      } finally {
        snapshot.release()
      }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** From now on no write is taken; those under way have failed. */
  fail(thrown: unknown): void {
    const error = writeError(this.#medium.place, thrown)
    this.#hasFailed = true
    this.#ended ??= error
    this.#recorder.end()
    for (const reject of this.#writing) reject(error)
    this.#writing.clear()
    this.#idle?.()
  }

  #over(reject: (error: Error) => void): void {
    this.#writing.delete(reject)
    if (this.#writing.size === 0) this.#idle?.()
  }

  async #close(): Promise<void> {
    this.#ended ??= new Error(`${this.#medium.place} is closed.`)
    await Promise.race([this.#medium.lost, this.#settle()])
    this.#recorder.end()
    await this.#medium.close()
  }

  /** All that is under way has ended. */
  async #settle(): Promise<void> {
    if (this.#writing.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    await Promise.allSettled([...this.#reads])
    if (!this.#checkpointsOnClose || this.#hasFailed || !this.#recorder.hasNews) return
    // Where this fails, the log still has everything.
    await this.#checkpoint(() => undefined).catch(() => undefined)
  }

  /** Calls `act` at the moment when the tables hold all that was written before this call. */
  #checkpoint<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#hasFailed) return reject(this.#ended)
      this.#writing.add(reject)
      this.#recorder.checkpoint(() => {
        this.#over(reject)
        try {
          resolve(act())
        } catch (thrown) {
          reject(thrown)
        }
      })
    })
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new Error(`${this.#medium.place} is closed.`)
    const reading = read().catch((thrown: unknown) => {
      throw thrown instanceof WriteError ? thrown : unreadable(this.#medium.place, thrown)
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
  return new WriteError(`A write to ${place} failed: ${reasonOf(thrown)}.`, { cause: thrown })
}
