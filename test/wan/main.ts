#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { connect } from '../../client/index.ts'
import { exitWithUsage } from '../../client/usage.ts'
import { Nodes } from '../chaos/nodes.ts'
import { ProxyNetwork } from '../chaos/proxied.ts'
import type { Outcome } from './caller.ts'
import { keyOf, runCallers } from './callers.ts'
import { type Distances, measureDistances } from './distances.ts'
import { placeLeader, settled } from './leader.ts'
import { type Placement, parseOptions } from './options.ts'
import { moveApart, REGIONS } from './regions.ts'
import { asMarkdown, asText, type Run } from './report.ts'

const SERVER = fileURLToPath(new URL('../../node/main.js', import.meta.url))

/** How long callers and servers run near to each other before they are moved apart, ms. */
const NEAR_MS = 6_000
/** Within this time servers that choose the place of their leader have done so, ms. */
const CHOICE_MS_MAX = 25_000

const args = process.argv.slice(2)
const options = await parseOptions(args).catch(exitWithUsage)
// What an early end has left under way must not keep the process.
process.exit(await main())

/** Exit status: 0 done, 1 a counter was wrong, 2 wrong usage. */
async function main(): Promise<number> {
  if (process.platform !== 'linux') {
    process.stderr.write('This needs Linux: it asks /proc whose connections come to a node.\n')
    return 2
  }
  const isNearest = options.placements.includes('nearest')
  if (isNearest && !knowsPlacement()) {
    process.stderr.write(
      'The servers cannot choose the place of their leader by themselves yet: they have no --leader.\n',
    )
    return 2
  }
  const network = await ProxyNetwork.open(REGIONS.length)
  const nodes = new Nodes(network, ['--rotate', 'off', ...(isNearest ? ['--leader', 'nearest'] : [])])
  const stop = stopSignal()
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
  try {
    return await Promise.race([experiment(network, nodes, stop), stopped])
  } finally {
    await nodes.end()
    await network.close()
  }
}

async function experiment(network: ProxyNetwork, nodes: Nodes, stop: AbortSignal): Promise<number> {
  process.stderr.write('measuring the network ...\n')
  const distances = await measureDistances(network)
  for (const address of network.addresses) nodes.start(address)
  const runs: Run[] = []
  for (const placement of options.placements) {
    const place = placement === 'nearest' ? 'where the servers put it' : `in ${REGIONS[placement]?.name}`
    process.stderr.write(`leader ${place}: ${options.warmUpSeconds} s of warm-up, ${options.seconds} s measured ...\n`)
    runs.push(await run(network, nodes, distances, placement, stop))
  }
  const wrong = await verify(network, runs)
  const notes = wrong.length === 0 ? ['Every counter holds what its callers were told.'] : wrong
  const result = { command: ['npm run wan --', ...args].join(' '), distances, runs, notes }
  process.stdout.write(`${asText(result)}\n`)
  if (options.output !== undefined) writeFileSync(options.output, asMarkdown(result))
  return wrong.length === 0 ? 0 : 1
}

async function run(
  network: ProxyNetwork,
  nodes: Nodes,
  { ownMs }: Distances,
  placement: Placement,
  stop: AbortSignal,
): Promise<Run> {
  await settled(nodes)
  // What servers choose by themselves begins in the worst place, so that they have to.
  await placeLeader(nodes, network.addresses[placement === 'nearest' ? REGIONS.length - 1 : placement] ?? '')
  const { warmUpSeconds, seconds, isTogether } = options
  const warmUpMs = Math.max(warmUpSeconds * 1_000, placement === 'nearest' ? CHOICE_MS_MAX : 0)
  const times = { nearMs: NEAR_MS, warmUpMs, measuredMs: seconds * 1_000 }
  const outcomes = await runCallers(network, isTogether, times, () => moveApart(network, ownMs), stop)
  const leader = network.addresses.indexOf(nodes.leader ?? '')
  return { leader, isNearest: placement === 'nearest', outcomes, load: loadavg()[0] ?? 0 }
}

/** Sentences about counters that do not hold what their callers were told. */
async function verify(network: ProxyNetwork, runs: readonly Run[]): Promise<readonly string[]> {
  const db = await connect({ servers: network.addresses })
  const sum = (region: number, pick: (outcome: Outcome) => number) =>
    runs.reduce((total, { outcomes }) => total + (outcomes[region] === undefined ? 0 : pick(outcomes[region])), 0)
  const wrong: string[] = []
  for (const [n, { name }] of REGIONS.entries()) {
    const value = Number((await db.get(keyOf(n))) ?? 0)
    const acknowledged = sum(n, (outcome) => outcome.acknowledged)
    const unknown = sum(n, (outcome) => outcome.unknown)
    if (value >= acknowledged && value <= acknowledged + unknown) continue
    const told = `${acknowledged} increments were acknowledged, ${unknown} may have happened`
    wrong.push(`The counter of the caller in ${name} holds ${value}; ${told}.`)
  }
  await db.close()
  return wrong
}

function knowsPlacement(): boolean {
  return spawnSync(process.execPath, [SERVER, '--help'], { encoding: 'utf8' }).stdout.includes('--leader ')
}

function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const end = () => controller.abort(new Error('stopped'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  return controller.signal
}
