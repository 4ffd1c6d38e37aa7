import { Worker } from 'node:worker_threads'
import { FAULTS } from './faults.ts'
import type { RunResult } from './run.ts'
import type { Report, WorkerData } from './worker.ts'

export interface SeriesOptions {
  readonly from: number
  readonly seeds: number
  readonly size: 3 | 5
  readonly workers: number
  /** No further seed is begun after this; infinite: no bound. */
  readonly msMax: number
  /** So many failures end the series. */
  readonly failuresMax: number
  readonly onProgress: (series: Series) => void
}

export type RunFailure = Extract<Report, { type: 'failed' }>

/** What a series of runs has shown so far. */
export class Series {
  readonly failures: RunFailure[] = []
  /** How often each kind struck, those that no seed has drawn included. */
  readonly faults = new Map<string, number>(FAULTS.map(({ name }) => [name, 0]))
  readonly witnesses = new Map<string, number>()
  /** By seed. */
  readonly hashes = new Map<number, string>()
  /** Seeds whose history a checker could not decide on. */
  readonly undecided: number[] = []
  runs = 0
  simulatedMs = 0
  events = 0
  committed = 0
  slots = 0

  add(report: Report): void {
    if (report.type === 'failed') this.failures.push(report)
    else this.#addResult(report.result)
  }

  /** Why it proves less than it seems to: what was meant to happen and never did. Empty: it is as good as it looks. */
  get gaps(): readonly string[] {
    const gaps: string[] = []
    for (const [name, times] of this.faults) if (times === 0) gaps.push(`the fault "${name}" never struck`)
    for (const [name, times] of this.witnesses) if (times === 0) gaps.push(`never happened: ${name}`)
    if (this.undecided.length > this.runs * UNDECIDED_MAX) gaps.push(`${this.undecided.length} histories are undecided`)
    if (this.committed < this.runs * COMMITTED_MIN) gaps.push(`only ${this.committed} transactions were committed`)
    return gaps
  }

  #addResult({ seed, hash, simulatedMs, events, committed, slots, isUndecided, faults, witnesses }: RunResult): void {
    this.runs += 1
    if (isUndecided) this.undecided.push(seed)
    this.hashes.set(seed, hash)
    this.simulatedMs += simulatedMs
    this.events += events
    this.committed += committed
    this.slots += slots
    for (const [name, times] of faults) this.faults.set(name, (this.faults.get(name) ?? 0) + times)
    for (const [name, times] of witnesses) this.witnesses.set(name, (this.witnesses.get(name) ?? 0) + times)
  }
}

/** The part of all histories that may be too hard to decide on. */
const UNDECIDED_MAX = 0.01

/** Transactions that runs commit on average, at least. */
const COMMITTED_MIN = 30

/** Runs seeds on all workers at once, in order as far as they are free. */
export async function runSeries(options: SeriesOptions): Promise<Series> {
  const { from, seeds, size, workers, msMax, failuresMax, onProgress } = options
  const series = new Series()
  const began = performance.now()
  let next = from
  const data: WorkerData = { size }
  const work = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const give = (): void => {
        const isOver =
          next >= from + seeds || series.failures.length >= failuresMax || performance.now() - began >= msMax
        if (isOver) return resolve()
        worker.postMessage(next)
        next += 1
      }
      worker.on('message', (report: Report) => {
        series.add(report)
        onProgress(series)
        give()
      })
      worker.on('error', reject)
      give()
    })
  const all = Array.from(
    { length: Math.min(workers, seeds) },
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData: data }),
  )
  try {
    await Promise.all(all.map(work))
    return series
  } finally {
    await Promise.all(all.map((worker) => worker.terminate()))
  }
}
