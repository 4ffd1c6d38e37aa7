import { describe, expect, it } from 'vitest'
import type { Write } from '../core/index.ts'
import { type Disk, type RowChange, TABLES, type Table } from './disk.ts'
import type { Log, LogPlace } from './log.ts'
import { MemoryTable } from './memory-table.ts'
import { Recorder, type RecorderOptions, recover } from './recorder.ts'
import { marks, merge } from './testing/conformance.ts'

/** A disk and a log whose time is told by the test: nothing is durable before it says so. */
class Bench {
  readonly tables = new Map<Table, MemoryTable>()
  records: Uint8Array[] = []
  /** How many records the log was cut by. */
  cut = 0
  readonly commits: { readonly changes: readonly RowChange[]; readonly done: (failure: unknown) => void }[] = []
  waiting: { readonly record: Uint8Array; readonly durable: () => void }[] = []
  #quiet: (() => void)[] = []
  readonly #soon: (() => void)[] = []
  readonly failures: unknown[] = []

  readonly disk: Disk = {
    place: 'the test',
    get: (table, key) => this.#table(table).get(key),
    scan: (table, prefix, after) => this.#table(table).scan(prefix, after),
    commit: (changes, done) => {
      this.commits.push({ changes, done })
    },
    snapshot: () => {
      const tables = new Map(TABLES.map((table) => [table, this.#table(table).shared()]))
      return {
        get: (table, key) => tables.get(table)?.get(key),
        rows: (table, after) => tables.get(table)?.rows(after) ?? [],
        release: () => undefined,
      }
    },
  }

  readonly place: LogPlace = {
    hasRecords: () => this.records.length > 0,
    read: (_, { sequence }) => ({
      records: () => this.records.slice(sequence - this.cut),
      resume: (done) => done(this.#log()),
      isTorn: false,
      hasRemains: false,
    }),
    begin: (_, done) => done(this.#log()),
  }

  recorder(options: Partial<RecorderOptions> = {}): Recorder {
    const host = {
      soon: (run: () => void) => void this.#soon.push(run),
      newStore: () => new Uint8Array(16),
      failed: (failure: unknown) => void this.failures.push(failure),
    }
    const recorder = new Recorder(this.disk, this.place, host, options)
    let isReady = false
    recorder.begin(() => {
      isReady = true
    })
    this.land()
    expect(isReady).toBe(true)
    return recorder
  }

  /** What waits for the log is durable. */
  sync(): void {
    for (const { record } of this.waiting) this.records.push(record)
    const waiting = this.waiting.splice(0)
    for (const run of this.#quiet.splice(0)) run()
    for (const { durable } of waiting) durable()
  }

  /** Turns of the event loop, until nothing is left to do at once. */
  turn(): void {
    for (let run = this.#soon.shift(); run !== undefined; run = this.#soon.shift()) run()
  }

  /** The first commits under way become durable. */
  land(count = this.commits.length): void {
    for (const { changes, done } of this.commits.splice(0, count)) {
      for (const { table, key, value } of changes) this.tables.set(table, this.#table(table).changed(key, value))
      done(null)
    }
  }

  /** What is under way is lost. */
  crash(): void {
    for (const list of [this.commits, this.waiting, this.#quiet, this.#soon]) list.length = 0
  }

  /** Everything that can go on does. */
  settle(): void {
    for (let round = 0; round < 1000 && (this.waiting.length > 0 || this.commits.length > 0); round++) {
      this.sync()
      this.turn()
      this.land()
      this.turn()
    }
  }

  #table(table: Table): MemoryTable {
    return this.tables.get(table) ?? new MemoryTable()
  }

  #log(): Log {
    const bench = this
    let bytes = this.records.reduce((sum, record) => sum + record.length, 0)
    return {
      get bytes() {
        return bytes
      },
      get position() {
        return { segment: 1, offset: 0, sequence: bench.cut + bench.records.length }
      },
      append: (record, durable) => {
        bytes += record.length
        bench.waiting.push({ record, durable })
      },
      whenQuiet: (run) => {
        if (bench.waiting.length === 0) run()
        else bench.#quiet.push(run)
      },
      truncate: ({ sequence }) => {
        bench.records.splice(0, sequence - bench.cut)
        bench.cut = sequence
      },
    }
  }
}

const put = (slot: number, key = `k${slot}`): Write[] => [
  merge(slot, { entries: { [key]: BigInt(slot) } }),
  marks(slot),
]

describe('a recorder', () => {
  it('says that a write is durable when its record is, and writes no row for it', () => {
    const bench = new Bench()
    const recorder = bench.recorder()
    let isDurable = false
    recorder.write(put(1), () => {
      isDurable = true
    })
    bench.turn()
    expect(isDurable).toBe(false)
    bench.sync()
    expect(isDurable).toBe(true)
    expect(bench.commits).toEqual([])
    expect(recover(bench.disk, bench.place).ledger.view.get('k1')?.value).toBe(1n)
  })

  it('writes a hot key once for each checkpoint', () => {
    const bench = new Bench()
    const recorder = bench.recorder({ checkpointRows: 1_000, checkpointBytes: 4_000 })
    const written: string[] = []
    for (let slot = 1; slot <= 300; slot++) {
      recorder.write([...put(slot, 'hot'), { type: 'forget', through: slot }], () => undefined)
      bench.sync()
      bench.turn()
      for (const { changes } of bench.commits) {
        for (const { table, key } of changes) if (table === 'entries') written.push(Buffer.from(key).toString())
      }
      bench.land()
      bench.turn()
      bench.land()
    }
    expect(written.length).toBeGreaterThan(1)
    expect(written.length).toBeLessThan(20)
    expect(new Set(written)).toEqual(new Set(['hot']))
  })

  it('holds no more than twice what a checkpoint takes, however slow the disk is, and loses nothing', () => {
    const bench = new Bench()
    const checkpointRows = 50
    const recorder = bench.recorder({ checkpointRows, sliceRows: 5, slicesMax: 2 })
    let [durable, most, held] = [0, 0, 0]
    for (let slot = 1; slot <= 1_000; slot++) {
      recorder.write(put(slot), () => {
        durable += 1
      })
      // The callers wait for the disk, as callers do.
      for (let patience = 0; durable < slot && patience < 100; patience++) {
        if (recorder.isHolding) held += 1
        bench.sync()
        if (durable < slot) bench.land(1)
        bench.turn()
      }
      expect(durable).toBe(slot)
      most = Math.max(most, recorder.ledger.changes)
    }
    expect(held).toBeGreaterThan(100)
    expect(most).toBeLessThanOrEqual(checkpointRows + 2)
    expect(bench.records.length).toBeLessThan(3 * checkpointRows)
    const { ledger } = recover(bench.disk, bench.place)
    for (let slot = 1; slot <= 1_000; slot++) expect(ledger.view.get(`k${slot}`)?.value).toBe(BigInt(slot))
    expect(ledger.restored.marks.applied).toBe(1_000)
  })

  it('can be read again at every moment of a checkpoint, with just what was durable', () => {
    const bench = new Bench()
    const recorder = bench.recorder({ checkpointRows: 4, sliceRows: 1, slicesMax: 3 })
    let durable = 0
    const check = () => {
      const { ledger } = recover(bench.disk, bench.place)
      expect(ledger.restored.marks.applied).toBe(durable)
      expect(ledger.view.revision).toBe(durable)
      for (let slot = 1; slot <= durable + 2; slot++) {
        expect(ledger.view.get(`k${slot}`)?.value).toBe(slot <= durable ? BigInt(slot) : undefined)
      }
      expect(ledger.restored.recent.map(({ slot }) => slot)).toEqual(Array.from({ length: durable }, (_, n) => n + 1))
    }
    for (let slot = 1; slot <= 60; slot++) {
      recorder.write(put(slot), () => {
        durable += 1
      })
      check()
      bench.sync()
      check()
      bench.turn()
      // Commits become durable in any order.
      bench.commits.reverse()
      bench.land(slot % 3)
      check()
    }
    bench.settle()
    check()
  })

  it('makes a checkpoint when it is asked, of all that was written before', () => {
    const bench = new Bench()
    const recorder = bench.recorder()
    recorder.write(put(1), () => undefined)
    let isDone = false
    recorder.checkpoint(() => {
      isDone = true
      expect(bench.records).toEqual([])
      expect(recover(bench.disk, bench.place).records).toBe(0)
    })
    bench.settle()
    expect(isDone).toBe(true)
    expect(recorder.hasNews).toBe(false)
    expect(recover(bench.disk, bench.place).ledger.view.get('k1')?.value).toBe(1n)
  })

  it('goes on after a restart where it was, however often it is read again', () => {
    const bench = new Bench()
    let durable = 0
    for (let life = 0; life < 7; life++) {
      const recorder = bench.recorder({ checkpointRows: 7, sliceRows: 2 })
      expect(recorder.ledger.restored.marks.applied).toBe(durable)
      const next = durable + 1
      for (let slot = next; slot < next + 5; slot++) {
        recorder.write(put(slot), () => {
          durable += 1
        })
        bench.sync()
        bench.turn()
        bench.land(slot % 2)
      }
      bench.crash()
    }
    expect(durable).toBeGreaterThan(14)
    const { ledger } = recover(bench.disk, bench.place)
    for (let one = 1; one <= durable; one++) expect(ledger.view.get(`k${one}`)?.value).toBe(BigInt(one))
  })

  it('tells of a commit that failed', () => {
    const bench = new Bench()
    const recorder = bench.recorder()
    recorder.write(put(1), () => undefined)
    recorder.checkpoint(() => expect.unreachable())
    bench.sync()
    bench.turn()
    bench.commits.shift()?.done('no room')
    expect(bench.failures).toEqual(['no room'])
  })
})
