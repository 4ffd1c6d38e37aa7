import type { StatusResponse } from '../proto/gen/decree/v1/store.ts'
import type { ServerStatus } from './status-ask.ts'

/** What the servers' answers together say of their cluster. */
export interface Health {
  /** Address of the node that leads; null if none does. */
  readonly leader: string | null
  /** Members that answered. */
  readonly up: number
  readonly members: number
  /**
   * Whether the nodes that answered hold the same state, as far as they were asked for its hash. `incomparable`: they
   * were at different slots when they looked, as is usual while programs run. `incomplete`: some were asked and gave none.
   */
  readonly states: 'not asked' | 'agree' | 'differ' | 'incomparable' | 'incomplete'
  /** A leader, a majority and no contradiction: programs can be run. */
  readonly isHealthy: boolean
  /** Nothing is wrong but that none leads, as for a moment at each hand-over. */
  readonly isLeaderless: boolean
  /** The same in one sentence. */
  readonly summary: string
}

/** Judges a cluster by what its servers answered. */
export function judge(servers: readonly ServerStatus[]): Health {
  const answers = servers.flatMap((server) => (server.reached ? [server.status] : []))
  const formed = answers.filter(({ cluster }) => cluster !== '')
  const clusters = new Set(formed.map(({ cluster }) => cluster))
  const leader = first(formed.filter(({ role }) => role === 'leader'))
  // Who knows the highest ballot knows best who is a member.
  const members = (leader ?? first(formed))?.members ?? []
  const up = members.filter(({ id }) => formed.some((node) => node.id === id)).length
  const unhashed = servers.flatMap((server) => {
    if (!server.reached || server.status.cluster === '' || server.unhashed === undefined) return []
    return [`${server.address} (${server.unhashed})`]
  })
  const states = compareStates(formed, unhashed.length > 0)
  const head = { leader: leader?.address ?? null, up, members: members.length, states, isLeaderless: false }
  const unhealthy = (summary: string) => ({ ...head, isHealthy: false, summary })

  if (answers.length === 0) return unhealthy('no node can be reached')
  if (clusters.size > 1)
    return unhealthy(`these are nodes of ${clusters.size} clusters, which know nothing of each other`)
  if (formed.length === 0) return unhealthy('these nodes have not formed a cluster yet: they wait for the others')
  const count = `${up} of ${members.length} nodes ${up === 1 ? 'is' : 'are'} up`
  if (2 * up <= members.length) return unhealthy(`${count}: no majority, so nothing can be run`)
  if (leader === undefined) return { ...unhealthy(`${count}, and none leads`), isLeaderless: true }
  const lead = `${count}, ${leader.address} leads`
  switch (states) {
    case 'differ':
      return unhealthy(`${lead}, and nodes at the same slot hold different states, which is a fault of Decree`)
    case 'incomplete': {
      const nodes = unhashed.length === 1 ? 'node' : 'nodes'
      return unhealthy(`${lead}; ${unhashed.length} ${nodes} did not give a hash: ${unhashed.join(', ')}`)
    }
    case 'agree':
      return { ...head, isHealthy: true, summary: `${lead}, all that are up hold the same state` }
    case 'incomparable':
      return {
        ...head,
        isHealthy: true,
        summary: `${lead}; their states are of different slots: ask when all is quiet`,
      }
    case 'not asked':
      return { ...head, isHealthy: true, summary: lead }
    default:
      return states satisfies never
  }
}

/** That of the highest ballot: an earlier leader may not have heard of it yet. */
function first(nodes: readonly StatusResponse[]): StatusResponse | undefined {
  return [...nodes].sort((a, b) => b.ballot - a.ballot)[0]
}

function compareStates(nodes: readonly StatusResponse[], isIncomplete: boolean): Health['states'] {
  const hashed = nodes.filter(({ stateHash }) => stateHash.length > 0)
  if (hashed.length === 0) return isIncomplete ? 'incomplete' : 'not asked'
  // A node that still misses decrees below its highest one holds no slot's state.
  const whole = hashed.filter(({ hashSlot, complete }) => hashSlot === complete)
  const slots = new Set(whole.map(({ hashSlot }) => hashSlot))
  const states = new Set(whole.map(({ hashSlot, stateHash }) => `${hashSlot} ${stateHash.toString('hex')}`))
  if (states.size > slots.size) return 'differ'
  if (isIncomplete) return 'incomplete'
  return slots.size === 1 && whole.length === nodes.length ? 'agree' : 'incomparable'
}
