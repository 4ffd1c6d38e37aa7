import type { Message } from '../messages.ts'
import type { CoreOptions } from '../options.ts'
import type { Rules } from '../rules.ts'
import { apart, pass, settle, stand } from './courses.ts'
import { messagesOf, nodeOf, pairsOf, upNodeOf } from './names.ts'
import { idOf, nameOf } from './telling.ts'
import { World } from './world.ts'

/** The language of transcripts. Each command acts on the world, which tells what came of it. */
export class Commands {
  readonly #rules: Rules
  #world: World | null = null

  constructor(rules: Rules) {
    this.#rules = rules
  }

  /** What the command brought about, one line each; throws an Error on what it does not understand. */
  run(command: string): readonly string[] {
    if (command.startsWith('nodes ')) {
      this.#world = worldOf(command, this.#rules)
      return []
    }
    if (this.#world === null) throw new Error('the first command must be "nodes"')
    perform(this.#world, command)
    return this.#world.shown()
  }

  /** Every kind of event, message, write and notice so far. */
  get seen(): ReadonlySet<string> {
    return this.#world?.seen ?? new Set()
  }
}

/** What else `nodes` may name: bounds of the core, in its units. */
const SETTINGS: Readonly<Record<string, keyof CoreOptions>> = {
  rotate: 'rotateTicks',
  resend: 'resendTicks',
  recent: 'recentSlotsMax',
}

/** `nodes 3`, `nodes 3 recent 2 rows 2`; `rows` are those in one piece of a snapshot. */
function worldOf(command: string, rules: Rules): World {
  const [, size, settings = ''] = /^nodes (\d)((?: \w+ \d+)*)$/.exec(command) ?? []
  if (size === undefined) throw new Error(`unknown command "${command}"`)
  const options: Partial<Record<keyof CoreOptions, number>> = {}
  let rowsPerChunk = 2
  for (const [, name = '', value] of settings.matchAll(/(\w+) (\d+)/g)) {
    const option = SETTINGS[name]
    if (name === 'rows') rowsPerChunk = Number(value)
    else if (option !== undefined) options[option] = Number(value)
    else throw new Error(`unknown setting "${name}"`)
  }
  return new World(Number(size), options, rowsPerChunk, rules)
}

/** A command in full, and what it does with what its pattern picks out. */
type Command = readonly [pattern: RegExp, act: (world: World, first: string, second: string) => void]

const COMMANDS: readonly Command[] = [
  // Time. `tick A 5`, `tick A until heartbeat`; `pass 5` is for all nodes, and whatever is under way arrives.
  [
    /^tick ([A-Z]) (\d+|until .+)$/,
    (world, name, howLong) => pass(world, howLong, (count) => world.tick(upNodeOf(world, name), count)),
  ],
  [
    /^pass (\d+|until .+)$/,
    (world, howLong) =>
      pass(world, howLong, (count) => {
        for (const node of world.nodes) world.tick(node, count)
        settle(world)
      }),
  ],

  // The network. `deliver C->A,B accept 1.C`, `drop first C->A`; what is sent over a cut way is lost at once.
  [
    /^deliver (.+)$/,
    (world, which) => {
      for (const message of messagesOf(world, which)) world.deliver(message)
    },
  ],
  [
    /^drop (.+)$/,
    (world, which) => {
      const lost = messagesOf(world, which)
      world.network = world.network.filter((message) => !lost.includes(message))
      tellMessages(world, 'lost', lost)
    },
  ],
  [
    /^duplicate (.+)$/,
    (world, which) => {
      const doubles = messagesOf(world, which).map((message) => ({ ...message }))
      world.network.push(...doubles)
      tellMessages(world, 'twice', doubles)
    },
  ],
  [/^settle$/, settle],
  [/^network$/, (world) => tellMessages(world, 'under way', world.network)],
  [
    /^cut (\S+)$/,
    (world, route) => {
      for (const pair of pairsOf(world, route)) world.cuts.add(pair)
    },
  ],
  [/^heal$/, (world) => world.cuts.clear()],

  // The disk. The writes of a slow one take until `persist`, each, or until it is fast again.
  [
    /^slow ([A-Z])$/,
    (world, name) => {
      upNodeOf(world, name).isSlow = true
    },
  ],
  [/^persist ([A-Z])$/, (world, name) => world.persistOldest(upNodeOf(world, name))],
  [
    /^fast ([A-Z])$/,
    (world, name) => {
      const node = upNodeOf(world, name)
      while (node.underWay.length > 0) world.persistOldest(node)
      node.isSlow = false
    },
  ],
  // Writes under way are lost, but for so many of the oldest.
  [/^crash ([A-Z])(?: keeping (\d+))?$/, (world, name, kept) => world.crash(upNodeOf(world, name), Number(kept))],
  [
    /^restart ([A-Z])$/,
    (world, name) => {
      const node = nodeOf(world, name)
      if (node.core !== null) throw new Error(`${name} is up`)
      world.start(node)
      world.tell(world.standing(node))
    },
  ],

  // What the host tells a core.
  [/^propose ([A-Z]) (\w+)$/, propose],
  [/^confirm ([A-Z])$/, (world, name) => world.step(upNodeOf(world, name), { type: 'confirm' })],
  [/^handoff ([A-Z])$/, (world, name) => world.step(upNodeOf(world, name), { type: 'handoff' })],
  [
    /^handoff ([A-Z]) ([A-Z])$/,
    (world, name, to) => world.step(upNodeOf(world, name), { type: 'handoff', to: idOf(nodeOf(world, to).name) }),
  ],
  [
    /^unreachable ([A-Z]) ([A-Z])$/,
    (world, name, other) =>
      world.step(upNodeOf(world, name), { type: 'unreachable', node: idOf(nodeOf(world, other).name) }),
  ],

  // The ordinary course of things, and what became of it.
  [/^stand ([A-Z])$/, (world, name) => stand(world, upNodeOf(world, name))],
  [
    /^elect ([A-Z])$/,
    (world, name) => {
      const node = upNodeOf(world, name)
      apart(world, () => {
        stand(world, node)
        settle(world)
      })
      if (node.core?.role !== 'leader') throw new Error(`${name} was not elected`)
      onlyStandings(world)
    },
  ],
  [
    /^choose ([A-Z]) (\w+(?: \w+)*)$/,
    (world, name, decrees) => {
      apart(world, () => {
        for (const decree of decrees.split(' ')) {
          propose(world, name, decree)
          settle(world)
        }
      })
      onlyStandings(world)
    },
  ],
  [
    /^quietly (.+)$/,
    (world, command) => {
      perform(world, command)
      onlyStandings(world)
    },
  ],
  [/^show$/, tellStandings],
]

function perform(world: World, command: string): void {
  for (const [pattern, act] of COMMANDS) {
    const match = pattern.exec(command)
    if (match !== null) return act(world, match[1] ?? '', match[2] ?? '')
  }
  throw new Error(`unknown command "${command}"`)
}

function propose(world: World, name: string, decree: string): void {
  const node = upNodeOf(world, name)
  if (node.core?.canPropose === false) return world.tell(`${name} cannot propose now`)
  world.step(node, { type: 'propose', body: new TextEncoder().encode(decree), count: 1 })
}

function tellStandings(world: World): void {
  for (const node of world.nodes) world.tell(world.standing(node))
}

function onlyStandings(world: World): void {
  world.told = []
  tellStandings(world)
}

function tellMessages(world: World, what: string, messages: readonly Message[]): void {
  if (messages.length === 0) world.tell(`${what}: nothing`)
  for (const message of messages) {
    world.tell(`${what}: ${nameOf(message.from)} -> ${nameOf(message.to)}  ${world.describe(message)}`)
  }
}
