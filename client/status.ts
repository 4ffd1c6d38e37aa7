import type { ServerStatus } from './status-ask.ts'
import { judge } from './status-health.ts'

export { askStatus } from './status-ask.ts'

/** Of the second table: each node's cache of compiled programs. */
const CACHE_COLUMNS = ['program cache', 'shapes', 'bytes', 'text hits', 'shape hits', 'misses']

const COLUMNS = ['address', 'role', 'ballot', 'applied', 'complete', 'lag', 'revision', 'version', 'id']

/** The servers as tables for people, the leader marked by `*`, and a sentence on the whole. */
export function statusTable(servers: readonly ServerStatus[]): string {
  const hasHashes = servers.some((server) => server.reached && server.status.stateHash.length > 0)
  const rows = servers.map((server) => row(server, highestApplied(servers)))
  const nodes = table(hasHashes ? [...COLUMNS, 'state'] : COLUMNS, rows)
  const caches = servers.flatMap(cacheRow)
  return [...nodes, ...(caches.length === 0 ? [] : table(CACHE_COLUMNS, caches)), judge(servers).summary].join('\n')
}

function table(columns: readonly string[], rows: readonly Row[]): readonly string[] {
  const widths = columns.map((name, column) => {
    return Math.max(name.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0))
  })
  return [{ mark: '', cells: columns, remark: '' }, ...rows].map(({ mark, cells, remark }) => {
    const padded = [...cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)), remark]
    return `${mark.padEnd(1)} ${padded.join('  ')}`.trimEnd()
  })
}

interface Row {
  readonly mark: string
  readonly cells: readonly string[]
  /** Stands behind the cells, over the columns that they leave. */
  readonly remark: string
}

function row(server: ServerStatus, highest: number): Row {
  if (!server.reached) return { mark: '', cells: [server.address], remark: `unreachable: ${server.why}` }
  const { address, id, role, ballot, applied, complete, revision, version, stateHash, hashSlot } = server.status
  const numbers = [ballot, applied, complete, highest - complete, revision].map(String)
  const state = stateHash.length === 0 ? '' : `${stateHash.toString('hex').slice(0, 12)} @${hashSlot}`
  return { mark: role === 'leader' ? '*' : '', cells: [address, role, ...numbers, version, id, state], remark: '' }
}

/** Nothing of a node that has had no programs: all but the leader, as a rule. */
function cacheRow(server: ServerStatus): readonly Row[] {
  const programs = server.reached ? server.status.programs : undefined
  if (programs === undefined) return []
  const { shapes, bytes, textHits, shapeHits, misses } = programs
  if (textHits + shapeHits + misses === 0) return []
  const numbers = [shapes, bytes, textHits, shapeHits, misses].map(String)
  const isLeader = server.reached && server.status.role === 'leader'
  return [{ mark: isLeader ? '*' : '', cells: [server.address, ...numbers], remark: '' }]
}

/** The servers and a judgement on the whole as one line of JSON for machines; hashes in full, in hexadecimal. */
export function statusJson(servers: readonly ServerStatus[]): string {
  const { isHealthy, leader, up, members, states, summary } = judge(servers)
  const highest = highestApplied(servers)
  const nodes = servers.map((server) => {
    if (!server.reached) return server
    const { version, id, role, ballot, applied, complete, revision, programs, cluster, hashSlot, stateHash } =
      server.status
    return {
      address: server.address,
      reached: true,
      version,
      cluster,
      id,
      role,
      leader: server.status.leader,
      ballot,
      applied,
      complete,
      lag: highest - complete,
      revision,
      // An older node does not tell.
      programs: programs === undefined ? null : { ...programs },
      state: stateHash.length === 0 ? null : { hash: stateHash.toString('hex'), slot: hashSlot },
      ...(server.unhashed === undefined ? {} : { unhashed: server.unhashed }),
    }
  })
  return JSON.stringify({ healthy: isHealthy, summary, leader, up, members, states, nodes })
}

/** What a server's lag is counted from. */
function highestApplied(servers: readonly ServerStatus[]): number {
  return Math.max(0, ...servers.map((server) => (server.reached ? server.status.applied : 0)))
}
