import { setTimeout as sleep } from 'node:timers/promises'
import { statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'
import { clockMs } from './clock.ts'
import type { DecreeSystem } from './decree-system.ts'
import { distributionOf } from './distribution.ts'
import { Load } from './load.ts'
import type { Loaded } from './load-thread.ts'
import type { Span } from './outages.ts'

/** Callers, each with all addresses; and the share of what they reach unpaced at which they are held. */
export const CALLERS = 16
export const SHARE_OF_PEAK = 0.5
/** How long a call may take at most while nodes are restarted one after the other, ms. */
export const ROLLING_MS_MAX = 150
const WARM_UP_MS = 3_000
const PEAK_MS = 3_000
/** What is looked at before each stop, and after a node is gone or has caught up, ms. */
const CALM_MS = 1_000
const TAIL_MS = 500
const CATCH_UP_MS_MAX = 60_000

/** One node's orderly stop and its return. */
export interface Restart {
  /** 1, 2, 3. */
  readonly nodeNumber: number
  readonly wasLeader: boolean
  /** The longest call while nothing happened, ms; while the node stopped, and while it started. */
  readonly calmMs: number
  readonly stopMs: number
  readonly startMs: number
  /** From SIGTERM until the process was gone, and from its start until it had caught up, ms. */
  readonly goneAfterMs: number
  readonly caughtUpAfterMs: number
}

export interface Rolling {
  readonly restarts: readonly Restart[]
  readonly calls: number
  readonly peakPerSecond: number
  /** Calls per second while nodes were restarted. */
  readonly perSecond: number
  /** Sentences about calls that ended with an error, and about counters that were wrong. */
  readonly failures: readonly string[]
}

/**
 * Restarts every node, one after the other, `rounds` times, while callers go on. Whoever leads comes next, unless it was
 * restarted in this round: most of those that stop lead. `tell`: of each restart.
 */
export async function runRolling(
  system: DecreeSystem,
  rounds: number,
  tell: (restart: Restart) => void,
): Promise<Rolling> {
  await system.start()
  const load = await Load.start({ servers: system.nodes, callers: CALLERS })
  try {
    await sleep(WARM_UP_MS)
    await load.take()
    const peakFromMs = clockMs()
    await sleep(PEAK_MS)
    const peak = await load.take()
    const peakPerSecond = (peak.answeredMs.length / (clockMs() - peakFromMs)) * 1_000
    load.pace((CALLERS / (peakPerSecond * SHARE_OF_PEAK)) * 1_000)
    await sleep(CALM_MS)
    const failures: string[] = [...peak.failures, ...(await load.take()).failures]
    const restarts: Restart[] = []
    let calls = 0
    const fromMs = clockMs()
    for (let round = 0; round < rounds; round += 1) {
      const left = new Set(system.nodes)
      while (left.size > 0) {
        const leader = await system.settled()
        const node = left.has(leader) ? leader : ([...left][0] ?? '')
        left.delete(node)
        const { restart, loaded } = await restartOne(system, load, node)
        restarts.push(restart)
        calls += loaded.answeredMs.length
        failures.push(...loaded.failures)
        tell(restart)
      }
    }
    const perSecond = (calls / (clockMs() - fromMs)) * 1_000
    for (const { acknowledged, unknown, value } of await load.stop()) {
      if (value >= acknowledged && value <= acknowledged + unknown) continue
      failures.push(
        `A counter holds ${value}; ${acknowledged} increments were acknowledged, ${unknown} may have happened.`,
      )
    }
    return { restarts, calls, peakPerSecond, perSecond, failures }
  } finally {
    await load.kill()
  }
}

async function restartOne(
  system: DecreeSystem,
  load: Load,
  node: string,
): Promise<{ readonly restart: Restart; readonly loaded: Loaded }> {
  const calmFromMs = clockMs()
  await sleep(CALM_MS)
  const wasLeader = (await system.settled()) === node
  const stopAtMs = clockMs()
  await system.end(node)
  const goneAtMs = clockMs()
  await sleep(TAIL_MS)
  const startAtMs = clockMs()
  await system.begin(node)
  await caughtUp(system.nodes, node)
  const caughtUpAtMs = clockMs()
  await sleep(TAIL_MS)
  const loaded = await load.take()
  const longest = (fromMs: number, toMs: number) => longestCallMs(loaded, { fromMs, toMs })
  return {
    loaded,
    restart: {
      nodeNumber: system.nodes.indexOf(node) + 1,
      wasLeader,
      calmMs: longest(calmFromMs, stopAtMs),
      stopMs: longest(stopAtMs, startAtMs),
      startMs: longest(startAtMs, clockMs()),
      goneAfterMs: goneAtMs - stopAtMs,
      caughtUpAfterMs: caughtUpAtMs - startAtMs,
    },
  }
}

/** Whatever the others had applied when they were asked, the node has. */
async function caughtUp(nodes: readonly string[], node: string): Promise<void> {
  await waitFor(
    `${node} to catch up`,
    async () => {
      const others = await Promise.all(nodes.filter((one) => one !== node).map((one) => statusOf(one, false)))
      const { complete, role } = await statusOf(node, false)
      return role !== 'forming' && complete >= Math.max(...others.map(({ applied }) => applied))
    },
    CATCH_UP_MS_MAX,
  )
}

/** The longest of the calls that were under way at any time within the span, ms. */
export function longestCallMs({ beganMs, answeredMs }: Omit<Loaded, 'failures'>, { fromMs, toMs }: Span): number {
  let longest = 0
  beganMs.forEach((began, n) => {
    const answered = answeredMs[n] ?? began
    if (answered >= fromMs && began <= toMs) longest = Math.max(longest, answered - began)
  })
  return longest
}

/** Whether no call failed and none took too long. */
export function isWithinBounds({ restarts, failures }: Rolling): boolean {
  return failures.length === 0 && restarts.every(({ stopMs, startMs }) => Math.max(stopMs, startMs) <= ROLLING_MS_MAX)
}

/** One restart in a line of progress. */
export function lineOfRestart(restart: Restart): string {
  const { nodeNumber, wasLeader, calmMs, stopMs, startMs, goneAfterMs, caughtUpAfterMs } = restart
  const what = `node ${nodeNumber}${wasLeader ? ', which led,' : ''}`
  const longest = `longest call ${ms(calmMs)} before, ${ms(stopMs)} as it stopped, ${ms(startMs)} as it returned`
  return `${what} restarted: ${longest}; gone after ${ms(goneAfterMs)}, caught up after ${ms(caughtUpAfterMs)}`
}

/** The heads and the rows of a table, cells as texts; without what never happened. */
export function tableOfRolling({ restarts }: Rolling): readonly (readonly string[])[] {
  const row = (what: string, values: readonly number[], bound: number | null): readonly (readonly string[])[] => {
    const { count, min, median, p95, max } = distributionOf(values)
    if (count === 0) return []
    const verdict =
      bound === null ? ['', ''] : [String(bound), `${values.filter((ms) => ms <= bound).length} of ${count}`]
    return [[what, String(count), ...[min, median, p95, max].map((value) => value.toFixed(0)), ...verdict]]
  }
  const of = (pick: (restart: Restart) => number, which: (restart: Restart) => boolean = () => true) =>
    restarts.filter(which).map(pick)
  const stops = ({ stopMs }: Restart) => stopMs
  return [
    ['longest call, ms', 'times', 'min', 'median', 'p95', 'max', 'bound', 'within'],
    ...row(
      'nothing happens',
      of(({ calmMs }) => calmMs),
      null,
    ),
    ...row(
      'the leader stops',
      of(stops, ({ wasLeader }) => wasLeader),
      ROLLING_MS_MAX,
    ),
    ...row(
      'a follower stops',
      of(stops, ({ wasLeader }) => !wasLeader),
      ROLLING_MS_MAX,
    ),
    ...row(
      'it returns',
      of(({ startMs }) => startMs),
      ROLLING_MS_MAX,
    ),
    ...row(
      'from SIGTERM until it is gone',
      of(({ goneAfterMs }) => goneAfterMs),
      null,
    ),
    ...row(
      'from its start until it has caught up',
      of(({ caughtUpAfterMs }) => caughtUpAfterMs),
      null,
    ),
  ]
}

/** What the table does not say, in sentences. */
export function sentencesOfRolling(rolling: Rolling): readonly string[] {
  const { restarts, calls, peakPerSecond, perSecond, failures } = rolling
  const longest = Math.max(...restarts.flatMap(({ stopMs, startMs }) => [stopMs, startMs]))
  const load = `${CALLERS} callers, each with all addresses; ${peakPerSecond.toFixed(0)} calls/s at their peak, then held at ${perSecond.toFixed(0)}`
  return [
    `${load}.`,
    `Failed calls: ${failures.length} of ${calls + failures.length}. Longest pause of any caller: ${ms(longest)} (bound ${ms(ROLLING_MS_MAX)}).`,
    ...failures.slice(0, 20),
  ]
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}
