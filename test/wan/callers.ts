import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Network } from '../chaos/network.ts'
import type { Outcome, Told } from './caller.ts'
import { callersOf, REGIONS } from './regions.ts'

const CALLER = fileURLToPath(new URL('./caller.js', import.meta.url))

export function keyOf(region: number): string {
  return `of ${REGIONS[region]?.name}`
}

/** Runs a caller in every region, at the same time or one after the other; gives what came of each, in the order of `REGIONS`. */
export async function runCallers(
  network: Network,
  isTogether: boolean,
  times: Pick<Told, 'warmUpMs' | 'measuredMs'>,
  stop: AbortSignal,
): Promise<readonly Outcome[]> {
  if (isTogether) return Promise.all(REGIONS.map((_, n) => runCaller(network, n, times, stop)))
  const outcomes: Outcome[] = []
  for (const n of REGIONS.keys()) outcomes.push(await runCaller(network, n, times, stop))
  return outcomes
}

async function runCaller(
  network: Network,
  region: number,
  times: Pick<Told, 'warmUpMs' | 'measuredMs'>,
  stop: AbortSignal,
): Promise<Outcome> {
  const { addresses } = network
  // The nearest server first, as anybody would name them.
  const servers = [addresses[region] ?? '', ...addresses.filter((_, other) => other !== region)]
  const told: Told = { key: keyOf(region), servers, ...times }
  const child = spawn(process.execPath, [CALLER, JSON.stringify(told)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const end = () => child.kill('SIGKILL')
  stop.addEventListener('abort', end)
  try {
    if (child.pid === undefined) throw new Error('a caller could not be started')
    network.started(callersOf(region), child.pid)
    const exited = once(child, 'exit')
    const said = text(child.stdout)
    child.stdin.write('\n')
    const [status] = (await exited) as [number | null]
    if (status !== 0) throw new Error(`the ${callersOf(region)} failed`)
    return JSON.parse(await said) as Outcome
  } finally {
    stop.removeEventListener('abort', end)
  }
}
