import { Core } from '../core.ts'
import type { Effects, Event } from '../effects.ts'
import type { Message } from '../messages.ts'
import type { CoreOptions } from '../options.ts'
import type { Rules } from '../rules.ts'
import type { Config } from '../types.ts'
import { Disk } from './disk.ts'
import { acceptance, ballot, idOf, marks, nameOf, role, Telling } from './telling.ts'

/** Time-outs without chance in them (but for some short ones), and a leader that stays. */
const OPTIONS: CoreOptions = {
  heartbeatTicks: 5,
  suspectTicksMin: 20,
  suspectTicksMax: 20,
  rotateTicks: 0,
  resendTicks: 20,
  recentSlotsMax: 256,
  recentBytesMax: 2 ** 25,
  syncBytesMax: 2 ** 22,
}

type Batch = NonNullable<Effects['persist']>

export interface Node {
  readonly name: string
  readonly seed: number
  /** What would be found after a crash now. */
  disk: Disk
  /** What the store shows: the disk, and the writes under way. */
  view: Disk
  /** Writes under way, oldest first. */
  underWay: Batch[]
  /** A fast disk has every write at once; a slow one when it is told to. */
  isSlow: boolean
  /** Null: crashed. */
  core: Core | null
  lives: number
}

/** A few real cores, their disks, and a network in which every message stays until something is done with it. */
export class World {
  readonly options: CoreOptions
  readonly nodes: readonly Node[]
  /** What is under way, in the order in which it was sent. */
  network: Message[] = []
  /** Ordered pairs between which nothing passes, as `A->B`. */
  readonly cuts = new Set<string>()
  /** What has happened since it was last emptied, as lines. */
  told: string[] = []
  /** Every kind of event, message, write and notice that has occurred, as `message promise`. */
  readonly seen = new Set<string>()
  readonly #rowsPerChunk: number
  readonly #rules: Rules
  readonly #telling: Telling

  constructor(size: number, options: Partial<CoreOptions>, rowsPerChunk: number, rules: Rules) {
    this.options = { ...OPTIONS, ...options }
    this.#rowsPerChunk = rowsPerChunk
    this.#rules = rules
    const names = [...'ABCDEFG'].slice(0, size)
    const members = names.map((name) => ({ id: idOf(name), address: `${name}:1` }))
    const config: Config = { cluster: 'c', version: 1, members }
    this.#telling = new Telling(config)
    this.nodes = names.map((name, index) => {
      const disk = new Disk(config)
      const seed = index + 1
      const node: Node = { name, seed, disk, view: disk, underWay: [], isSlow: false, core: null, lives: 0 }
      this.start(node)
      return node
    })
  }

  start(node: Node): void {
    node.view = node.disk.copy()
    node.underWay = []
    node.lives += 1
    const seed = node.seed + 100 * node.lives
    node.core = new Core(idOf(node.name), node.disk.restore(), this.options, seed, this.#rules)
  }

  /** Of the writes under way, only the `keeping` oldest reach the disk; nobody hears of it. */
  crash(node: Node, keeping: number): void {
    for (const { writes } of node.underWay.slice(0, keeping)) node.disk.apply(writes)
    for (const batch of node.underWay.slice(keeping)) this.tell(`lost: ${this.#writes(batch)}`)
    node.underWay = []
    node.core = null
  }

  /** One event, and everything that follows from it on this node while its disk is fast. */
  step(node: Node, event: Event): void {
    if (node.core === null) return
    this.seen.add(`event ${event.type}`)
    const { persist, send, notices } = node.core.step(event)
    if (persist !== null) {
      for (const { type } of persist.writes) this.seen.add(`write ${type}`)
      node.view.apply(persist.writes)
      node.underWay.push(persist)
      this.tell(`${node.name} writes ${this.#writes(persist)}`)
    }
    this.#send(send)
    for (const { type } of notices) this.seen.add(`notice ${type}`)
    if (notices.length > 0) {
      this.tell(`${node.name}: ${notices.map((notice) => this.#telling.notice(notice)).join('; ')}`)
    }
    for (const notice of notices) {
      if (notice.type !== 'serve') continue
      const { to, nonce, after, upTo, floor } = notice
      const piece = node.view.chunk(after, notice.cursor, this.#rowsPerChunk)
      const { cluster } = node.view.config
      const body = { type: 'syncChunk', nonce, after, upTo, floor, ...piece } as const
      this.#send([{ cluster, from: idOf(node.name), to, body }])
    }
    while (!node.isSlow && node.underWay.length > 0) this.persistOldest(node)
  }

  persistOldest(node: Node): void {
    const batch = node.underWay.shift()
    if (batch === undefined) throw new Error(`${node.name} has no write under way`)
    node.disk.apply(batch.writes)
    const lines = this.#gather(() => this.step(node, { type: 'persisted', token: batch.token }))
    if (node.isSlow) this.#under(`${node.name} <- disk  ${this.#writes(batch)}`, lines)
    else this.told.push(...lines)
  }

  /** @param count how often this node has been ticked for one command, this time included */
  tick(node: Node, count: number): void {
    const lines = this.#gather(() => this.step(node, { type: 'tick' }))
    if (lines.length > 0) this.#under(`${node.name} after ${count} ${count === 1 ? 'tick' : 'ticks'}`, lines)
  }

  /** Takes the message out of the network, and gives it to its receiver. */
  deliver(message: Message): void {
    const node = this.nodes.find(({ name }) => name === nameOf(message.to))
    if (node === undefined || node.core === null) throw new Error(`${nameOf(message.to)} is down`)
    this.network = this.network.filter((other) => other !== message)
    const lines = this.#gather(() => this.step(node, { type: 'message', message }))
    this.#under(`${node.name} <- ${nameOf(message.from)}  ${this.#telling.message(message)}`, lines)
  }

  tell(line: string): void {
    this.told.push(line)
  }

  /** What has been told since the last time, as it is shown. */
  shown(): readonly string[] {
    const lines = this.told.map((line) => this.#telling.numbered(line))
    this.told = []
    return lines
  }

  describe(message: Message): string {
    return this.#telling.numbered(this.#telling.message(message))
  }

  /** One line on how a node stands. */
  standing({ name, core, disk }: Node): string {
    const { promised, accepted, marks: merged } = core?.state ?? disk
    const facts = [`promised ${ballot(promised)}`, `accepted ${acceptance(accepted)}`, marks(merged)]
    return [`${name} ${core === null ? 'is down' : role(core.role, core.state.leader)}`, ...facts].join(', ')
  }

  /** Sends; what goes to several nodes alike is one line, and what comes to nothing at once is marked. */
  #send(messages: readonly Message[]): void {
    const lines = new Map<string, string[]>()
    for (const message of messages) {
      this.seen.add(`message ${message.body.type}`)
      const [from, to] = [nameOf(message.from), nameOf(message.to)]
      const receiver = this.nodes.find(({ name }) => name === to)
      const isLost = this.cuts.has(`${from}->${to}`) || receiver?.core === null
      if (!isLost) this.network.push(message)
      const line = `${this.#telling.message(message)}`
      const arrow = isLost ? '-x' : '->'
      const key = `${from} ${arrow} \n  ${line}`
      lines.set(key, [...(lines.get(key) ?? []), to])
    }
    for (const [line, receivers] of lines) this.tell(line.replace('\n', receivers.join(' ')))
  }

  #writes(batch: Batch): string {
    return batch.writes.map((write) => this.#telling.write(write)).join('; ')
  }

  /** The lines that tell of what `happen` does. */
  #gather(happen: () => void): string[] {
    const before = this.told
    this.told = []
    happen()
    const lines = this.told
    this.told = before
    return lines
  }

  #under(heading: string, lines: readonly string[]): void {
    this.told.push(heading, ...lines.map((line) => `  ${line}`))
  }
}
