import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { Random } from '../support/random.ts'
import { NamespaceNetwork } from './namespaced.ts'
import { enter, hasNamespaces, starOf } from './namespaces.ts'
import type { Network } from './network.ts'
import { type Options, parseOptions } from './options.ts'
import { ProxyNetwork } from './proxied.ts'
import { tellAll, tellRound } from './report.ts'
import { type RoundResult, round } from './round.ts'

/** About how long a round takes, ms, of which this much is calm. */
const ROUND_MS = 60_000
const CALM_MS = 10_000
const STORM_MS_MIN = 10_000
/** However slow the machine: nobody waits longer than this many times what was asked for, and some minutes. */
const SLOWER_MAX = 4
const SLOWER_MS_MAX = 300_000

/** The first ones tell enough. */
const PROBLEMS_SHOWN_MAX = 15

const options = parseOptions(process.argv.slice(2))
const runMsMax = SLOWER_MAX * options.minutes * 60_000 + SLOWER_MS_MAX
// What an early end has left under way must not keep the process.
process.exit(await main())

async function main(): Promise<number> {
  if (process.platform !== 'linux') {
    process.stderr.write('This needs Linux: it asks /proc whose connections come to a node.\n')
    return 2
  }
  if (options.inside !== undefined || options.mode === 'proxy') return storms(options)
  const isPossible = hasNamespaces()
  if (isPossible) {
    const args = [...process.argv.slice(2), '--seed', String(options.seed)]
    return enter(options.nodes, args, runMsMax)
  }
  if (options.mode === 'auto') return storms(options)
  process.stderr.write('Network namespaces cannot be made here: that takes Linux, the command `ip` and root.\n')
  return 2
}

async function storms({ seed, minutes, nodes, inside, rotate, history }: Options): Promise<number> {
  const stop = stopSignal()
  say(`seed ${seed}: ${nodes} nodes, ${inside === undefined ? 'proxies on loopback' : 'network namespaces'}`)
  const rounds = Math.max(1, Math.round((minutes * 60_000) / ROUND_MS))
  const stormMs = Math.max(STORM_MS_MIN, (minutes * 60_000) / rounds - CALM_MS)
  const directory = history === undefined ? mkdtempSync(join(tmpdir(), 'decree-chaos-')) : null
  const results: RoundResult[] = []
  let isKept = false
  try {
    for (let number = 1; number <= rounds; number += 1) {
      const file = historyFile(history ?? join(directory ?? '', 'history.jsonl'), number)
      const network = await openNetwork(nodes, inside)
      const random = new Random(seed).stream(`round ${number}`)
      const result = await round(network, { stormMs, rotate }, random, file, stop).finally(() => network.close())
      results.push(result)
      for (const line of tellRound(number, result)) say(line)
      if (result.problems.length === 0) continue
      for (const problem of result.problems.slice(0, PROBLEMS_SHOWN_MAX)) say(`  PROBLEM: ${problem.slice(0, 2_000)}`)
      const hidden = result.problems.length - PROBLEMS_SHOWN_MAX
      if (hidden > 0) say(`  and ${hidden} more: npm run check-history -- ${file}`)
      isKept = true
      say(`  history: ${file}`)
      for (const log of result.logs) say(`  log: ${log}`)
    }
    for (const line of tellAll(results)) say(line)
    const failed = results.filter(({ problems }) => problems.length > 0)
    say(failed.length === 0 ? `seed ${seed} passed` : `seed ${seed} FAILED in ${failed.length} of ${rounds} rounds`)
    return failed.length === 0 ? 0 : 1
  } catch (thrown) {
    if (!stop.aborted) throw thrown
    say('stopped')
    return 130
  } finally {
    if (directory !== null && !isKept) rmSync(directory, { recursive: true, force: true })
  }
}

async function openNetwork(size: number, inside: string | undefined): Promise<Network> {
  return inside === undefined ? ProxyNetwork.open(size) : new NamespaceNetwork(starOf(inside, size))
}

/** Aborts when this process is told to end, when its time is over, or when whoever started it in a namespace is gone. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort(new Error('stopped'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  setTimeout(stop, runMsMax).unref()
  if (options.inside !== undefined) process.stdin.on('end', stop).resume().unref()
  return controller.signal
}

/** `chaos.jsonl`, then `chaos-2.jsonl`. */
function historyFile(file: string, round: number): string {
  if (round === 1) return file
  const ending = extname(file)
  return `${file.slice(0, file.length - ending.length)}-${round}${ending}`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
