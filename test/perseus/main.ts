#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { machineLine } from '../../bench/report.ts'
import { exitWithUsage } from '../../client/usage.ts'
import { NamespaceNetwork } from '../chaos/namespaced.ts'
import { enter, hasNamespaces, starOf } from '../chaos/namespaces.ts'
import type { Network } from '../chaos/network.ts'
import { ProxyNetwork } from '../chaos/proxied.ts'
import { Callers } from './callers.ts'
import type { CallerSpec, Calls } from './client.ts'
import { EchoProcess } from './control.ts'
import { DecreeSystem } from './decree-system.ts'
import { EtcdSystem, etcdVersion } from './etcd-system.ts'
import { FAULTS, type Fault, type Role } from './faults.ts'
import { parseOptions } from './options.ts'
import { aligned, asMarkdown, asText, type Experiment, lineOf, markdown, type Pass } from './report.ts'
import {
  isWithinBounds,
  lineOfRestart,
  type Restart,
  runRolling,
  sentencesOfRolling,
  tableOfRolling,
} from './rolling.ts'
import type { System } from './system.ts'
import { drawTimelines } from './timeline.ts'
import { runTrial, type Trial } from './trial.ts'

const NODES = 3
/** No trial takes longer, as a rule; the time in which everything must be over follows from it. */
const TRIAL_MS_MAX = 30_000
const START_MS_MAX = 300_000

const args = process.argv.slice(2)
const options = await parseOptions(args).catch(exitWithUsage)
// What an early end has left under way must not keep the process.
process.exit(await main())

/** Exit status: 0 done, 1 a counter was wrong or a bound of the rolling restart was broken, 2 wrong usage, 130 stopped. */
async function main(): Promise<number> {
  if (process.platform !== 'linux') {
    process.stderr.write('This needs Linux: it asks /proc whose connections come to a node.\n')
    return 2
  }
  if (options.inside !== undefined || options.mode === 'proxy') return perseus()
  const trials = options.tries * options.faults.length * options.roles.length * 2 * options.calls.length
  if (hasNamespaces()) return enter(NODES, args, START_MS_MAX + trials * TRIAL_MS_MAX * (options.comparesEtcd ? 2 : 1))
  if (options.mode === 'auto') return perseus()
  process.stderr.write('Network namespaces cannot be made here: that takes Linux, the command `ip` and root.\n')
  return 2
}

async function perseus(): Promise<number> {
  const stop = stopSignal()
  if (options.rolling !== undefined) return rolling(stop, options.rolling)
  const passes: Pass[] = []
  const notes: string[] = []
  for (const calls of options.calls) {
    passes.push(await pass(stop, calls, options.tries, (network) => newDecree(network)))
  }
  if (options.comparesEtcd) {
    const version = etcdVersion()
    if (version === null) notes.push('etcd is not installed here (Debian: apt-get install etcd-server).')
    else {
      const isNamespaced = options.inside !== undefined
      const tries = options.compareTries ?? options.tries
      passes.push(await pass(stop, 'two', tries, (network) => new EtcdSystem(version, network, isNamespaced)))
    }
  }
  const experiment: Experiment = {
    command: command(),
    place: place(),
    passes,
    notes,
  }
  process.stdout.write(`${asText(experiment)}\n`)
  if (options.output !== undefined) write(options.output, experiment)
  return passes.every(({ wrong }) => wrong.length === 0) ? 0 : 1
}

/** Exit status: 0 no call failed or took too long, 1 some did. */
async function rolling(stop: AbortSignal, rounds: number): Promise<number> {
  const network = await openNetwork()
  const system = newDecree(network)
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
  try {
    const tell = (restart: Restart) => process.stderr.write(`${lineOfRestart(restart)}\n`)
    const result = await Promise.race([runRolling(system, rounds, tell), stopped])
    const [table, said] = [tableOfRolling(result), sentencesOfRolling(result)]
    const facts = [`Machine: ${machineLine()}`, `Network: ${place()}`, `Command: \`${command()}\``]
    process.stdout.write(`${[...facts, '', ...aligned(table), '', ...said].join('\n')}\n`)
    if (options.output !== undefined) {
      const listed = (lines: readonly string[]) => lines.map((line) => `- ${line}`)
      const lines = ['# Rolling restart', '', ...listed(facts), '', ...markdown(table), '', ...listed(said), '']
      writeFileSync(`${options.output}.md`, lines.join('\n'))
    }
    return isWithinBounds(result) ? 0 : 1
  } finally {
    await system.stop()
    await network.close()
  }
}

function command(): string {
  return ['npm run perseus --', ...shownArgs()].join(' ')
}

function place(): string {
  return options.inside === undefined ? 'proxies on loopback' : 'network namespaces'
}

async function openNetwork(): Promise<Network> {
  if (options.inside === undefined) return ProxyNetwork.open(NODES)
  return new NamespaceNetwork(starOf(options.inside, NODES))
}

function newDecree(network: Network): DecreeSystem {
  const wantsDisks = options.faults.includes('disk') && process.getuid?.() === 0
  return new DecreeSystem(network, options.server, wantsDisks)
}

/** All tries on one cluster, which then goes. */
async function pass(stop: AbortSignal, calls: Calls, tries: number, make: (network: Network) => System): Promise<Pass> {
  const network = await openNetwork()
  const system = make(network)
  let callers: Callers | undefined
  let echo: EchoProcess | undefined
  const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
  try {
    const run = async (): Promise<Pass> => {
      await system.start()
      echo = await EchoProcess.start()
      callers = await Callers.start(specsFor(system, calls, echo))
      const trials: Trial[] = []
      for (const { fault, role, which } of plan(system, tries)) {
        const trial = await runTrial(system, callers, fault, { role, which })
        trials.push(trial)
        process.stderr.write(`${system.title}, ${calls === 'one' ? 'one call' : 'two calls'}: ${lineOf(trial)}\n`)
      }
      return {
        system: system.title,
        calls,
        trials,
        skipped: [...skippedBy(system)],
        wrong: await verify(callers),
        specs: callers.specs,
      }
    }
    return await Promise.race([run(), stopped])
  } finally {
    await callers?.kill()
    await echo?.stop()
    await system.stop()
    await network.close()
  }
}

function specsFor(system: System, calls: Calls, echo: EchoProcess): readonly CallerSpec[] {
  const tied = system.nodes.map((node, n) => ({ system: system.name, key: `tied to ${n + 1}`, servers: [node], calls }))
  const control: CallerSpec = { system: 'control', key: 'control', servers: [echo.address], calls }
  return [...tied, { system: system.name, key: 'knows all', servers: system.nodes, calls }, control]
}

/** Every fault, of the leader and of a follower, as often as wanted; of the followers now this one and now that. */
function* plan(
  system: System,
  tries: number,
): Iterable<{ readonly fault: Fault; readonly role: Role; readonly which: number }> {
  for (let number = 0; number < tries; number += 1) {
    for (const fault of FAULTS) {
      if (!options.faults.includes(fault.name) || (fault.needs !== undefined && system.cannot.has(fault.needs)))
        continue
      if (fault.name === 'nothing') {
        yield { fault, role: 'follower', which: number }
        continue
      }
      for (const role of options.roles) yield { fault, role, which: number }
    }
  }
}

function* skippedBy(system: System): Iterable<string> {
  for (const { name, needs, title } of FAULTS) {
    if (!options.faults.includes(name) || needs === undefined) continue
    const why = system.cannot.get(needs)
    if (why !== undefined) yield `${title}: left out. ${why}`
  }
}

/** Sentences about counters that do not hold what their callers were told. */
async function verify(callers: Callers): Promise<readonly string[]> {
  const tallies = await callers.stop()
  return tallies.flatMap(({ acknowledged, unknown, value }, n) =>
    value >= acknowledged && value <= acknowledged + unknown
      ? []
      : [
          `The counter of the caller "${callers.specs[n]?.key}" holds ${value}; ${acknowledged} increments were acknowledged, ${unknown} may have happened.`,
        ],
  )
}

function write(name: string, experiment: Experiment): void {
  const drawings = experiment.passes.map((each) => {
    const file = `${name}-${each.system.split(' ')[0]?.toLowerCase()}-${each.calls}.svg`
    writeFileSync(file, drawTimelines(each))
    return file
  })
  writeFileSync(`${name}.md`, asMarkdown(experiment, drawings))
}

/** As somebody would type them, who is in no namespace yet. */
function shownArgs(): readonly string[] {
  const at = args.indexOf('--inside')
  return at < 0 ? args : args.toSpliced(at, 2)
}

/** Aborts when this process is told to end, or when whoever started it in a namespace is gone. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const end = () => controller.abort(new Error('stopped'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  if (options.inside !== undefined) process.stdin.on('end', end).resume().unref()
  return controller.signal
}
