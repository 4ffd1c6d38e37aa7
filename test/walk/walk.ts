import {
  type Config,
  Core,
  type CoreOptions,
  type Effects,
  type Event,
  type Message,
  type NodeId,
} from '../../node/core/index.ts'
import { RULES, type Rules } from '../../node/core/rules.ts'
import { Disk, text } from '../../node/core/testing/disk.ts'
import { Random } from '../support/random.ts'
import { fail, Invariants, Stalled } from './invariants.ts'

/** Short times and small rings, so that a few hundred events reach every corner. */
const OPTIONS: Partial<CoreOptions> = {
  heartbeatTicks: 2,
  suspectTicksMin: 4,
  suspectTicksMax: 8,
  resendTicks: 4,
  recentSlotsMax: 4,
  syncBytesMax: 20,
}

const ROWS_PER_CHUNK = 2

interface Node {
  readonly id: NodeId
  /** What would be found after a crash now. */
  disk: Disk
  /** What the store shows: the disk and every write under way. */
  view: Disk
  pending: { token: number; writes: NonNullable<Effects['persist']>['writes'] }[]
  core: Core | null
  /** Reads that wait for a round, with what had been answered to others when they arrived. */
  reads: { chosen: number; round: number }[]
}

/** What happened in a walk that makes it worth having walked. */
export interface Witnesses {
  chosen: number
  leaders: number
  reproposed: number
  missing: number
  mergedOwn: number
  ringSync: number
  snapshotSync: number
  unionSync: number
  handoffs: number
  crashes: number
  readsConfirmed: number
}

/** One seeded random walk of a cluster of real cores: a storm, then a calm in which all must become well. */
export class Walk {
  readonly witnesses: Witnesses = {
    chosen: 0,
    leaders: 0,
    reproposed: 0,
    missing: 0,
    mergedOwn: 0,
    ringSync: 0,
    snapshotSync: 0,
    unionSync: 0,
    handoffs: 0,
    crashes: 0,
    readsConfirmed: 0,
  }
  readonly #random: Random
  readonly #rules: Rules
  readonly #nodes: Node[]
  readonly #invariants: Invariants
  readonly #faults: {
    loss: number
    duplication: number
    crash: number
    cut: number
    slowDisk: number
    rotate: number
    starve: number
    replay: number
    haste: number
  }
  #network: Message[] = []
  /** Messages that were delivered or lost, to come again; pieces of snapshots apart, since they are few. */
  readonly #past: Message[] = []
  readonly #pastChunks: Message[] = []
  #cut = new Set<string>()
  #bodies = 0
  /** The highest slot whose results some leader may have told. */
  #answered = 0

  constructor(seed: number, size: 1 | 3 | 5, rules: Rules = RULES) {
    this.#random = new Random(seed)
    this.#rules = rules
    const random = this.#random
    const members = Array.from({ length: size }, (_, n) => ({
      id: `${n + 1}`.padStart(16, '0'),
      address: `10.0.0.${n + 1}:1`,
    }))
    const config: Config = { cluster: 'c', version: 1, members }
    this.#invariants = new Invariants(config)
    this.#faults = {
      loss: random.pick([0, 0.02, 0.1, 0.25]),
      duplication: random.pick([0, 0.05, 0.2]),
      crash: random.pick([0, 0.002, 0.01, 0.03]),
      cut: random.pick([0, 0.005, 0.02]),
      slowDisk: random.pick([0.1, 0.5, 0.9]),
      rotate: random.pick([0, 12, 40]),
      replay: random.pick([0, 0, 0.05, 0.2]),
      haste: random.pick([0.05, 0.1, 0.2]),
      starve: random.pick([0, 0, 0.9]),
    }
    this.#nodes = members.map(({ id }) => {
      const disk = new Disk(config)
      return { id, disk, view: disk.copy(), pending: [], core: null, reads: [] }
    })
    for (const node of this.#nodes) this.#start(node)
  }

  run(events: number): Witnesses {
    for (let n = 0; n < events; n += 1) this.#stormEvent()
    this.#calm()
    this.witnesses.chosen = this.#invariants.chosen.size
    return this.witnesses
  }

  #start(node: Node): void {
    node.view = node.disk.copy()
    node.pending = []
    node.reads = []
    const options = { ...OPTIONS, rotateTicks: this.#faults.rotate }
    node.core = new Core(node.id, node.disk.restore(), options, this.#random.below(2 ** 31), this.#rules)
  }

  #crash(node: Node): void {
    this.witnesses.crashes += 1
    // Any prefix of the writes under way may have reached the disk.
    for (let kept = this.#random.below(node.pending.length + 1); kept > 0; kept -= 1) this.#persistOne(node, false)
    node.core = null
  }

  #stormEvent(): void {
    const random = this.#random
    const node = random.pick(this.#nodes)
    if (random.chance(this.#faults.cut)) this.#changeCuts()
    if (node.core === null) {
      if (random.chance(this.#faults.crash > 0.02 ? 0.3 : 0.05)) this.#start(node)
      return
    }
    if (random.chance(this.#faults.crash)) return this.#crash(node)
    const dice = random.fraction()
    const { haste } = this.#faults
    if (dice < haste) this.#step(node, { type: 'tick' })
    else if (dice < 0.7) this.#deliverAny()
    else if (dice < 0.87) this.#persist(node)
    else if (dice < 0.99) this.#use(node)
    else if (dice < 0.995) this.#step(node, { type: 'unreachable', node: random.pick(this.#nodes).id })
    else this.#step(node, { type: 'handoff' })
  }

  /** A client's work, if this node leads: a batch, or a read. */
  #use(node: Node): void {
    if (node.core?.canPropose && this.#random.chance(0.7)) this.#propose(node)
    else if (node.core?.role === 'leader') {
      node.reads.push({ chosen: this.#answered, round: 0 })
      this.#step(node, { type: 'confirm' })
    }
  }

  #propose(node: Node): void {
    this.#bodies += 1
    this.#step(node, { type: 'propose', body: new TextEncoder().encode(`d${this.#bodies}`), count: 1 })
  }

  #persist(node: Node): void {
    if (node.pending.length > 0 && !this.#random.chance(this.#faults.slowDisk / 2)) this.#persistOne(node, true)
  }

  #persistOne(node: Node, tell: boolean): void {
    const batch = node.pending.shift()
    if (batch === undefined) return
    const { accepted: before, promised } = node.disk
    node.disk.apply(batch.writes)
    const { accepted } = node.disk
    this.#invariants.persisted(node.id, promised, before, node.disk)
    if (accepted !== null && accepted !== before) {
      this.#invariants.voted(node.id, accepted.ballot, accepted.slot, text(accepted.decree.body))
    }
    if (before !== null)
      this.#invariants.held(
        before.slot,
        this.#nodes.map(({ disk }) => disk),
      )
    if (tell) this.#step(node, { type: 'persisted', token: batch.token })
  }

  #changeCuts(): void {
    if (this.#random.chance(0.4)) this.#cut.clear()
    // One-way: each direction of a pair is cut by itself.
    else this.#cut.add(`${this.#random.pick(this.#nodes).id}>${this.#random.pick(this.#nodes).id}`)
  }

  #deliverAny(): void {
    const random = this.#random
    // What the network held back comes late: across ballots, and across lives.
    if (random.chance(this.#faults.replay)) {
      const past = random.chance(0.3) && this.#pastChunks.length > 0 ? this.#pastChunks : this.#past
      if (past.length > 0) return this.#deliver(random.pick(past))
    }
    if (this.#network.length === 0) return
    // Mostly near the front, now and then far from it: reordering with a heavy tail.
    const reach = random.chance(0.8) ? Math.min(4, this.#network.length) : this.#network.length
    const index = random.below(reach)
    const message = this.#network[index] as Message
    if (!random.chance(this.#faults.duplication)) this.#network.splice(index, 1)
    const past = message.body.type === 'syncChunk' ? this.#pastChunks : this.#past
    past.push(message)
    if (past.length > 500) past.splice(0, 250)
    const isCatchingUp = ['chosen', 'syncEnd', 'syncChunk'].includes(message.body.type)
    if (!random.chance(isCatchingUp ? Math.max(this.#faults.loss, this.#faults.starve) : this.#faults.loss))
      this.#deliver(message)
    if (this.#network.length > 400) this.#network.splice(0, 200)
  }

  #deliver(message: Message): void {
    const node = this.#nodes.find(({ id }) => id === message.to)
    if (node?.core === null || node === undefined || this.#cut.has(`${message.from}>${message.to}`)) return
    this.#step(node, { type: 'message', message })
  }

  #step(node: Node, event: Event): void {
    if (node.core === null) return
    this.#witness(node, event)
    const { persist, send, notices } = node.core.step(event)
    if (persist !== null) {
      node.view.apply(persist.writes)
      this.#invariants.writes(node.id, node.view, persist.writes)
      node.pending.push(persist)
    }
    for (const message of send) {
      this.#invariants.sent(message, node.disk)
      if (message.body.type === 'missing') this.witnesses.missing += 1
      if (message.body.type === 'handoff') this.witnesses.handoffs += 1
      if (message.body.type === 'syncRequest' && message.body.everything) this.witnesses.unionSync += 1
      this.#network.push(message)
    }
    for (const notice of notices) {
      switch (notice.type) {
        case 'leading':
          this.witnesses.leaders += 1
          this.#invariants.promisedItself(node.id, notice.ballot, node.disk)
          if (notice.reproposed !== null) this.witnesses.reproposed += 1
          this.#invariants.leads(node.id, notice.ballot, node.view, notice.slot)
          break
        case 'serve': {
          const { to, nonce, after, cursor, upTo, floor } = notice
          const { chunk, cursor: next } = node.view.chunk(after, cursor, ROWS_PER_CHUNK)
          const { cluster } = node.disk.config
          this.#network.push({
            cluster,
            from: node.id,
            to,
            body: { type: 'syncChunk', nonce, after, cursor: next, upTo, floor, chunk },
          })
          break
        }
        case 'round':
          for (const read of node.reads) if (read.round === 0) read.round = notice.round
          break
        case 'confirmed':
          this.#checkReads(node, notice.round)
          break
        case 'deposed':
          node.reads = []
          break
        case 'chosen':
          this.#answered = Math.max(this.#answered, notice.slot)
          break
        case 'role':
        case 'established':
        case 'proposed':
          break
        default:
          notice satisfies never
      }
    }
  }

  /** Rule E: a confirmed read sees everything that was answered before it arrived. */
  #checkReads(node: Node, confirmed: number): void {
    const phase = node.core?.state.phase
    if (phase?.type !== 'leading' || phase.stage !== 'established') return
    for (const { chosen, round } of node.reads) {
      if (round === 0 || round > confirmed) continue
      this.witnesses.readsConfirmed += 1
      if (phase.chosen < chosen)
        fail(`${node.id} confirmed a read at slot ${phase.chosen}; ${chosen} was answered before it arrived`)
    }
    node.reads = node.reads.filter(({ round }) => round === 0 || round > confirmed)
  }

  #witness(node: Node, event: Event): void {
    if (event.type !== 'message') return
    const { body } = event.message
    const { state } = node.core as Core
    if (body.type === 'accept' && state.accepted?.slot === body.slot - 1 && state.marks.applied < body.slot - 1) {
      this.witnesses.mergedOwn += 1
    }
    if (body.type === 'syncEnd') this.witnesses.ringSync += 1
    if (body.type === 'syncChunk') this.witnesses.snapshotSync += 1
  }

  /** No more faults: within a bounded time one leader gets new decrees chosen, and all nodes become complete and equal. */
  #calm(): void {
    this.#cut.clear()
    for (const node of this.#nodes) if (node.core === null) this.#start(node)
    const goal = this.#invariants.highest + 3
    for (let round = 0; round < 600; round += 1) {
      for (const node of this.#nodes) this.#step(node, { type: 'tick' })
      for (let turn = 0; turn < 4; turn += 1) {
        for (const message of this.#network.splice(0)) this.#deliver(message)
        for (const node of this.#nodes) while (node.pending.length > 0) this.#persistOne(node, true)
      }
      if (this.#invariants.highest < goal) {
        for (const node of this.#nodes) if (node.core?.canPropose) this.#propose(node)
      } else if (this.#nodes.every(({ disk }) => disk.marks.complete === this.#invariants.highest)) {
        return this.#checkEnd()
      }
    }
    const where = this.#nodes.map(
      ({ id, core, disk }) => `${id.slice(-1)}: ${core?.state.phase.type} ${JSON.stringify(disk.marks)}`,
    )
    throw new Stalled(`not well after the calm: chosen ${this.#invariants.highest} of ${goal}; ${where.join('; ')}`)
  }

  #checkEnd(): void {
    for (const { id, disk } of this.#nodes) {
      for (const [slot, body] of this.#invariants.chosen) {
        if (disk.merged.get(slot) !== body)
          fail(`${id} ends with ${disk.merged.get(slot)} for slot ${slot}, not ${body}`)
      }
    }
  }
}
