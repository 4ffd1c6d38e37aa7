import type { CheckedContestant } from './contestant.ts'
import type { Look } from './load/protocol.ts'
import { joined } from './numbers-log.ts'
import type { Options } from './options.ts'
import { mebibytes, type Period, periodOf, watchMemory } from './soak.ts'
import { percentile } from './statistics.ts'
import type { DecreeSystem } from './systems/decree.ts'

/** So many times the callers of the peak. */
const TIMES = 20
const PERIODS = 10
/** Of the peak, what must still be done. */
const GOODPUT_MIN = 0.8
/** Memory of a node may be larger in the second half than in the first, at their largest, by this share; */
const GROWTH_MAX = 0.15
/** or by so much, which is what collections leave or take under such load. */
const GROWTH_BYTES_MAX = 48 * 1024 * 1024

/** What more callers than can be served have met. */
export interface Overload {
  readonly callers: number
  readonly timeoutMs: number
  /** Mean of before and after. */
  readonly peakPerSecond: number
  /** Calls that were answered. */
  readonly goodputPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly periodSeconds: number
  readonly periods: readonly Period[]
  /** How often calls failed, by code. */
  readonly failures: ReadonlyMap<string, number>
  /** Of those, calls that may have had their effect. */
  readonly doubts: number
  readonly leaderChanged: boolean
}

/** Finds the peak, sends many times the callers, and finds the peak again. Throws an Error when an answer contradicts another. */
export async function runOverload(
  system: DecreeSystem,
  contestant: CheckedContestant,
  { workloads: [workload = 'rmw'], callers: counts, overload, warmUpSeconds, seconds }: Options,
  say: (what: string) => void,
): Promise<Overload> {
  const few = Math.max(...counts)
  const callers = few * TIMES
  const findPeak = async (): Promise<number> => {
    const { transactionsPerSecond } = await contestant.run(workload, few, { warmUpSeconds, seconds: seconds / 2 })
    say(`peak: ${transactionsPerSecond.toFixed(0)}/s with ${few} callers`)
    return transactionsPerSecond
  }
  // Before and after: machines are not equally fast all the time.
  const peakBefore = await findPeak()
  say(`now ${callers} callers`)
  const periodSeconds = seconds / PERIODS
  const latenciesMs: Float64Array[] = []
  const periods: Period[] = []
  await contestant.start({ workload, callers, rate: null })
  await watchMemory(system, warmUpSeconds)
  const before = await system.progress()
  const first = await contestant.load.look()
  const beganMs = performance.now()
  let last = first
  while (periods.length < PERIODS) {
    const resident = await watchMemory(system, periodSeconds)
    last = await contestant.load.look()
    const latencies = joined(last.flatMap((look) => look.latenciesMs))
    latenciesMs.push(latencies)
    const period = periodOf(latencies, resident)
    periods.push(period)
    say(`${periods.length}: ${period.calls} calls answered, p99 ${period.p99Ms.toFixed(2)} ms`)
  }
  const tookSeconds = (performance.now() - beganMs) / 1_000
  const after = await system.progress()
  await contestant.stop()
  const peakPerSecond = (peakBefore + (await findPeak())) / 2
  const all = joined(latenciesMs).sort()
  return {
    callers,
    timeoutMs: overload?.timeoutMs ?? 0,
    peakPerSecond,
    goodputPerSecond: all.length / tookSeconds,
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    periodSeconds,
    periods,
    failures: new Map(
      codesOf(last).flatMap((code) => {
        const count = failedWith(last, code) - failedWith(first, code)
        return count === 0 ? [] : [[code, count]]
      }),
    ),
    doubts: doubtsOf(last) - doubtsOf(first),
    leaderChanged: before.term !== after.term,
  }
}

/** Sentences on what must not be. */
export function judgeOverload(done: Overload): readonly string[] {
  const { peakPerSecond, goodputPerSecond, periods, doubts, leaderChanged } = done
  const wrong: string[] = []
  // Not "less": without a peak there is no share, and that is no success.
  if (!(goodputPerSecond >= peakPerSecond * GOODPUT_MIN)) {
    wrong.push(`Less than ${GOODPUT_MIN * 100} % of the peak was answered: ${shareOf(done)}.`)
  }
  if (doubts > 0) wrong.push(`Calls failed without saying whether they had their effect: ${doubts}.`)
  if (leaderChanged) wrong.push('The leader changed.')
  const half = Math.floor(periods.length / 2)
  periods[0]?.resident.forEach((_, n) => {
    const [was, is] = [periods.slice(0, half), periods.slice(half)].map((some) => most(some, n))
    if (typeof was !== 'number' || typeof is !== 'number') return
    if (is - was <= Math.max(GROWTH_BYTES_MAX, was * GROWTH_MAX)) return
    wrong.push(`Node ${n + 1} has grown from ${mebibytes(was)} to ${mebibytes(is)} MiB, from half to half.`)
  })
  return wrong
}

export function overloadNotes(done: Overload): readonly string[] {
  const { callers, timeoutMs, goodputPerSecond, p50Ms, p99Ms, failures } = done
  const notes = [
    `${callers} callers, whose calls give up after ${timeoutMs} ms: ${goodputPerSecond.toFixed(0)} calls/s were answered, ${shareOf(done)}.`,
    `Those took ${p50Ms.toFixed(0)} ms in the median, and ${p99Ms.toFixed(0)} ms at the 99th percentile.`,
  ]
  for (const [code, count] of failures) notes.push(`Calls that failed with ${code}: ${count}.`)
  if (failures.size === 0) notes.push('No call failed.')
  return notes
}

function codesOf(looks: readonly Look[]): readonly string[] {
  return [...new Set(looks.flatMap(({ failures }) => [...failures.keys()]))].sort()
}

function failedWith(looks: readonly Look[], code: string): number {
  return looks.reduce((count, { failures }) => count + (failures.get(code) ?? 0), 0)
}

function doubtsOf(looks: readonly Look[]): number {
  return looks.reduce((count, { doubts }) => count + doubts, 0)
}

function shareOf({ peakPerSecond, goodputPerSecond }: Overload): string {
  const percent = (100 * goodputPerSecond) / peakPerSecond
  return `${percent.toFixed(0)} % of the peak of ${peakPerSecond.toFixed(0)}/s`
}

/** Null: the machine does not tell. */
function most(periods: readonly Period[], node: number): number | null {
  const seen = periods.map(({ resident }) => resident[node] ?? null)
  return seen.some((bytes) => bytes === null) ? null : Math.max(...seen.map(Number))
}
