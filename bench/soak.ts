import { setTimeout as pause } from 'node:timers/promises'
import type { CheckedContestant } from './contestant.ts'
import { joined } from './numbers-log.ts'
import type { Options } from './options.ts'
import { memoryOf } from './processor.ts'
import { percentile } from './statistics.ts'
import type { DecreeSystem } from './systems/decree.ts'
import type { Table } from './table.ts'

/** A row of the report stands for a minute, or, of a short soak, for a tenth of it. */
const PERIOD_SECONDS_MAX = 60
const PERIODS_MIN = 10
/** Memory is looked at so often in each period: collections make it go up and down. */
const LOOKS = 6
/** Memory of a node, from the second period to the last, may grow by this share; */
const GROWTH_MAX = 0.1
/** or by so much, which is what collections leave or take. */
const GROWTH_BYTES_MAX = 16 * 1024 * 1024
/** p99 of the last period, in multiples of that of the second. */
const SLOWER_MAX = 1.3

/** What one period has shown. */
export interface Period {
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of each node, median, bytes; null: the machine does not tell. */
  readonly resident: readonly (number | null)[]
}

export interface Soak {
  readonly peakPerSecond: number
  readonly perSecond: number
  readonly periodSeconds: number
  readonly periods: readonly Period[]
}

/** Finds the peak, then lets callers go at a share of it. Throws an Error when an answer contradicts another. */
export async function runSoak(
  system: DecreeSystem,
  contestant: CheckedContestant,
  { workloads: [workload = 'rmw'], callers, soak, ...times }: Options,
  say: (what: string) => void,
): Promise<Soak> {
  const count = Math.max(...callers)
  const { seconds, share } = soak ?? { seconds: 0, share: 0 }
  const peak = await contestant.run(workload, count, times)
  const perSecond = peak.transactionsPerSecond * share
  say(`peak: ${peak.transactionsPerSecond.toFixed(0)}/s; now ${perSecond.toFixed(0)}/s for ${seconds} s`)
  const periodSeconds = Math.min(PERIOD_SECONDS_MAX, seconds / PERIODS_MIN)
  const periods: Period[] = []
  await contestant.start({ workload, callers: count, rate: perSecond })
  await contestant.load.look()
  while (periods.length < Math.floor(seconds / periodSeconds)) {
    const resident = await watchMemory(system, periodSeconds)
    const looks = await contestant.load.look()
    const period = periodOf(joined(looks.flatMap(({ latenciesMs }) => latenciesMs)), resident)
    periods.push(period)
    say(`${periods.length}: ${period.calls} calls, p99 ${period.p99Ms.toFixed(2)} ms`)
  }
  await contestant.stop()
  return { peakPerSecond: peak.transactionsPerSecond, perSecond, periodSeconds, periods }
}

/** Sentences on what must not be. */
export function judgeSoak({ periods }: Soak, failures: ReadonlyMap<string, number>): readonly string[] {
  const wrong = [...failures].map(([code, count]) => `Calls failed with ${code}: ${count}.`)
  const [, second] = periods
  const last = periods.at(-1)
  if (second === undefined || last === undefined) return [...wrong, 'It was too short to judge.']
  second.resident.forEach((was, n) => {
    const is = last.resident[n]
    if (was === null || typeof is !== 'number' || is - was <= Math.max(GROWTH_BYTES_MAX, was * GROWTH_MAX)) return
    wrong.push(`Node ${n + 1} has grown from ${mebibytes(was)} to ${mebibytes(is)} MiB since the second period.`)
  })
  // Not "greater": without a call there is no p99, and that is no success.
  if (!(last.p99Ms <= second.p99Ms * SLOWER_MAX)) {
    wrong.push(
      `p99 was ${second.p99Ms.toFixed(2)} ms in the second period and ${last.p99Ms.toFixed(2)} ms in the last.`,
    )
  }
  return wrong
}

export function soakTable({ periodSeconds, periods }: Pick<Soak, 'periodSeconds' | 'periods'>): Table {
  const nodes = periods[0]?.resident.map((_, n) => `node ${n + 1} MiB`) ?? []
  return {
    labels: 0,
    heads: ['seconds', 'calls/s', 'p50 ms', 'p99 ms', 'max ms', ...nodes],
    rows: periods.map((period, n) => [
      ((n + 1) * periodSeconds).toFixed(periodSeconds < 1 ? 1 : 0),
      (period.calls / periodSeconds).toFixed(0),
      ...[period.p50Ms, period.p99Ms, period.maxMs].map((ms) => ms.toFixed(2)),
      ...period.resident.map((bytes) => (bytes === null ? '-' : mebibytes(bytes))),
    ]),
  }
}

/** For one period; gives the median of each node. */
export async function watchMemory(system: DecreeSystem, seconds: number): Promise<readonly (number | null)[]> {
  const seen: (number | null)[][] = system.addresses.map(() => [])
  for (let look = 0; look < LOOKS; look += 1) {
    await Promise.race([pause((seconds * 1_000) / LOOKS), system.died])
    system.addresses.forEach((address, n) => {
      seen[n]?.push(memoryOf(system.pidOf(address))?.residentBytes ?? null)
    })
  }
  return seen.map((all) => {
    const known = all.filter((bytes) => bytes !== null).toSorted((a, b) => a - b)
    return known.length < all.length ? null : percentile(known, 0.5)
  })
}

export function periodOf(latenciesMs: Float64Array, resident: readonly (number | null)[]): Period {
  const sorted = latenciesMs.sort()
  const at = (share: number) => percentile(sorted, share)
  return { calls: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), resident }
}

export function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0)
}
