import { nodeOf } from './names.ts'
import { nameOf } from './telling.ts'
import type { Node, World } from './world.ts'

/** Nothing in these stories takes longer. */
const TICKS_MAX = 1000
const DELIVERIES_MAX = 1000

/** Lets time pass: `5` ticks, or `until heartbeat`, until what they bring is told with that word or words. */
export function pass(world: World, howLong: string, tick: (count: number) => void): void {
  const [, wanted] = /^until (.+)$/.exec(howLong) ?? []
  const last = wanted === undefined ? Number(howLong) : TICKS_MAX
  for (let count = 1; count <= last; count += 1) {
    const before = world.told.length
    tick(count)
    const hasCome = (line: string) =>
      line
        .split(/[ ;,]+/)
        .join(' ')
        .concat(' ')
        .includes(` ${wanted} `)
    if (wanted !== undefined && world.told.slice(before).some(hasCome)) return
  }
  if (wanted !== undefined) throw new Error(`${TICKS_MAX} ticks brought no "${wanted}"`)
}

/** Delivers what is under way, and what follows from it, in order. No time passes. */
export function settle(world: World): void {
  for (let count = 1; count <= DELIVERIES_MAX; count += 1) {
    const message = world.network.find(({ to }) => nodeOf(world, nameOf(to)).core !== null)
    if (message === undefined) return
    world.deliver(message)
  }
  throw new Error(`${DELIVERIES_MAX} deliveries did not settle it`)
}

/**
 * Time passes for the node and those that it reaches, until it opens a ballot. Of all messages of that time, only its
 * pre-votes and their answers arrive; of all that happens, only the event that opened the ballot is told.
 */
export function stand(world: World, node: Node): void {
  const held = world.network
  const others = world.nodes.filter((other) => other !== node && isConnected(world, node, other))
  const opensBy = (happen: () => void): boolean => {
    world.told = []
    world.network = []
    happen()
    return node.core?.role === 'candidate'
  }
  const opensNow = (): boolean => {
    for (const other of others) world.tick(other, 1)
    if (opensBy(() => world.tick(node, 1))) return true
    const questions = world.network.filter(({ body }) => body.type === 'preVote')
    return questions.some((question) => {
      world.network = []
      world.deliver(question)
      const answers = world.network.filter(({ body }) => body.type === 'preVoteReply')
      return answers.some((answer) => opensBy(() => world.deliver(answer)))
    })
  }
  for (let count = 1; !opensNow(); count += 1) {
    if (count === TICKS_MAX) throw new Error(`${node.name} did not open a ballot`)
  }
  world.network = [...held, ...world.network]
}

function isConnected({ cuts }: World, node: Node, other: Node): boolean {
  return other.core !== null && !cuts.has(`${node.name}->${other.name}`) && !cuts.has(`${other.name}->${node.name}`)
}

/** What is under way keeps still while this happens, and is still under way afterwards. */
export function apart(world: World, happen: () => void): void {
  const held = world.network
  world.network = []
  happen()
  world.network = [...held, ...world.network]
}
