import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { probe } from '../../client/cluster.ts'

const POLL_MS = 20

/** Hosts of this machine whose ports, from the same one on, nobody uses: `ports` of them on each host. */
export interface Free {
  /** `host:port`, one for each. */
  readonly addresses: readonly string[]
  /** The nth port of the same host, from 0: `addresses` has the first ones. */
  readonly other: (address: string, n: number) => string
}

/** Addresses that nobody uses: of a loopback network drawn by chance, or ports where there is but one address. */
export async function freeAddresses(count: number, ports = 1): Promise<Free> {
  const hasNetwork = (await probe('127.0.0.2:50051')) !== 'absent'
  const other: Free['other'] = (address, n) => {
    const colon = address.lastIndexOf(':')
    return `${address.slice(0, colon)}:${Number(address.slice(colon + 1)) + n}`
  }
  for (;;) {
    const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`
    const port = randomInt(20_000, 30_000)
    const addresses = Array.from({ length: count }, (_, n) =>
      hasNetwork ? `${network}.${n + 1}:${port}` : `127.0.0.1:${port + n * ports}`,
    )
    const all = addresses.flatMap((address) => Array.from({ length: ports }, (_, n) => other(address, n)))
    if ((await Promise.all(all.map(probe))).every((each) => each === 'free')) return { addresses, other }
  }
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** Asks every few milliseconds until there is an answer. An error is no answer yet. Throws after `msMax`, naming `what` was awaited. */
export async function until<T>(what: string, msMax: number, ask: () => Promise<T | undefined>): Promise<T> {
  let cause: unknown
  for (const deadlineMs = performance.now() + msMax; performance.now() < deadlineMs; await pause(POLL_MS)) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
  }
  throw new Error(`Waited ${msMax} ms for ${what}, in vain.`, { cause })
}
