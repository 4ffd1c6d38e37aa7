import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckedContestant } from './contestant.ts'
import { runRounds, type Series } from './figures.ts'
import { Keys } from './keys.ts'
import { LoadProcesses } from './load/processes.ts'
import type { Options } from './options.ts'
import { type Memory, memoryOf } from './processor.ts'
import { mebibytes } from './soak.ts'
import type { Stage } from './stage.ts'
import type { DecreeSystem } from './systems/decree.ts'
import type { Table } from './table.ts'

/** What a large store has shown. */
export interface Large {
  readonly keys: number
  readonly loadSeconds: number
  /** Of each node after loading, and after the restart; null: the machine does not tell. */
  readonly loaded: readonly (Memory | null)[]
  readonly restarted: readonly (Memory | null)[]
  /** Of all files of the first node. */
  readonly diskBytes: number
  /** From the start of a follower that was killed until it had merged everything. */
  readonly followerSeconds: number
  /** From the start of all nodes, after all were killed, until one led. */
  readonly allSeconds: number
  readonly series: readonly Series[]
  readonly failures: ReadonlyMap<string, number>
}

/** Loads as many keys as there is time for, restarts, and measures. Throws an Error when an answer contradicts another. */
export async function runLarge(stage: Stage, options: Options, say: (what: string) => void): Promise<Large> {
  const { system } = await stage.decree()
  await system.ready()
  const { keys, loadSeconds } = await load(system, options)
  if (keys < 2 * Math.max(...options.callers)) throw new Error(`Only ${keys} keys could be loaded.`)
  say(`loaded ${keys} keys in ${loadSeconds.toFixed(1)} s; waiting for all nodes`)
  await system.even()
  const loaded = memoriesOf(system)
  const followerSeconds = await restartFollower(system)
  say(`a follower is back after ${followerSeconds.toFixed(2)} s`)
  const allSeconds = await restartAll(system)
  say(`all are back after ${allSeconds.toFixed(2)} s`)
  const contestant: CheckedContestant = stage.decreeOn(system, { keys })
  await contestant.open()
  const series = await runRounds([contestant], options, say)
  say('reading every key back')
  await contestant.verify(keys)
  return {
    keys,
    loadSeconds,
    loaded,
    restarted: memoriesOf(system),
    diskBytes: bytesBelow(system.directory) / system.addresses.length,
    followerSeconds,
    allSeconds,
    series,
    failures: contestant.failures,
  }
}

export function largeTable(large: Large): Table {
  const memory = (all: readonly (Memory | null)[], which: keyof Memory) =>
    all.map((one) => (one === null ? '-' : mebibytes(one[which]))).join(' / ')
  return {
    labels: 1,
    heads: ['a large store', ''],
    rows: [
      ['keys', String(large.keys)],
      ['load, keys/s', (large.keys / large.loadSeconds).toFixed(0)],
      ['disk of a node, MiB', mebibytes(large.diskBytes)],
      ['memory of its own of each node after loading, MiB', memory(large.loaded, 'ownBytes')],
      ['with the pages of its files, which the machine may take back, MiB', memory(large.loaded, 'residentBytes')],
      ['its own after the restart and the runs, MiB', memory(large.restarted, 'ownBytes')],
      ['with the pages of its files, MiB', memory(large.restarted, 'residentBytes')],
      ['restart of a follower until it has merged everything, s', large.followerSeconds.toFixed(2)],
      ['restart of all nodes until one leads, s', large.allSeconds.toFixed(2)],
    ],
  }
}

async function load(system: DecreeSystem, options: Options): Promise<{ keys: number; loadSeconds: number }> {
  const { keys, valueBytes, loadMinutes, loadProcesses } = options
  const setup = { keys, valueBytes, hasAccounts: false, prefix: '' }
  const processes = await LoadProcesses.start(loadProcesses, {
    driver: 'decree',
    addresses: system.addresses,
    keys: setup,
    callersMax: 1,
    timeoutMs: null,
  })
  try {
    const startedMs = performance.now()
    const work = processes.fill(new Keys(setup).ordinary, (loadMinutes ?? 0) * 60_000)
    const loaded = await Promise.race([work, system.died])
    return { keys: loaded, loadSeconds: (performance.now() - startedMs) / 1_000 }
  } finally {
    await processes.end()
  }
}

async function restartFollower(system: DecreeSystem): Promise<number> {
  const leader = await system.leader()
  const restart = await system.kill(system.addresses.find((address) => address !== leader) ?? leader)
  const startedMs = performance.now()
  restart()
  await Promise.race([system.even(), system.died])
  return (performance.now() - startedMs) / 1_000
}

async function restartAll(system: DecreeSystem): Promise<number> {
  const restarts = await Promise.all(system.addresses.map((address) => system.kill(address)))
  const startedMs = performance.now()
  for (const restart of restarts) restart()
  await Promise.race([system.leader(), system.died])
  return (performance.now() - startedMs) / 1_000
}

function memoriesOf(system: DecreeSystem): readonly (Memory | null)[] {
  return system.addresses.map((address) => memoryOf(system.pidOf(address)))
}

function bytesBelow(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}
