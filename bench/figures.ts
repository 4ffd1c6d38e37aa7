import type { Contestant } from './contestant.ts'
import type { Run, Times } from './measure.ts'
import { type Spread, spreadOf, sum } from './statistics.ts'
import { type Workload, writeShare } from './workloads.ts'

/** What a run is of. */
export interface Subject {
  readonly contestant: string
  readonly workload: Workload
  readonly callers: number
}

/** All runs of one subject, one for each round. */
export interface Series extends Subject {
  readonly runs: readonly Run[]
}

/** Medians of the rounds, with their spread. Null: not to be had. */
export interface Figures extends Subject {
  readonly rounds: number
  readonly transactionsPerSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly p999Ms: Spread | null
  readonly clientUs: Spread | null
  readonly leaderUs: Spread | null
  readonly followersUs: Spread | null
  /** Of all processes. */
  readonly processorUs: Spread | null
  readonly slotsPerSecond: Spread | null
  /** Transactions in a slot, of those that write. */
  readonly batch: Spread | null
  readonly steal: Spread | null
  readonly others: Spread | null
  readonly load: Spread | null
  readonly leaderChanged: boolean
}

/** How much faster the one is than the other: of each round, then over the rounds. */
export interface Ratio {
  readonly workload: Workload
  readonly callers: number
  /** Whom ours is compared with. */
  readonly with: string
  /** Transactions per second of ours, in multiples of the other's. */
  readonly throughput: Spread
  /** p50 of ours, in multiples of the other's. */
  readonly p50: Spread
}

/** Everything, round after round; in each round everybody in turn, the last first in every second one. */
export async function runRounds(
  contestants: readonly Contestant[],
  { workloads, callers, rounds, ...times }: Plan,
  say: (what: string) => void,
): Promise<readonly Series[]> {
  const series = new Map<string, Series & { readonly runs: Run[] }>()
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed()
    for (const workload of workloads) {
      for (const count of callers) {
        for (const contestant of order) {
          if (!contestant.workloads.includes(workload)) continue
          const subject = { contestant: contestant.name, workload, callers: count }
          const key = JSON.stringify(subject)
          const found = series.get(key) ?? { ...subject, runs: [] }
          series.set(key, found)
          const run = await contestant.run(workload, count, times)
          found.runs.push(run)
          say(`round ${round + 1}: ${contestant.name}, ${workload}, ${count} callers: ${summary(run)}`)
        }
      }
    }
  }
  return [...series.values()]
}

export interface Plan extends Times {
  readonly workloads: readonly Workload[]
  readonly callers: readonly number[]
  readonly rounds: number
}

function summary({ transactionsPerSecond, p50Ms, p99Ms }: Run): string {
  return `${transactionsPerSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`
}

export function figuresOf({ contestant, workload, callers, runs }: Series): Figures {
  const over = (pick: (run: Run) => number | null) => spreadOf(runs.map(pick))
  const always = (pick: (run: Run) => number) => over(pick) ?? { median: 0, least: 0, most: 0 }
  return {
    contestant,
    workload,
    callers,
    rounds: runs.length,
    transactionsPerSecond: always((run) => run.transactionsPerSecond),
    p50Ms: always((run) => run.p50Ms),
    p99Ms: always((run) => run.p99Ms),
    p999Ms: over((run) => run.p999Ms),
    clientUs: over((run) => run.clientUs),
    leaderUs: over((run) => run.leaderUs),
    followersUs: over((run) => run.followersUs),
    processorUs: over((run) => sum([run.clientUs, run.leaderUs, run.followersUs])),
    slotsPerSecond: over((run) => run.slotsPerSecond),
    batch: over((run) => batchOf(run, writeShare(workload))),
    steal: over((run) => run.steal),
    others: over((run) => run.others),
    load: over((run) => run.load),
    leaderChanged: runs.some((run) => run.leaderChanged),
  }
}

/** Everybody against the first of the series' contestants. */
export function ratiosOf(all: readonly Series[]): readonly Ratio[] {
  const [first] = all
  return all.flatMap(({ contestant, workload, callers, runs }) => {
    if (contestant === first?.contestant) return []
    const ours = all.find(
      (one) => one.contestant === first?.contestant && one.workload === workload && one.callers === callers,
    )
    const over = (pick: (run: Run) => number) =>
      spreadOf(runs.map((run, round) => pick(ours?.runs[round] ?? run) / pick(run)))
    const throughput = over((run) => run.transactionsPerSecond)
    const p50 = over((run) => run.p50Ms)
    if (ours === undefined || throughput === null || p50 === null) return []
    return [{ workload, callers, with: contestant, throughput, p50 }]
  })
}

function batchOf({ transactionsPerSecond, slotsPerSecond }: Run, written: number): number | null {
  const isKnown = slotsPerSecond !== null && slotsPerSecond > 0 && written > 0
  return isKnown ? (transactionsPerSecond * written) / slotsPerSecond : null
}
