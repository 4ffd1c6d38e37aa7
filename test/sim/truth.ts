import {
  type Ballot,
  type Config,
  compareBallots,
  type Message,
  NO_BALLOT,
  type NodeId,
  type Write,
} from '../../node/core/index.ts'
import type { IdentityWrite, ReadView, Restored } from '../../node/store/index.ts'
import { type DecreeBounds, Decrees } from './decrees.ts'
import { Failure } from './failure.ts'

/** What one node's disk is known to hold. */
interface Durable {
  promised: Ballot
  accepted: { readonly slot: number; readonly body: string } | null
  complete: number
  /** Slots whose patch it has merged, beside those up to `complete`. */
  readonly merged: Set<number>
}

/** Knows what was chosen, by watching every disk, and says so when a node contradicts it. */
export class Truth {
  readonly decrees: Decrees
  readonly #durable = new Map<NodeId, Durable>()
  readonly #proposals = new Map<string, string>()
  readonly #votes = new Map<string, Set<NodeId>>()
  /** The chosen decrees' bodies, by slot. */
  readonly #chosen = new Map<number, string>()
  #config: Config | null = null
  /** Nodes that know that the cluster is formed. */
  readonly #founders = new Set<NodeId>()
  #hasLostDisk = false

  constructor(bounds: DecreeBounds) {
    this.decrees = new Decrees(bounds)
  }

  /** How many slots have been chosen. */
  get slots(): number {
    return this.#chosen.size
  }

  /** The members of the one cluster that was founded; null: none yet. */
  get config(): Config | null {
    return this.#config
  }

  get isFormedEverywhere(): boolean {
    return this.#config !== null && this.#founders.size === this.#config.members.length
  }

  /** These writes have reached the disk of `node`; `view` shows them, and perhaps more. */
  landed(node: NodeId, writes: readonly (Write | IdentityWrite)[], view: ReadView): void {
    const durable = this.#of(node)
    const isSyncing = writes.some(({ type }) => type === 'chunk')
    for (const write of writes) {
      switch (write.type) {
        case 'formed':
          this.#formed(write.config)
          this.#founders.add(node)
          break
        case 'promised':
          this.#promise(node, durable, write.ballot)
          break
        case 'accepted':
          this.#accept(node, durable, write.ballot, write.slot, textOf(write.decree.body))
          break
        case 'marks':
          durable.complete = write.complete
          if (isSyncing) this.decrees.checkComplete(node, write.complete, view)
          break
        case 'merge': {
          durable.merged.add(write.slot)
          const chosen = this.#chosen.get(write.slot)
          if (chosen !== textOf(write.decree.body)) {
            fail(
              `${node} merged for slot ${write.slot} what is not chosen (${chosen === undefined ? 'nothing is' : 'another decree is'})`,
            )
          }
          break
        }
        case 'identity':
        case 'pledge':
        case 'chunk':
        case 'forget':
          break
        default:
          write satisfies never
      }
    }
  }

  /** What a process that starts now on the disk of `node` is given is what it wrote. */
  checkRestored(node: NodeId, { promised, accepted, marks, recent }: Restored): void {
    const durable = this.#of(node)
    if (compareBallots(promised, durable.promised) !== 0) fail(`the disk of ${node} holds another promise`)
    const body = accepted === null ? undefined : textOf(accepted.decree.body)
    if (accepted?.slot !== durable.accepted?.slot || body !== durable.accepted?.body) {
      fail(`the disk of ${node} holds another accepted decree`)
    }
    if (marks.complete !== durable.complete) fail(`the disk of ${node} holds other marks`)
    for (const { slot, decree } of recent) {
      if (this.#chosen.get(slot) !== textOf(decree.body)) fail(`the disk of ${node} holds slot ${slot} as chosen`)
    }
  }

  /** The disk of `node` is lost: what it held is no longer held by a majority, perhaps. */
  lostDisk(node: NodeId | null): void {
    this.#hasLostDisk = true
    if (node !== null) this.#durable.delete(node)
  }

  /**
   * Rule B: what speaks for a ballot leaves a node only when the promise is on its disk; a vote, when the decree is. And
   * what is said to be chosen is chosen.
   */
  sent({ from, body }: Message): void {
    const { promised, accepted } = this.#of(from)
    switch (body.type) {
      case 'prepare':
      case 'promise':
        return this.#checkPromised(from, promised, body)
      case 'voted':
        this.#checkPromised(from, promised, body)
        if (accepted === null || accepted.slot < body.slot) fail(`${from} voted for slot ${body.slot} too early`)
        return
      case 'heartbeat':
        this.#checkPromised(from, promised, body)
        return this.#checkChosen(from, body.chosen)
      case 'accept':
        return this.#checkChosen(from, body.slot - 1)
      case 'chosen':
        if (this.#chosen.get(body.slot) !== textOf(body.decree.body)) {
          fail(`${from} says that a decree is chosen for slot ${body.slot}, which is not`)
        }
        return
      case 'heartbeatAck':
        if (compareBallots(promised, body.ballot) > 0) fail(`${from} confirmed a ballot below its promise`)
        return
      default:
        return
    }
  }

  #checkPromised(node: NodeId, promised: Ballot, { type, ballot }: { type: string; ballot: Ballot }): void {
    if (compareBallots(promised, ballot) < 0) fail(`${node} sent ${type} before its promise was durable`)
  }

  #checkChosen(node: NodeId, slot: number): void {
    if (slot > 0 && !this.#chosen.has(slot)) fail(`${node} says that slot ${slot} is chosen, which is not`)
  }

  #of(node: NodeId): Durable {
    let durable = this.#durable.get(node)
    if (durable === undefined) {
      durable = { promised: NO_BALLOT, accepted: null, complete: 0, merged: new Set() }
      this.#durable.set(node, durable)
    }
    return durable
  }

  #formed(config: Config): void {
    this.#config ??= config
    if (this.#config.cluster !== config.cluster) fail('two clusters were founded')
  }

  #promise(node: NodeId, durable: Durable, ballot: Ballot): void {
    if (compareBallots(ballot, durable.promised) < 0) fail(`the promise of ${node} fell`)
    durable.promised = ballot
  }

  #accept(node: NodeId, durable: Durable, ballot: Ballot, slot: number, body: string): void {
    if (compareBallots(ballot, durable.promised) < 0) fail(`${node} accepted in a ballot below its promise`)
    const before = durable.accepted
    if (before !== null && slot < before.slot) fail(`${node} accepted slot ${slot} after ${before.slot}`)
    // Rule A3: so a decree may be forgotten, by those who accepted it, when the next one is chosen.
    if (slot > 1 && slot - 1 > durable.complete && !durable.merged.has(slot - 1)) {
      fail(`${node} accepted slot ${slot} without having merged ${slot - 1}`)
    }
    durable.promised = ballot
    durable.accepted = { slot, body }
    const config = this.#config
    if (config === null || !config.members.some(({ id }) => id === node)) fail(`${node} voted and is no member`)
    const key = `${ballot.counter}.${ballot.node}/${slot}`
    const proposal = this.#proposals.get(key)
    if (proposal !== undefined && proposal !== body) fail(`two decrees in one ballot and slot ${key}`)
    this.#proposals.set(key, body)
    const votes = this.#votes.get(key) ?? new Set()
    this.#votes.set(key, votes.add(node))
    if (votes.size >= quorum(config)) {
      const chosen = this.#chosen.get(slot)
      if (chosen !== undefined && chosen !== body) fail(`slot ${slot} was chosen twice, the second time in ${key}`)
      if (chosen === undefined) this.#choose(slot, body)
    }
    if (before !== null && before.slot < slot) this.#checkHeld(config, before.slot)
    if (slot > 1) this.#checkHeld(config, slot - 1)
  }

  #choose(slot: number, body: string): void {
    this.#chosen.set(slot, body)
    this.decrees.add(slot, Buffer.from(body, 'latin1'))
  }

  /** Every chosen patch is merged or accepted on a majority of disks. */
  #checkHeld(config: Config, slot: number): void {
    const body = this.#chosen.get(slot)
    if (body === undefined || this.#hasLostDisk) return
    const holders = config.members.filter(({ id }) => {
      const { complete, merged, accepted } = this.#of(id)
      return slot <= complete || merged.has(slot) || (accepted?.slot === slot && accepted.body === body)
    })
    if (holders.length < quorum(config)) fail(`slot ${slot} is chosen, and held by ${holders.length} disks only`)
  }
}

/** Counted here, lest a node that counts wrongly is believed. */
function quorum({ members }: Config): number {
  return Math.floor(members.length / 2) + 1
}

function fail(what: string): never {
  throw new Failure('invariants', what)
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
}
