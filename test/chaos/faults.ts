import type { Field } from './field.ts'
import { between, CLIENTS, type Condition, type ConditionName, type Party, type Path } from './network.ts'

/** Something that befalls the cluster. */
export interface Fault {
  readonly name: string
  /** What the network must be able to do. */
  readonly needs?: ConditionName
  /** Of fewer nodes it would be the same as another one. */
  readonly nodesMin?: number
  /** Makes it happen, and mends it again. False: it cannot happen at present, and has not. */
  strike(field: Field): Promise<boolean>
}

export const FAULTS: readonly Fault[] = [
  { name: 'kill -9', strike: (field) => killSome(field, some(field, field.nodes.free, 1)) },
  { name: 'kill -9 of the leader', strike: (field) => killSome(field, freeLeader(field)) },
  {
    name: 'kill -9 of all',
    strike: (field) => killSome(field, isNobodyHeld(field) ? field.nodes.addresses : []),
  },
  { name: 'short lives', strike: (field) => shortLives(field, some(field, field.nodes.free, 1)) },
  { name: 'pause', strike: (field) => freeze(field, some(field, field.nodes.free, 1)) },
  { name: 'pause of the leader', strike: (field) => freeze(field, freeLeader(field)) },
  { name: 'rolling restart', strike: rollingRestart },
  {
    name: 'node cut off',
    strike: (field) => partition(field, some(field, field.nodes.addresses, 1)),
  },
  { name: 'leader cut off', strike: (field) => partition(field, leader(field)) },
  {
    name: 'minority cut off',
    nodesMin: 5,
    strike: (field) => partition(field, some(field, field.nodes.addresses, (field.nodes.addresses.length - 1) / 2)),
  },
  {
    name: 'link cut',
    strike: (field) => {
      const [one = '', other = ''] = some(field, field.nodes.addresses, 2)
      return spoil(field, between([one], [other]), CUT)
    },
  },
  { name: 'one way cut', strike: oneWayCut },
  { name: 'flapping', strike: flapping },
  {
    name: 'clients cut off',
    strike: (field) => {
      const [leading] = leader(field)
      const [other = ''] = some(field, field.nodes.addresses, 1)
      const node = leading !== undefined && field.random.chance(0.6) ? leading : other
      const paths = between([CLIENTS], [node])
      return spoil(field, field.random.chance(0.5) ? paths : paths.slice(0, 1), CUT)
    },
  },
  {
    name: 'connections refused',
    needs: 'refused',
    strike: (field) => {
      const node = some(field, field.nodes.addresses, 1)
      return spoil(field, between(node, everybody(field)), { type: 'refused' })
    },
  },
  {
    name: 'delay',
    needs: 'delayed',
    strike: (field) => {
      const delayMs = field.random.between(10, 250)
      return spoil(field, around(field), { type: 'delayed', delayMs })
    },
  },
  {
    name: 'slow connections',
    needs: 'slow',
    strike: (field) => {
      const bytesPerSecond = field.random.between(2_000, 40_000)
      return spoil(field, around(field), { type: 'slow', bytesPerSecond })
    },
  },
  {
    name: 'clients restarted',
    strike: ({ callers, random }) => callers.restart(random),
  },
]

/** How long a rolling restart waits for each node, ms, and how often it looks. */
const JOIN_MS_MAX = 10_000
const JOIN_LOOK_MS = 50

const CUT: Condition = { type: 'cut' }

function everybody({ nodes }: Field): readonly Party[] {
  return [...nodes.addresses, CLIENTS]
}

/** So many of these, drawn; fewer if there are no more. */
function some({ random }: Field, addresses: readonly string[], count: number): readonly string[] {
  const left = [...addresses]
  const drawn: string[] = []
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(random.below(left.length), 1))
  return drawn
}

function leader({ nodes }: Field): readonly string[] {
  return nodes.leader === undefined ? [] : [nodes.leader]
}

function freeLeader(field: Field): readonly string[] {
  return leader(field).filter((address) => field.nodes.free.includes(address))
}

function isNobodyHeld({ nodes }: Field): boolean {
  return nodes.free.length === nodes.addresses.length
}

/** Paths of one node: all of them, or in one direction. */
function around(field: Field): readonly Path[] {
  const { random } = field
  const node = some(field, field.nodes.addresses, 1)
  const paths = between(node, everybody(field))
  if (random.chance(0.5)) return paths
  const from = random.chance(0.5)
  return paths.filter((path) => (from ? path.from : path.to) === node[0])
}

async function killSome(field: Field, victims: readonly string[]): Promise<boolean> {
  const { nodes, random } = field
  if (victims.length === 0) return false
  await nodes.hold(victims, async () => {
    await Promise.all(victims.map((address) => nodes.kill(address)))
    for (const address of victims) {
      await field.pause(random.between(0, 1_500 / victims.length))
      nodes.start(address)
    }
  })
  return true
}

/** Killed again and again while it starts. */
async function shortLives(field: Field, victims: readonly string[]): Promise<boolean> {
  const { nodes, random } = field
  const [victim] = victims
  if (victim === undefined) return false
  const lives = 2 + random.below(2)
  await nodes.hold(victims, async () => {
    for (let life = 0; life < lives; life += 1) {
      await nodes.kill(victim)
      nodes.start(victim)
      await field.pause(random.between(100, 1_500))
    }
  })
  return true
}

async function freeze(field: Field, victims: readonly string[]): Promise<boolean> {
  const { nodes, random } = field
  const [victim] = victims
  if (victim === undefined) return false
  await nodes.hold(victims, async () => {
    nodes.freeze(victim)
    await field.pause(random.between(100, 400) * 10 ** random.fraction())
    nodes.thaw(victim)
  })
  return true
}

async function rollingRestart(field: Field): Promise<boolean> {
  const { nodes, random } = field
  if (!isNobodyHeld(field)) return false
  await nodes.hold(nodes.addresses, async () => {
    for (const address of nodes.addresses) {
      await nodes.listens(address)
      await nodes.stop(address)
      await field.pause(random.between(0, 300))
      nodes.start(address)
      // Operators wait for a node before they take the next one, if not for ever.
      const untilMs = performance.now() + JOIN_MS_MAX
      while (!field.isOver && !nodes.hasJoined(address) && performance.now() < untilMs) await field.pause(JOIN_LOOK_MS)
      if (field.isOver) return
    }
  })
  return true
}

/** Cuts these nodes off from all other nodes; from the clients too, half the time. */
async function partition(field: Field, apart: readonly string[]): Promise<boolean> {
  if (apart.length === 0) return false
  const others = field.nodes.addresses.filter((address) => !apart.includes(address))
  return spoil(field, between(apart, field.random.chance(0.5) ? [...others, CLIENTS] : others), CUT)
}

async function oneWayCut(field: Field): Promise<boolean> {
  const { random, nodes } = field
  const [leading] = leader(field)
  const [other = ''] = some(field, nodes.addresses, 1)
  const node = leading !== undefined && random.chance(0.6) ? leading : other
  const isDeaf = random.chance(0.5)
  const paths = between([node], everybody(field)).filter((path) => (isDeaf ? path.to : path.from) === node)
  // From some of them, or from all.
  const chosen = random.chance(0.5) ? paths : paths.filter(() => random.chance(0.6))
  return chosen.length > 0 && spoil(field, chosen, CUT)
}

async function flapping(field: Field): Promise<boolean> {
  const { random, nodes } = field
  const [one = '', other = ''] = some(field, nodes.addresses, 2)
  const flaps = 3 + random.below(6)
  for (let flap = 0; flap < flaps && (flap === 0 || !field.isOver); flap += 1) {
    const mend = field.network.impose(between([one], [other]), CUT)
    await field.pause(random.between(30, 400))
    mend(random.chance(0.2))
    await field.pause(random.between(30, 300))
  }
  return true
}

/** From a blink, which nobody suspects anything of, to what ends connections. */
async function spoil(field: Field, paths: readonly Path[], condition: Condition): Promise<boolean> {
  const { random } = field
  const mend = field.network.impose(paths, condition)
  await field.pause(random.between(200, 500) * 10 ** random.fraction())
  mend(random.chance(0.3))
  return true
}
