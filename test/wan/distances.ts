import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Network } from '../chaos/network.ts'
import { besideOf, callersOf, moveApart, REGIONS, ROUND_TRIPS_MS } from './regions.ts'

const ECHO = fileURLToPath(new URL('./echo.js', import.meta.url))

/** Round trips between two places. */
export interface Echo {
  readonly shortestMs: number
  readonly medianMs: number
}

/** How far the regions are from each other, as measured. */
export interface Distances {
  /** What the proxies add of their own to each of `ROUND_TRIPS_MS`: so much less is what they delay it by, ms. */
  readonly ownMs: readonly number[]
  /** Each of them, with that taken off; ms. */
  readonly roundTripsMs: readonly number[]
  /** Between a caller and the node beside it, ms. */
  readonly besideMs: number
}

/** Measures the network, by what listens where the nodes will: before they do. */
export async function measureDistances(network: Network): Promise<Distances> {
  const servers = REGIONS.map((_, region) => {
    const [host = '', port = ''] = besideOf(network, region).split(':')
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => socket.write(bytes))
    })
    return server.listen(Number(port), host)
  })
  try {
    await Promise.all(servers.filter(({ listening }) => !listening).map((server) => once(server, 'listening')))
    const found = await measureAt(network, [])
    // The shortest ones: what else delays others is not the proxies' own.
    const ownMs = ROUND_TRIPS_MS.map(([one, other, wantedMs]) => {
      return Math.max(0, (found[one]?.[other]?.shortestMs ?? wantedMs) - wantedMs)
    })
    const all = await measureAt(network, ownMs)
    const medianMs = (one: number, other: number) => all[one]?.[other]?.medianMs ?? Number.NaN
    const roundTripsMs = ROUND_TRIPS_MS.map(([one, other]) => medianMs(one, other))
    return { ownMs, roundTripsMs, besideMs: medianMs(0, 0) }
  } finally {
    await Promise.all(servers.map((server) => once(server.close(), 'close')))
  }
}

/** From each region to each. */
async function measureAt(network: Network, ownMs: readonly number[]): Promise<readonly (readonly Echo[])[]> {
  const mend = moveApart(network, ownMs)
  try {
    return await Promise.all(REGIONS.map((_, region) => measureFrom(network, region)))
  } finally {
    mend()
  }
}

async function measureFrom(network: Network, region: number): Promise<readonly Echo[]> {
  const addresses = network.addresses.map((address, other) => (other === region ? besideOf(network, region) : address))
  const child = spawn(process.execPath, [ECHO, JSON.stringify(addresses)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.pid === undefined) throw new Error('a process that measures the network could not be started')
  network.started(callersOf(region), child.pid)
  const said = text(child.stdout)
  child.stdin.write('\n')
  return JSON.parse(await said) as readonly Echo[]
}
