import type { Nodes } from '../chaos/nodes.ts'
import { waitFor } from '../support/wait.ts'

const SETTLE_MS_MAX = 60_000
/** A leader that stops hands over to the next node in a ring: two suffice where nothing goes wrong. */
const HAND_OVERS_MAX = 10

/** Resolves when all nodes take part, with the one that leads. */
export async function settled(nodes: Nodes): Promise<string> {
  await Promise.all(nodes.addresses.map((address) => nodes.listens(address)))
  const isSettled = () => nodes.addresses.every((address) => nodes.hasJoined(address)) && nodes.leader
  return waitFor('all nodes to take part', isSettled, SETTLE_MS_MAX)
}

/** Lets leaders hand over until `wanted` leads. To be called while the network is quick: distant nodes are passed over. */
export async function placeLeader(nodes: Nodes, wanted: string): Promise<void> {
  for (let times = 0; times < HAND_OVERS_MAX; times += 1) {
    const leader = await settled(nodes)
    if (leader === wanted) return
    await nodes.stop(leader)
    nodes.start(leader)
  }
  throw new Error(`after ${HAND_OVERS_MAX} hand-overs ${wanted} does not lead`)
}
