import { setTimeout as pause } from 'node:timers/promises'
import type { Task } from './load/load.ts'
import type { LoadProcesses } from './load/processes.ts'
import { joined } from './numbers-log.ts'
import { loadAverage, machineTime, processorTimeUs } from './processor.ts'
import { difference, percentile, ratio, sum } from './statistics.ts'
import type { Processes, Progress, System } from './systems/system.ts'

/** What one run has shown. Null: not to be had. */
export interface Run {
  readonly transactionsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number | null
  readonly maxMs: number
  /** Processor time per transaction, microseconds: of all load processes together. */
  readonly clientUs: number | null
  readonly leaderUs: number | null
  /** Of all followers together. */
  readonly followersUs: number | null
  readonly slotsPerSecond: number | null
  /** Of the processors' time, what other guests of the host took, 0 to 1. */
  readonly steal: number | null
  /** What other processes of this machine took, 0 to 1. */
  readonly others: number | null
  /** Processes that wanted a processor, on average over the last minute. */
  readonly load: number | null
  readonly leaderChanged: boolean
}

export interface Times {
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** Processor time so far, microseconds, at a moment. */
export interface Usage {
  readonly atMs: number
  readonly clientUs: number | null
  /** Who leads at that moment, and who follows. */
  readonly processes: Processes
  /** Of each process of the system. */
  readonly serverUs: ReadonlyMap<number, number | null>
  readonly progress: Progress | null
  readonly machine: ReturnType<typeof machineTime>
}

/** Lets callers run through warm-up and measurement. They have had their last answers when it resolves or throws. */
export async function measure(
  system: System,
  load: LoadProcesses,
  task: Task,
  { warmUpSeconds, seconds }: Times,
): Promise<Run> {
  const during = <T>(work: Promise<T>): Promise<T> => Promise.race([work, system.died])
  await during(load.startCallers(task))
  await during(pause(warmUpSeconds * 1_000))
  const before = await during(look(system, load))
  await during(pause(seconds * 1_000))
  const after = await during(look(system, load))
  return runOf(after.latenciesMs, before.usage, after.usage)
}

async function look(system: System, load: LoadProcesses): Promise<{ usage: Usage; latenciesMs: Float64Array }> {
  const looks = await load.look()
  const clientUs = sum(looks.map(({ processorUs }) => processorUs))
  const latenciesMs = joined(looks.flatMap((each) => each.latenciesMs))
  return { usage: { ...(await usageOf(system)), clientUs }, latenciesMs }
}

/** What the servers and the machine have used; of clients nothing. */
export async function usageOf(system: System): Promise<Usage> {
  const processes = await system.processes()
  const all = [...processes.leader, ...processes.followers]
  return {
    atMs: performance.now(),
    clientUs: null,
    processes,
    serverUs: new Map(all.map((pid) => [pid, processorTimeUs(pid)])),
    progress: await system.progress(),
    machine: machineTime(),
  }
}

/** What was measured between two looks. Throws an Error if no call ended. */
function runOf(latenciesMs: Float64Array, before: Usage, after: Usage): Run {
  const sorted = latenciesMs.sort()
  if (sorted.length === 0) throw new Error('No call ended while it was measured.')
  return {
    transactionsPerSecond: sorted.length / ((after.atMs - before.atMs) / 1_000),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    maxMs: percentile(sorted, 1),
    ...costOf(sorted.length, before, after),
  }
}

/** What so many transactions have cost. */
export function costOf(
  transactions: number,
  before: Usage,
  after: Usage,
): Omit<Run, 'transactionsPerSecond' | 'p50Ms' | 'p99Ms' | 'p999Ms' | 'maxMs'> {
  const seconds = (after.atMs - before.atMs) / 1_000
  const clientUs = difference(before.clientUs, after.clientUs)
  // By the roles that they have in the end: a change of leader is told beside the figures.
  const usedBy = (pids: readonly number[]) =>
    sum(pids.map((pid) => difference(before.serverUs.get(pid), after.serverUs.get(pid))))
  const leaderUs = usedBy(after.processes.leader)
  const followersUs = usedBy(after.processes.followers)
  const [was, is] = [before.machine, after.machine]
  const machineUs = difference(was?.totalUs, is?.totalUs)
  const busyUs = difference(was?.busyUs, is?.busyUs)
  return {
    clientUs: ratio(clientUs, transactions),
    leaderUs: ratio(leaderUs, transactions),
    followersUs: ratio(followersUs, transactions),
    slotsPerSecond: ratio(difference(before.progress?.slots, after.progress?.slots), seconds),
    steal: ratio(difference(was?.stolenUs, is?.stolenUs), machineUs),
    others: ratio(difference(sum([clientUs, leaderUs, followersUs]), busyUs), machineUs),
    load: loadAverage(),
    leaderChanged: before.progress?.term !== after.progress?.term,
  }
}
