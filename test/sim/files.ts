import type { LogFiles } from '../../node/store/segment-log.ts'
import type { Random } from '../support/random.ts'
import type { CrashKind, DiskFailure, DiskUser } from './disk.ts'

/** Written whole or not at all. Real sectors are larger; of smaller ones a small write has several, of which some are lost. */
const SECTOR_BYTES = 64

/** A write that nobody knows to be on the disk. */
interface Write {
  readonly segment: number
  readonly offset: number
  readonly bytes: Uint8Array
  readonly landed: () => void
  /** Syncing writes it: not so after a sync that has failed, which takes it for written. */
  isDirty: boolean
}

/** Waits as long as the disk takes (a share of its usual time), then says whether the disk fails. */
type Take = (run: (failure: DiskFailure | null) => void, share: number) => void

/** The files of a log on a simulated disk, and the operating system's memory of what is not yet on it. */
export class SimFiles {
  readonly #place: string
  readonly #random: Random
  /** As they are on the disk. */
  readonly #files = new Map<number, Uint8Array>()
  /** As the operating system shows them: with what is not on the disk. */
  #writes: Write[] = []
  /** Removed, and there again after a power cut perhaps. */
  readonly #removed = new Map<number, Uint8Array>()

  constructor(place: string, random: Random) {
    this.#place = place
    this.#random = random
  }

  open(take: Take, user: DiskUser): LogFiles {
    return {
      place: this.#place,
      list: () => this.#list(),
      read: (segment) => this.#shown(segment),
      write: (segment, offset, bytes, done) => {
        const write = { segment, offset, bytes, landed: user.wrote(bytes), isDirty: true }
        this.#writes.push(write)
        take((failure) => {
          if (failure === null) this.#sync()
          else if (failure === 'full') this.#writes.pop()
          else write.isDirty = false
          user.act(() => (failure === null ? done() : user.failed(failure)))
        }, 1)
      },
      create: (segment, head, bytes, done) => {
        take((failure) => {
          if (failure === null) this.#create(segment, head, bytes)
          user.act(() => (failure === null ? done() : user.failed(failure)))
        }, 3)
      },
      remove: (segment) => {
        this.#writes = this.#writes.filter((write) => write.segment !== segment)
        const bytes = this.#files.get(segment)
        if (bytes !== undefined) this.#removed.set(segment, bytes)
        this.#files.delete(segment)
      },
    }
  }

  /** As after a power cut. */
  durable(refuse: () => never): LogFiles {
    return {
      place: this.#place,
      list: () => this.#list(),
      read: (segment) => this.#file(segment),
      write: refuse,
      create: refuse,
      remove: refuse,
    }
  }

  crash(kind: CrashKind): void {
    if (kind === 'kill') return
    const writes = this.#writes
    this.#writes = []
    for (const write of writes) {
      const share = this.#random.pick([0, 0.5, 0.5, 1])
      for (let from = 0; from < write.bytes.length; ) {
        const end = Math.min(write.bytes.length, from + SECTOR_BYTES - ((write.offset + from) % SECTOR_BYTES))
        if (this.#random.chance(share)) this.#put(write.segment, write.offset + from, write.bytes.subarray(from, end))
        from = end
      }
    }
    this.#tell(writes)
    for (const [segment, bytes] of this.#removed) {
      if (!this.#files.has(segment) && this.#random.chance(0.3)) this.#files.set(segment, bytes)
    }
    this.#removed.clear()
  }

  #list(): readonly number[] {
    return [...this.#files.keys()].sort((a, b) => a - b)
  }

  #file(segment: number): Uint8Array {
    const bytes = this.#files.get(segment)
    if (bytes === undefined) throw new Error(`${this.#place} has no segment ${segment}`)
    return bytes
  }

  #shown(segment: number): Uint8Array {
    let bytes = this.#file(segment)
    for (const write of this.#writes) if (write.segment === segment) bytes = written(bytes, write.offset, write.bytes)
    return bytes
  }

  #sync(): void {
    const writes = this.#writes
    this.#writes = []
    for (const { segment, offset, bytes, isDirty } of writes) if (isDirty) this.#put(segment, offset, bytes)
    this.#tell(writes)
  }

  /** Those that are on the disk by now: by their own doing, or because they were written again. */
  #tell(writes: readonly Write[]): void {
    for (const { segment, offset, bytes, landed } of writes) {
      const there = this.#files.get(segment)?.subarray(offset, offset + bytes.length)
      if (there !== undefined && Buffer.compare(there, bytes) === 0) landed()
    }
  }

  #put(segment: number, offset: number, bytes: Uint8Array): void {
    const file = this.#file(segment)
    if (offset + bytes.length <= file.length) file.set(bytes, offset)
    else this.#files.set(segment, written(file, offset, bytes))
  }

  /** Behind its head may lie whatever a removed one held. */
  #create(segment: number, head: Uint8Array, bytes: number): void {
    const [spare] = this.#removed
    const file = new Uint8Array(Math.max(bytes, spare?.[1].length ?? 0))
    if (spare !== undefined) {
      this.#removed.delete(spare[0])
      file.set(spare[1])
    }
    file.set(head)
    this.#files.set(segment, file)
    this.#removed.clear()
  }
}

function written(file: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(file.length, offset + bytes.length))
  result.set(file)
  result.set(bytes, offset)
  return result
}
