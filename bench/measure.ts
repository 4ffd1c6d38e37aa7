import { setTimeout as pause } from 'node:timers/promises'
import type { Load } from './load.ts'
import { machineTime, ownProcessorTimeUs, processorTimeUs } from './processor.ts'
import type { Servers } from './servers.ts'

/** What one run has shown. Null: the machine does not tell. */
export interface Row {
  readonly callers: number
  readonly transactions: number
  readonly transactionsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Processor time per transaction, microseconds. */
  readonly clientUs: number
  readonly leaderUs: number | null
  /** Of all followers together. */
  readonly followersUs: number | null
  readonly slotsPerSecond: number
  /** Of the processors' time, what other guests of the host took, 0 to 1. */
  readonly steal: number | null
  /** What other processes of this machine took, 0 to 1. */
  readonly others: number | null
  readonly leaderChanged: boolean
}

/** Lets callers run through warm-up and measurement, then checks what they were told. */
export async function measure(
  load: Load,
  servers: Servers,
  { callers, warmUpSeconds, seconds }: { callers: number; warmUpSeconds: number; seconds: number },
): Promise<Row> {
  const leader = await servers.leader()
  const running = load.run(callers)
  // What a caller throws is heard below, and at once.
  const guard = Promise.race([running, servers.died])
  guard.catch(() => {})
  const during = <T>(work: Promise<T>): Promise<T> => Promise.race([work, guard.then(() => work)])
  try {
    await during(pause(warmUpSeconds * 1_000))
    const before = await during(look(servers, leader))
    load.take()
    await during(pause(seconds * 1_000))
    const after = await during(look(servers, leader))
    const row = rowOf(callers, load.take(), before, after)
    load.stop()
    await guard
    load.check()
    return { ...row, leaderChanged: (await servers.leader()) !== leader || after.ballot !== before.ballot }
  } finally {
    load.stop()
  }
}

interface Look {
  readonly atMs: number
  readonly slots: number
  readonly ballot: number
  readonly clientUs: number
  readonly leaderUs: number | null
  readonly followersUs: number | null
  readonly machine: ReturnType<typeof machineTime>
}

async function look(servers: Servers, leader: string): Promise<Look> {
  const { applied: slots, ballot } = await servers.status(leader)
  const followers = servers.addresses.filter((address) => address !== leader)
  return {
    atMs: performance.now(),
    slots,
    ballot,
    clientUs: ownProcessorTimeUs(),
    leaderUs: processorTimeUs(servers.pidOf(leader)),
    followersUs: sum(followers.map((address) => processorTimeUs(servers.pidOf(address)))),
    machine: machineTime(),
  }
}

function rowOf(callers: number, latenciesMs: readonly number[], before: Look, after: Look): Row {
  const sorted = Float64Array.from(latenciesMs).sort()
  const transactions = sorted.length
  if (transactions === 0) throw new Error(`No call of ${callers} callers ended while it was measured.`)
  const elapsedSeconds = (after.atMs - before.atMs) / 1_000
  const clientUs = after.clientUs - before.clientUs
  const leaderUs = difference(before.leaderUs, after.leaderUs)
  const followersUs = difference(before.followersUs, after.followersUs)
  const [was, is] = [before.machine, after.machine]
  const machineUs = difference(was?.totalUs, is?.totalUs)
  const oursUs = sum([clientUs, leaderUs, followersUs])
  return {
    callers,
    transactions,
    transactionsPerSecond: transactions / elapsedSeconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: percentile(sorted, 1),
    clientUs: clientUs / transactions,
    leaderUs: ratio(leaderUs, transactions),
    followersUs: ratio(followersUs, transactions),
    slotsPerSecond: (after.slots - before.slots) / elapsedSeconds,
    steal: ratio(difference(was?.stolenUs, is?.stolenUs), machineUs),
    others: ratio(difference(oursUs, difference(was?.busyUs, is?.busyUs)), machineUs),
    leaderChanged: false,
  }
}

/** The smallest latency that at least this share of all calls did not exceed. */
function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function difference(was: number | null | undefined, is: number | null | undefined): number | null {
  return typeof was === 'number' && typeof is === 'number' ? is - was : null
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole
}

function sum(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0)
}
