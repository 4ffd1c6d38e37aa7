import { status as codes, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { type StatusResponse, StoreClient } from '../proto/gen/decree/v1/store.ts'
import { CHANNEL_OPTIONS } from './limits.ts'
import { plainTrouble } from './network-trouble.ts'

/** What is known of one server. */
export type ServerStatus =
  | {
      readonly address: string
      readonly reached: true
      readonly status: StatusResponse
      /** Why it gave no hash of its state, although it was asked for one. */
      readonly unhashed?: string
    }
  | { readonly address: string; readonly reached: false; readonly why: string }

/** How servers are asked. */
export interface StatusOptions {
  /** Also hash each one's whole state, which reads all its data. Default false. */
  readonly hash?: boolean
  /** How long each server is waited for. In milliseconds; default 2,000, and 60,000 for a hash. */
  readonly timeoutMs?: number | undefined
}

/** With connections of its own: a shared one may still be waiting out a refusal of a moment ago. */
const OPTIONS = { ...CHANNEL_OPTIONS, 'grpc.use_local_subchannel_pool': 1 }
const ANSWER_MS = 2_000
const HASH_MS = 60_000

/** Asks every server named, and every member that they name, for its status. In order of address. */
export async function askStatus(
  addresses: readonly string[],
  { hash = false, timeoutMs }: StatusOptions = {},
): Promise<readonly ServerStatus[]> {
  const found = new Map<string, ServerStatus>()
  let next = new Set(addresses)
  while (next.size > 0) {
    const asked = await Promise.all([...next].map((address) => askOne(address, false, timeoutMs ?? ANSWER_MS)))
    for (const server of asked) found.set(server.address, server)
    const named = asked.flatMap((server) => (server.reached ? server.status.members : []))
    next = new Set(named.map(({ address }) => address).filter((address) => !found.has(address)))
  }
  const servers = oncePerNode([...found.values()]).sort((a, b) => (a.address < b.address ? -1 : 1))
  if (!hash) return servers
  // All at the same time: states can be compared only as long as no slot is decided between their hashes.
  return Promise.all(
    servers.map(async (server) => {
      if (!server.reached) return server
      const hashed = await askOne(server.address, true, timeoutMs ?? HASH_MS)
      return hashed.reached ? hashed : { ...server, unhashed: hashed.why }
    }),
  )
}

/** Without the servers that are a node listed already, asked by another name; the name that it goes by itself stays. */
function oncePerNode(servers: readonly ServerStatus[]): ServerStatus[] {
  const names = new Map<string, string>()
  for (const server of servers) {
    if (!server.reached) continue
    const { id, address } = server.status
    if (!names.has(id) || server.address === address) names.set(id, server.address)
  }
  return servers.filter((server) => {
    return !server.reached || server.status.id === '' || names.get(server.status.id) === server.address
  })
}

function askOne(address: string, hash: boolean, timeoutMs: number): Promise<ServerStatus> {
  const client = new StoreClient(address, credentials.createInsecure(), OPTIONS)
  return new Promise((resolve) => {
    client.status({ hash }, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, status) => {
      client.close()
      if (error === null) resolve({ address, reached: true, status })
      else resolve({ address, reached: false, why: explain(error, timeoutMs) })
    })
  })
}

function explain({ code, details }: ServiceError, timeoutMs: number): string {
  switch (code) {
    case codes.DEADLINE_EXCEEDED:
      return `no answer within ${timeoutMs} ms`
    case codes.UNIMPLEMENTED:
      return 'what listens there is no Decree node of this version'
    default:
      return plainTrouble(details)
  }
}
