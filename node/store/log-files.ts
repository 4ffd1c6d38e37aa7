import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../reason.ts'
import { lackOfRoom } from './directory.ts'
import type { LogFiles } from './segment-log.ts'

const PREFIX = 'journal-'
/** Begins the names of segments that are no longer needed, kept for those to come. */
const SPARE = `${PREFIX}spare-`
/** A segment that is being made. */
const NEW = `${PREFIX}new`

/** Whether a file of this name in a data directory is a segment of a log. */
export function isSegmentFile(name: string): boolean {
  return numberOf(name) !== null
}

/** Whether it is one that holds nothing yet, or nothing any more. */
export function isSpareFile(name: string): boolean {
  return name === NEW || name.startsWith(SPARE)
}

function numberOf(name: string): number | null {
  const digits = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : ''
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : null
}

/** How many are kept. */
const SPARES_MAX = 2
/** Bytes of zeros that are written, and synced, at a time to make room: so that others can write between. */
const ZEROS = 2 ** 20

/**
 * A log's segments as files of a directory, `journal-1` and so on. Room is made for a whole segment before it is used:
 * then a full disk shows early, and a write changes nothing but the bytes that it writes.
 */
export class DirectoryLogFiles implements LogFiles {
  readonly place: string
  readonly #failed: (failure: unknown) => void
  /** The one that is written to. */
  #file: { readonly segment: number; readonly descriptor: number } | null = null
  #creating: Promise<void> = Promise.resolve()
  /** Nothing is written any more: it was closed, or has failed. */
  #isOver = false

  constructor(directory: string, failed: (failure: unknown) => void) {
    this.place = directory
    this.#failed = failed
  }

  list(): readonly number[] {
    return readdirSync(this.place)
      .flatMap((name) => numberOf(name) ?? [])
      .sort((a, b) => a - b)
  }

  read(segment: number): Uint8Array {
    return readFileSync(this.#path(segment))
  }

  /** Synchronous: another thread would take as long again, and what must be sent before is on its way by now. */
  write(segment: number, offset: number, bytes: Uint8Array, done: () => void): void {
    if (this.#isOver) return
    try {
      const descriptor = this.#descriptor(segment)
      let written = 0
      while (written < bytes.length) {
        written += writeSync(descriptor, bytes, written, bytes.length - written, offset + written)
      }
      fdatasyncSync(descriptor)
    } catch (thrown) {
      return this.#fail(thrown)
    }
    done()
  }

  create(segment: number, head: Uint8Array, bytes: number, done: () => void): void {
    this.#creating = this.#create(segment, head, bytes).then(
      () => {
        if (!this.#isOver) done()
      },
      (thrown: unknown) => this.#fail(thrown),
    )
  }

  remove(segment: number): void {
    try {
      if (this.#spares().length < SPARES_MAX) renameSync(this.#path(segment), join(this.place, `${SPARE}${segment}`))
      else rmSync(this.#path(segment))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  async close(): Promise<void> {
    this.#isOver = true
    await this.#creating
    if (this.#file !== null) closeSync(this.#file.descriptor)
    this.#file = null
  }

  /** Under its own name only when it is whole. */
  async #create(segment: number, head: Uint8Array, bytes: number): Promise<void> {
    const path = join(this.place, NEW)
    rmSync(path, { force: true })
    const spare = this.#takeSpare(bytes)
    if (spare !== null) renameSync(spare, path)
    const file = await open(path, constants.O_RDWR | constants.O_CREAT)
    try {
      const zeros = Buffer.alloc(Math.min(ZEROS, bytes))
      for (let size = spare === null ? 0 : bytes; size < bytes; ) {
        size += (await file.write(zeros, 0, Math.min(zeros.length, bytes - size), size)).bytesWritten
        await file.datasync()
      }
      for (let written = 0; written < head.length; ) {
        written += (await file.write(head, written, head.length - written, written)).bytesWritten
      }
      await file.sync()
    } finally {
      await file.close()
    }
    renameSync(path, this.#path(segment))
    syncDirectory(this.place)
  }

  #spares(): readonly string[] {
    return readdirSync(this.place).filter((name) => name.startsWith(SPARE))
  }

  /** One that has the room; smaller ones are of no use. */
  #takeSpare(bytes: number): string | null {
    for (const name of this.#spares()) {
      const path = join(this.place, name)
      if (statSync(path).size >= bytes) return path
      rmSync(path)
    }
    return null
  }

  #descriptor(segment: number): number {
    if (this.#file?.segment === segment) return this.#file.descriptor
    if (this.#file !== null) closeSync(this.#file.descriptor)
    this.#file = null
    const descriptor = openSync(this.#path(segment), 'r+')
    this.#file = { segment, descriptor }
    return descriptor
  }

  #path(segment: number): string {
    return join(this.place, `${PREFIX}${segment}`)
  }

  #fail(thrown: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failed(new Error(`${reasonOf(thrown)}${lackOfRoom(this.place)}`, { cause: thrown }))
  }
}

/** So that names given in it are there after a crash. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
