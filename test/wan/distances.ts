import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Network } from '../chaos/network.ts'
import { besideOf, callersOf, moveApart, REGIONS, ROUND_TRIPS_MS } from './regions.ts'

const ECHO = fileURLToPath(new URL('./echo.js', import.meta.url))

/** What a round trip is longer by is a busy machine's doing, ms. */
const OWN_MS_MAX = 1

/** How far the regions are from each other, as measured. */
export interface Distances {
  /** What proxies and processes add to each of `ROUND_TRIPS_MS`, in the median: so much less is it delayed by, ms. */
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
    const ownMs = ROUND_TRIPS_MS.map(([one, other, wantedMs]) => {
      return Math.min(Math.max(0, (found[one]?.[other] ?? wantedMs) - wantedMs), OWN_MS_MAX)
    })
    const all = await measureAt(network, ownMs)
    const medianMs = (one: number, other: number) => all[one]?.[other] ?? Number.NaN
    const roundTripsMs = ROUND_TRIPS_MS.map(([one, other]) => medianMs(one, other))
    return { ownMs, roundTripsMs, besideMs: medianMs(0, 0) }
  } finally {
    await Promise.all(servers.map((server) => once(server.close(), 'close')))
  }
}

/** The median round trip from each region to each, ms. */
async function measureAt(network: Network, ownMs: readonly number[]): Promise<readonly (readonly number[])[]> {
  const mend = moveApart(network, ownMs)
  try {
    return await Promise.all(REGIONS.map((_, region) => measureFrom(network, region)))
  } finally {
    mend()
  }
}

async function measureFrom(network: Network, region: number): Promise<readonly number[]> {
  const addresses = network.addresses.map((address, other) => (other === region ? besideOf(network, region) : address))
  const child = spawn(process.execPath, [ECHO, JSON.stringify(addresses)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.pid === undefined) throw new Error('a process that measures the network could not be started')
  network.started(callersOf(region), child.pid)
  const said = text(child.stdout)
  child.stdin.write('\n')
  return JSON.parse(await said) as readonly number[]
}
