import { credentials } from '@grpc/grpc-js'
import { type StatusResponse, StoreClient } from '../proto/gen/decree/v1/store.ts'
import { CHANNEL_OPTIONS } from './limits.ts'

/** What is known of one server. */
export type ServerStatus =
  | { readonly address: string; readonly reached: true; readonly status: StatusResponse }
  | { readonly address: string; readonly reached: false; readonly why: string }

/** How long each server is waited for, in milliseconds. */
const STATUS_TIMEOUT_MS = 2_000

/** Asks every server named, and every member that they name, for its status. In order of address. */
export async function askStatus(addresses: readonly string[]): Promise<readonly ServerStatus[]> {
  const found = new Map<string, ServerStatus>()
  let next = new Set(addresses)
  while (next.size > 0) {
    const asked = await Promise.all([...next].map(askOne))
    for (const server of asked) found.set(server.address, server)
    const named = asked.flatMap((server) => (server.reached ? server.status.members : []))
    next = new Set(named.map(({ address }) => address).filter((address) => !found.has(address)))
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
}

function askOne(address: string): Promise<ServerStatus> {
  const client = new StoreClient(address, credentials.createInsecure(), CHANNEL_OPTIONS)
  return new Promise((resolve) => {
    client.waitForReady(Date.now() + STATUS_TIMEOUT_MS, (unready) => {
      if (unready !== undefined && unready !== null) {
        client.close()
        resolve({ address, reached: false, why: 'unreachable' })
        return
      }
      const requestStatus = client.status.bind(client)
      requestStatus({ hash: true }, (error, status) => {
        client.close()
        resolve(error === null ? { address, reached: true, status } : { address, reached: false, why: error.details })
      })
    })
  })
}

const COLUMNS = ['address', 'id', 'role', 'ballot', 'applied', 'complete', 'lag', 'revision', 'state']

/** The servers as a table for people; the leader is marked by `*`. */
export function statusTable(servers: readonly ServerStatus[]): string {
  const rows = [['', ...COLUMNS], ...servers.map((server) => row(server, highestApplied(servers)))]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column + 1]?.length ?? 0)))
  return rows
    .map(([mark = '', ...cells]) => {
      const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0))
      return `${mark.padEnd(1)} ${padded.join('  ')}`.trimEnd()
    })
    .join('\n')
}

/** The servers as one line of JSON for machines; hashes whole, in hexadecimal. */
export function statusJson(servers: readonly ServerStatus[]): string {
  const highest = highestApplied(servers)
  return JSON.stringify(
    servers.map((server) => {
      if (!server.reached) return { address: server.address, reached: false, why: server.why }
      const { version, id, role, leader, ballot, applied, complete, revision, cluster, hashSlot } = server.status
      const { address } = server
      const state = { hash: server.status.stateHash.toString('hex'), slot: hashSlot }
      const lag = highest - complete
      return {
        address,
        reached: true,
        version,
        cluster,
        id,
        role,
        leader,
        ballot,
        applied,
        complete,
        lag,
        revision,
        state,
      }
    }),
  )
}

function row(server: ServerStatus, highest: number): string[] {
  if (!server.reached) return ['', server.address, '', server.why]
  const { id, role, ballot, applied, complete, revision, stateHash, hashSlot } = server.status
  const hash = stateHash.length === 0 ? '' : `${stateHash.toString('hex').slice(0, 12)} @${hashSlot}`
  const numbers = [ballot, applied, complete, highest - complete, revision].map(String)
  return [role === 'leader' ? '*' : '', server.address, id, role, ...numbers, hash]
}

/** What a server's lag is counted from. */
function highestApplied(servers: readonly ServerStatus[]): number {
  return Math.max(0, ...servers.map((server) => (server.reached ? server.status.applied : 0)))
}
