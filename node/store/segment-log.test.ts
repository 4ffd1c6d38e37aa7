import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreError } from './errors.ts'
import { Framing, HEAD_BYTES } from './frame.ts'
import type { Log, LogPosition } from './log.ts'
import { DirectoryLogFiles } from './log-files.ts'
import { type LogFiles, type SegmentLogOptions, SegmentLogPlace } from './segment-log.ts'

const STORE = new Uint8Array(16).fill(7)
const START: LogPosition = { segment: 1, offset: HEAD_BYTES, sequence: 0 }
const ROOM = HEAD_BYTES + 300

/** Files in memory, whose bytes can be spoilt. */
class MemoryFiles implements LogFiles {
  readonly place = 'the test'
  readonly files = new Map<number, Uint8Array>()
  writes = 0

  list(): readonly number[] {
    return [...this.files.keys()].sort((a, b) => a - b)
  }

  read(segment: number): Uint8Array {
    return this.files.get(segment) ?? new Uint8Array()
  }

  write(segment: number, offset: number, bytes: Uint8Array, done: () => void): void {
    this.writes += 1
    const before = this.read(segment)
    const file = new Uint8Array(Math.max(before.length, offset + bytes.length))
    file.set(before)
    file.set(bytes, offset)
    this.files.set(segment, file)
    done()
  }

  create(segment: number, head: Uint8Array, bytes: number, done: () => void): void {
    setImmediate(() => {
      const file = new Uint8Array(bytes)
      file.set(head)
      this.files.set(segment, file)
      done()
    })
  }

  remove(segment: number): void {
    this.files.delete(segment)
  }

  copy(): MemoryFiles {
    const copy = new MemoryFiles()
    for (const [segment, bytes] of this.files) copy.files.set(segment, bytes.slice())
    return copy
  }
}

const later = (run: () => void): void => void setImmediate(run)

function placeOf(files: LogFiles, options: Partial<SegmentLogOptions> = {}): SegmentLogPlace {
  return new SegmentLogPlace(files, later, { segmentBytes: ROOM, firstSegmentBytes: ROOM, ...options })
}

const begin = (files: LogFiles): Promise<Log> => new Promise((done) => placeOf(files).begin(STORE, done))

const append = (log: Log, text: string): Promise<void> =>
  new Promise((done) => log.append(new Uint8Array(Buffer.from(text)), done))

function texts(files: LogFiles, from = START, store = STORE): string[] {
  return Array.from(placeOf(files).read(store, from).records(), (record) => Buffer.from(record).toString())
}

async function resume(files: LogFiles, from = START): Promise<Log> {
  const reading = placeOf(files).read(STORE, from)
  for (const record of reading.records()) expect(record.length).toBeGreaterThan(0)
  return new Promise((done) => reading.resume(done))
}

describe('a log in segments', () => {
  it('gives back its records in order, over all segments', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    const all = Array.from({ length: 40 }, (_, n) => `record ${n} ${'.'.repeat(n * 3)}`)
    for (const text of all) await append(log, text)
    expect(files.list().length).toBeGreaterThan(5)
    expect(texts(files)).toEqual(all)
    expect(log.bytes).toBe(all.join('').length)
  })

  it('writes what waits at the same time at once', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    await Promise.all(['a', 'b', 'c'].map((text) => append(log, text)))
    expect(files.writes).toBe(1)
    expect(texts(files)).toEqual(['a', 'b', 'c'])
  })

  it('takes a record that is larger than a segment', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    const large = 'x'.repeat(10_000)
    for (const text of ['a', large, 'b']) await append(log, text)
    expect(texts(files)).toEqual(['a', large, 'b'])
  })

  it('is quiet only when nothing waits, at the latest before the next is told', async () => {
    const log = await begin(new MemoryFiles())
    const order: string[] = []
    log.whenQuiet(() => order.push('quiet at once'))
    const durable = append(log, 'a').then(() => order.push('durable'))
    log.whenQuiet(() => order.push(`quiet at ${log.position.sequence}`))
    await durable
    expect(order).toEqual(['quiet at once', 'quiet at 1', 'durable'])
  })

  it('goes on behind what is there, in a next life and one more', async () => {
    const files = new MemoryFiles()
    const all: string[] = []
    for (let life = 0; life < 6; life++) {
      const log = life === 0 ? await begin(files) : await resume(files)
      for (let n = 0; n < 5; n++) {
        all.push(`life ${life} record ${n} ${'.'.repeat(20)}`)
        await append(log, all.at(-1) ?? '')
      }
    }
    expect(texts(files)).toEqual(all)
  })

  it('is read from a position, and cut before it', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    for (let n = 0; n < 20; n++) await append(log, `record ${n} ${'.'.repeat(20)}`)
    const { position } = log
    for (const text of ['later', 'latest']) await append(log, text)
    expect(texts(files, position)).toEqual(['later', 'latest'])
    log.truncate(position)
    expect(files.list()[0]).toBe(position.segment)
    expect(texts(files, position)).toEqual(['later', 'latest'])
    expect(() => texts(files)).toThrow(/lacks segment 1/)
  })

  it('drops a last write that was cut short, and writes over it', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    await append(log, 'a')
    const { offset } = log.position
    await append(log, 'lost'.repeat(30))
    files.read(1).fill(0, offset + 50)
    const reading = placeOf(files).read(STORE, START)
    expect([...reading.records()].length).toBe(1)
    expect(reading.isTorn).toBe(true)
    const next = await new Promise<Log>((done) => reading.resume(done))
    await append(next, 'b')
    expect(texts(files)).toEqual(['a', 'b'])
  })

  it('writes again what a killed process may have left in the memory of the operating system only', async () => {
    const files = new MemoryFiles()
    const log = await begin(files)
    await append(log, 'a')
    await append(log, 'b')
    const before = files.writes
    await resume(files)
    expect(files.writes).toBe(before + 1)
    expect(texts(files)).toEqual(['a', 'b'])
  })

  it('says whether any record is there, of whichever store', async () => {
    const files = new MemoryFiles()
    expect(placeOf(files).hasRecords()).toBe(false)
    const log = await begin(files)
    expect(placeOf(files).hasRecords()).toBe(false)
    await append(log, 'a')
    expect(placeOf(files).hasRecords()).toBe(true)
  })

  it('never takes what an earlier use of a segment has left for its own', async () => {
    const old = new MemoryFiles()
    const before = await begin(old)
    for (let n = 0; n < 4; n++) await append(before, `old ${n}`)
    const files = new MemoryFiles()
    await begin(files)
    // The same sequence numbers, at the same places, under the head of another number.
    const reused = old.read(1).slice()
    const log = await resume(files)
    for (let n = 0; n < 12; n++) await append(log, 'x'.repeat(40))
    const last = files.list().at(-1) ?? 0
    const head = files.read(last).subarray(0, HEAD_BYTES)
    reused.set(head)
    const fresh = files.read(last).slice(HEAD_BYTES)
    reused.set(fresh.subarray(0, fresh.findLastIndex((byte) => byte !== 0) + 1), HEAD_BYTES)
    const expected = texts(files)
    files.files.set(last, reused)
    expect(texts(files)).toEqual(expected)
  })
})

describe('a log that was damaged', () => {
  let files: MemoryFiles
  let all: string[]
  /** Where the last frame begins and ends. */
  let last: { readonly segment: number; readonly from: number; readonly to: number }

  beforeEach(async () => {
    files = new MemoryFiles()
    const log = await begin(files)
    all = Array.from({ length: 9 }, (_, n) => `record ${n} ${'.'.repeat(30)}`)
    for (const text of all.slice(0, -1)) await append(log, text)
    const from = log.position
    await append(log, all.at(-1) ?? '')
    last = { segment: log.position.segment, from: from.offset, to: log.position.offset }
    expect(files.list().length).toBeGreaterThanOrEqual(2)
    expect(from.segment).toBe(last.segment)
  })

  /** What is read; null: it is refused, in one sentence. */
  function readOf(spoilt: MemoryFiles): string[] | null {
    try {
      return texts(spoilt)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(StoreError)
      expect((thrown as StoreError).message).toMatch(/^The journal in the test [^\n]+\.$/)
      return null
    }
  }

  it('is refused wherever a byte is spoilt before the last record; that one alone is taken for one cut short', () => {
    for (const segment of files.list()) {
      for (let at = 0; at < ROOM; at++) {
        const spoilt = files.copy()
        const bytes = spoilt.read(segment)
        bytes.set([(bytes[at] ?? 0) ^ 0x41], at)
        const isLast = segment === last.segment && at >= last.from && at < last.to
        const read = readOf(spoilt)
        const where = `segment ${segment} byte ${at}`
        if (isLast) expect([all, all.slice(0, -1)], where).toContainEqual(read)
        // The rest of a head's page, of a full segment and of what is not used yet says nothing.
        else expect([isUsed(segment, at) ? null : all], where).toContainEqual(read)
      }
    }
  })

  /** Whether a head or a frame covers this byte. */
  function isUsed(segment: number, at: number): boolean {
    if (at < HEAD_BYTES) return at < 56
    const framing = new Framing(STORE, segment)
    let end = HEAD_BYTES
    for (let next = framing.decode(files.read(segment), end); next !== null; ) {
      end = next.end
      next = framing.decode(files.read(segment), end)
    }
    return at < end
  }

  it('is refused wherever a file is cut off, and when one is missing', () => {
    for (const segment of files.list()) {
      for (let size = 0; size < ROOM; size += 1) {
        const cut = files.copy()
        cut.files.set(segment, cut.read(segment).slice(0, size))
        expect(readOf(cut), `segment ${segment} cut after ${size} bytes`).toBeNull()
      }
      const missing = files.copy()
      missing.remove(segment)
      if (segment <= last.segment) expect(readOf(missing)).toBeNull()
    }
  })

  it('is refused when segments have changed places, or belong to another store', () => {
    const swapped = files.copy()
    swapped.files.set(1, files.read(2))
    swapped.files.set(2, files.read(1))
    expect(readOf(swapped)).toBeNull()
    expect(() => texts(files, START, new Uint8Array(16))).toThrow(/of another store/)
  })
})

describe('the files of a log', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-log-'))
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  const names = (): string[] => readdirSync(directory).sort()

  it('are made whole, and used again', async () => {
    const files = new DirectoryLogFiles(directory, (failure) => expect(failure).toBeNull())
    const log = await begin(files)
    for (let n = 0; n < 30; n++) await append(log, 'x'.repeat(60))
    log.truncate(log.position)
    expect(names().filter((name) => name.startsWith('journal-spare-')).length).toBe(2)
    const { position } = log
    const more = Array.from({ length: 30 }, (_, n) => `more ${n} ${'y'.repeat(50)}`)
    for (const text of more) await append(log, text)
    expect(names().filter((name) => name.startsWith('journal-spare-'))).toEqual([])
    expect(texts(files, position)).toEqual(more)
    await files.close()
    expect(texts(new DirectoryLogFiles(directory, () => undefined), position)).toEqual(more)
  })

  it('tell of a failure once, and write nothing more', async () => {
    const failures: unknown[] = []
    const files = new DirectoryLogFiles(directory, (failure) => failures.push(failure))
    const log = await begin(files)
    await append(log, 'a')
    const kept = texts(files)
    await files.close()
    rmSync(join(directory, 'journal-1'))
    const broken = new DirectoryLogFiles(directory, (failure) => failures.push(failure))
    broken.write(1, HEAD_BYTES, new Uint8Array(8), () => expect.unreachable())
    broken.write(1, HEAD_BYTES, new Uint8Array(8), () => expect.unreachable())
    expect(kept).toEqual(['a'])
    expect(failures.map(String)).toEqual([expect.stringMatching(/ENOENT/)])
  })

  it('are told from those of others by their names', () => {
    for (const name of ['journal-0', 'journal-01', 'journal-x', 'journal-1.txt', 'journal-']) {
      writeFileSync(join(directory, name), '')
    }
    writeFileSync(join(directory, 'journal-12'), '')
    writeFileSync(join(directory, 'journal-3'), '')
    expect(new DirectoryLogFiles(directory, () => undefined).list()).toEqual([3, 12])
  })
})
