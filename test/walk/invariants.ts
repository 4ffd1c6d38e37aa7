import {
  type Accepted,
  type Ballot,
  type Config,
  compareBallots,
  type Message,
  majority,
  type NodeId,
  type Write,
} from '../../node/core/index.ts'
import { type Disk, decodeRows, text } from '../../node/core/testing/disk.ts'

/** Something that must never be. */
export class Violation extends Error {}

/** Something that must come to be, and did not. */
export class Stalled extends Error {}

/** Knows what was chosen, by watching every disk, and says so when a node contradicts it. */
export class Invariants {
  readonly #config: Config
  readonly #proposals = new Map<string, string>()
  readonly #votes = new Map<string, Set<NodeId>>()
  /** What is chosen, by slot. */
  readonly chosen = new Map<number, string>()
  /** The ballot in which each was chosen first. */
  readonly #chosenIn = new Map<number, Ballot>()
  highest = 0

  constructor(config: Config) {
    this.#config = config
  }

  /** A node's vote has become durable. */
  voted(node: NodeId, ballot: Ballot, slot: number, body: string): void {
    const key = `${ballot.counter}.${ballot.node}/${slot}`
    const proposal = this.#proposals.get(key)
    if (proposal !== undefined && proposal !== body) fail(`two decrees in one ballot and slot ${key}`)
    this.#proposals.set(key, body)
    const votes = this.#votes.get(key) ?? new Set()
    this.#votes.set(key, votes.add(node))
    if (votes.size < majority(this.#config)) return
    const before = this.chosen.get(slot)
    if (before !== undefined && before !== body) fail(`slot ${slot} chosen twice: ${before}, then ${body} in ${key}`)
    this.chosen.set(slot, body)
    if (before === undefined) this.#chosenIn.set(slot, ballot)
    this.highest = Math.max(this.highest, slot)
  }

  /** What a step is about to merge, and to say about it. */
  writes(node: NodeId, view: Disk, writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.type === 'merge') this.#merged(node, write.slot, text(write.decree.body))
      if (write.type === 'chunk') for (const [slot, body] of decodeRows(write.chunk)) this.#merged(node, slot, body)
      if (write.type === 'marks') {
        for (let slot = 1; slot <= write.complete; slot += 1) {
          if (!view.merged.has(slot)) fail(`${node} says complete ${write.complete} without slot ${slot}`)
        }
        for (let slot = write.from; slot <= write.applied; slot += 1) {
          if (!view.merged.has(slot)) fail(`${node} says run ${write.from} to ${write.applied} without slot ${slot}`)
        }
      }
    }
  }

  #merged(node: NodeId, slot: number, body: string): void {
    const chosen = this.chosen.get(slot)
    if (chosen !== body) fail(`${node} merged ${body} for slot ${slot}; chosen is ${chosen ?? 'nothing'}`)
  }

  /** Rule B: whatever speaks for a ballot leaves a node only when the promise is on its disk. */
  sent({ from, body }: Message, disk: Disk): void {
    switch (body.type) {
      case 'prepare':
      case 'promise':
      case 'voted':
      case 'heartbeat':
        if (compareBallots(disk.promised, body.ballot) < 0)
          fail(`${from} sent ${body.type} before its promise was durable`)
        if (body.type === 'voted' && (disk.accepted === null || disk.accepted.slot < body.slot)) {
          fail(`${from} voted for slot ${body.slot} before it was durable`)
        }
        return
      case 'heartbeatAck':
        // Its promise may be lower, and may be on its way to the disk, but nothing that it wrote is higher.
        if (compareBallots(disk.promised, body.ballot) > 0) fail(`${from} confirmed a ballot below its promise`)
        return
      default:
        return
    }
  }

  /** Rule B: promises never fall, and nothing is accepted below one. */
  persisted(node: NodeId, promised: Ballot, before: Accepted | null, disk: Disk): void {
    if (compareBallots(disk.promised, promised) < 0) fail(`the promise of ${node} fell`)
    if (disk.accepted !== before && disk.accepted !== null && compareBallots(disk.accepted.ballot, promised) < 0) {
      fail(`${node} accepted in a ballot below its promise`)
    }
  }

  /** Rule C: a leader is one of its own promisers. */
  promisedItself(node: NodeId, ballot: Ballot, disk: Disk): void {
    if (compareBallots(disk.promised, ballot) !== 0) fail(`${node} leads without its own durable promise`)
  }

  /** Every chosen patch is merged or accepted on a majority of disks. */
  held(slot: number, disks: readonly Disk[]): void {
    const body = this.chosen.get(slot)
    if (body === undefined) return
    const holders = disks.filter(
      ({ merged, accepted }) =>
        merged.get(slot) === body || (accepted?.slot === slot && text(accepted.decree.body) === body),
    )
    if (holders.length < majority(this.#config)) fail(`slot ${slot} is held by ${holders.length} nodes only`)
  }

  /**
   * A leader executes on a state with every chosen slot below `slot`, and nothing above was chosen in a lower ballot. (In a
   * higher one something may be: this leader is slow, and will be refused.)
   */
  leads(node: NodeId, ballot: Ballot, view: Disk, slot: number): void {
    for (const [chosen, body] of this.chosen) {
      const chosenIn = this.#chosenIn.get(chosen) ?? ballot
      if (chosen > slot && compareBallots(chosenIn, ballot) < 0) {
        fail(`${node} leads from slot ${slot}; ${chosen} is chosen in a lower ballot`)
      }
      if (chosen < slot && view.merged.get(chosen) !== body) fail(`${node} leads from ${slot} without slot ${chosen}`)
    }
  }
}

export function fail(what: string): never {
  throw new Violation(what)
}
