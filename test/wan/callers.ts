import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Network } from '../chaos/network.ts'
import type { Outcome, Told } from './caller.ts'
import { besideOf, callersOf, REGIONS } from './regions.ts'

const CALLER = fileURLToPath(new URL('./caller.js', import.meta.url))

export function keyOf(region: number): string {
  return `of ${REGIONS[region]?.name}`
}

type Times = Pick<Told, 'nearMs' | 'warmUpMs' | 'measuredMs'>

/**
 * Runs a caller in every region, at the same time or one after the other; gives what came of each, in the order of
 * `REGIONS`. Callers and servers first run near to each other, as hot as servers are that have run for long; then they
 * are moved apart by `moveApart`, until what that gives is called.
 */
export async function runCallers(
  network: Network,
  isTogether: boolean,
  times: Times,
  moveApart: () => () => void,
  stop: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  const all = [...REGIONS.keys()]
  for (const regions of isTogether ? [all] : all.map((n) => [n])) {
    let mend = () => {}
    const apart = setTimeout(() => {
      mend = moveApart()
    }, times.nearMs)
    try {
      outcomes.push(...(await Promise.all(regions.map((n) => runCaller(network, n, times, stop)))))
    } finally {
      clearTimeout(apart)
      mend()
    }
  }
  return outcomes
}

async function runCaller(network: Network, region: number, times: Times, stop: AbortSignal): Promise<Outcome> {
  const { addresses } = network
  // The nearest server first, as anybody would name them. No proxy stands between it and who is beside it.
  const servers = [besideOf(network, region), ...addresses.filter((_, other) => other !== region)]
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
