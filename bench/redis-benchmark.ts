import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Contestant } from './contestant.ts'
import { type KeyOptions, Keys } from './keys.ts'
import { costOf, type Run, type Times, usageOf } from './measure.ts'
import { hostOf, portOf } from './systems/addresses.ts'
import { RMW_SCRIPT } from './systems/redis-driver.ts'
import type { System } from './systems/system.ts'
import type { Workload } from './workloads.ts'

/** To learn how fast it is: calls of each caller. */
const TRIAL_CALLS = 20

/** Redis under its own load generator, which checks nothing and counts calls, not seconds. */
export class RedisBenchmark implements Contestant {
  readonly name = 'redis-benchmark'
  readonly workloads: readonly Workload[] = ['rmw', 'put', 'read']
  readonly remarks = [
    'redis-benchmark is Redis by its own load generator in C, which has a connection for each caller; it checks no answer, and tells no p99.9.',
  ]
  readonly failures = new Map<string, number>()
  readonly system: System
  readonly #keys: Keys
  #child: ChildProcess | undefined

  constructor(system: System, keys: KeyOptions) {
    this.system = system
    this.#keys = new Keys(keys)
  }

  async prepare(): Promise<void> {
    await this.system.ready()
    await this.#generate(this.#words('put'), 1, this.#keys.ordinary)
  }

  async run(workload: Workload, callers: number, { warmUpSeconds, seconds }: Times): Promise<Run> {
    const words = this.#words(workload)
    const trial = await this.#generate(words, callers, callers * TRIAL_CALLS)
    const calls = (forSeconds: number) => Math.max(callers, Math.round(trial.transactionsPerSecond * forSeconds))
    await this.#generate(words, callers, calls(warmUpSeconds))
    const before = await usageOf(this.system)
    const count = calls(seconds)
    const told = await this.#generate(words, callers, count)
    return { ...costOf(count, before, await usageOf(this.system)), ...told, p999Ms: null }
  }

  async verify(): Promise<void> {
    // It does not tell what it wrote.
  }

  async end(): Promise<void> {
    this.#child?.kill('SIGKILL')
  }

  #words(workload: Workload): readonly string[] {
    const key = `${this.#keys.prefix}__rand_int__`
    if (workload === 'read') return ['GET', key]
    if (workload === 'put') return ['SET', key, this.#keys.value(0)]
    return ['EVAL', RMW_SCRIPT, '1', key, this.#keys.value(0)]
  }

  async #generate(
    words: readonly string[],
    callers: number,
    calls: number,
  ): Promise<Pick<Run, 'transactionsPerSecond' | 'p50Ms' | 'p99Ms' | 'maxMs'>> {
    const [address = ''] = this.system.addresses
    const place = ['-h', hostOf(address), '-p', String(portOf(address))]
    const load = ['-c', String(callers), '-n', String(calls), '-r', String(this.#keys.ordinary), '--csv']
    const child = spawn('redis-benchmark', [...place, ...load, ...words], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const said = await text(child.stdout)
    return decodeCsv(said)
  }
}

/** The figures in the last line that redis-benchmark prints. Throws an Error where there are none. */
export function decodeCsv(said: string): Pick<Run, 'transactionsPerSecond' | 'p50Ms' | 'p99Ms' | 'maxMs'> {
  const lines = said.trim().split('\n')
  const names = cells(lines.at(-2))
  // A script or an argument may hold quotes and commas: figures are counted from the end.
  const figures = cells(lines.at(-1)).slice(1 - names.length)
  const figure = (name: string) => Number(figures[names.indexOf(name) - 1] ?? Number.NaN)
  const found = {
    transactionsPerSecond: figure('rps'),
    p50Ms: figure('p50_latency_ms'),
    p99Ms: figure('p99_latency_ms'),
    maxMs: figure('max_latency_ms'),
  }
  if (Object.values(found).some(Number.isNaN)) throw new Error(`redis-benchmark said: ${said.trim().slice(0, 500)}`)
  return found
}

function cells(line = ''): readonly string[] {
  return line.split(',').map((cell) => cell.replaceAll('"', ''))
}
