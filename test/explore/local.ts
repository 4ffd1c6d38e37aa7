import {
  type Ballot,
  Core,
  type CoreOptions,
  compareBallots,
  type Effects,
  type Event,
  type Message,
  type NodeId,
  type Write,
} from '../../node/core/index.ts'
import type { Rules } from '../../node/core/rules.ts'
import type { State } from '../../node/core/state.ts'
import { Disk, text } from '../../node/core/testing/disk.ts'
import { fail, Invariants } from '../walk/invariants.ts'
import type { Bounds } from './bounds.ts'
import type { Vote } from './histories.ts'
import { bodyOf, CONFIG, IDS, indexOf } from './names.ts'
import { type Ahead, ahead, NOTHING_SPENT } from './spent.ts'

/** Nothing is ever due by itself: times are so long that only `age` reaches them. */
const HEARTBEAT_TICKS = 1_000_000
const SUSPECT_TICKS = 1_000_000_000
const LONG_TICKS = 1_000_000_000_000

const ROWS_PER_CHUNK = 1

/** One node: its core, its disk, what is on its way to the disk, and its clients. Never changed: steps make new ones. */
export interface Local {
  readonly core: Core
  /** What would be found after a crash now. */
  readonly disk: Disk
  /** What the store shows: the disk and every write under way. */
  readonly view: Disk
  readonly pending: readonly Batch[]
  /** Reads that wait for a round, with what had been answered to others when they arrived. */
  readonly reads: readonly Read[]
  /** Decides the numbers of its questions. */
  readonly seed: number
  /** The number before that of its first question. */
  readonly firstNonce: number
  readonly ahead: Ahead
}

interface Batch {
  readonly token: number
  readonly writes: readonly Write[]
}

interface Read {
  readonly chosen: number
  /** The round that will confirm it; 0: not started. */
  readonly round: number
}

/** What happens to a node. */
export type Happening =
  | { readonly type: 'deliver'; readonly message: Message }
  /** The next write under way becomes durable. */
  | { readonly type: 'persist' }
  /** The node crashes, `kept` of its writes under way reach the disk, and it starts again. */
  | { readonly type: 'crash'; readonly kept: number }
  /** It gives up what it leads, if it does, and opens a new ballot. */
  | { readonly type: 'stand' }
  /** It leads, and proposes the decree of the next slot. */
  | { readonly type: 'propose' }
  /** A little time passes for a leader: it merges what it knows to be chosen, or goes on completing itself. */
  | { readonly type: 'tick' }
  /** A read arrives at a leader when slots up to `answered` have been answered to others. */
  | { readonly type: 'read'; readonly answered: number }
  /** A follower has been behind for long: it asks its leader. */
  | { readonly type: 'catchUp' }

/** What it did, besides changing the node. */
export interface Outcome {
  readonly local: Local
  readonly sent: readonly Message[]
  /** Votes that have become durable. They come before everything below. */
  readonly votes: readonly Vote[]
  /** Writes to be compared with what is chosen, with the store as it is after them. */
  readonly merges: readonly { readonly view: Disk; readonly writes: readonly Write[] }[]
  readonly wins: readonly Win[]
  /** Highest slot that the node's clients may have been answered now; 0: none. */
  readonly answered: number
}

/** A ballot won, by a node that is complete up to the slot before `slot`. */
export interface Win {
  readonly ballot: Ballot
  readonly view: Disk
  /** 0: no slot was ever accepted. */
  readonly slot: number
  /** The body that it proposes again for `slot`. */
  readonly body: string | null
}

/** Judges what needs no history. */
const JUDGE = new Invariants(CONFIG)

export function createLocal(index: number, bounds: Bounds, rules: Rules): Local {
  return start(index, new Disk(CONFIG), 1, ahead(NOTHING_SPENT, bounds), bounds, rules)
}

function start(index: number, disk: Disk, seed: number, still: Ahead, bounds: Bounds, rules: Rules): Local {
  const options: Partial<CoreOptions> = {
    heartbeatTicks: HEARTBEAT_TICKS,
    suspectTicksMin: SUSPECT_TICKS,
    suspectTicksMax: SUSPECT_TICKS,
    resendTicks: LONG_TICKS,
    rotateTicks: 0,
    recentSlotsMax: bounds.ring,
  }
  const core = new Core(IDS[index] ?? '', disk.restore(), options, seed, rules)
  const firstNonce = core.state.nonce
  return { core, disk, view: disk.copy(), pending: [], reads: [], seed, firstNonce, ahead: still }
}

/** Lets something happen to a node; throws a `Violation` when that alone shows something that must never be. */
export function happen(local: Local, happening: Happening, bounds: Bounds, rules: Rules): Outcome {
  return new Course(local, bounds, rules).run(happening)
}

class Course {
  #local: Local
  readonly #bounds: Bounds
  readonly #rules: Rules
  readonly #id: NodeId
  readonly #sent: Message[] = []
  readonly #votes: Vote[] = []
  readonly #merges: { view: Disk; writes: readonly Write[] }[] = []
  readonly #wins: Win[] = []
  #answered = 0

  constructor(local: Local, bounds: Bounds, rules: Rules) {
    this.#local = { ...local, core: local.core.fork() }
    this.#bounds = bounds
    this.#rules = rules
    this.#id = local.core.state.id
  }

  run(happening: Happening): Outcome {
    this.#run(happening)
    return {
      local: this.#local,
      sent: this.#sent,
      votes: this.#votes,
      merges: this.#merges,
      wins: this.#wins,
      answered: this.#answered,
    }
  }

  #run(happening: Happening): void {
    switch (happening.type) {
      case 'deliver':
        return this.#step({ type: 'message', message: happening.message })
      case 'persist': {
        const token = this.#persistOne()
        return this.#step({ type: 'persisted', token })
      }
      case 'crash':
        for (let kept = 0; kept < happening.kept; kept += 1) this.#persistOne()
        return this.#restart()
      case 'stand':
        return this.#stand()
      case 'propose': {
        const { phase } = this.#state
        if (phase.type !== 'leading') return
        return this.#step({ type: 'propose', body: bodyOf(phase.ballot, phase.chosen + 1), count: 1 })
      }
      case 'tick':
        return this.#step({ type: 'tick' })
      case 'read':
        this.#local = { ...this.#local, reads: [...this.#local.reads, { chosen: happening.answered, round: 0 }] }
        return this.#step({ type: 'confirm' })
      case 'catchUp':
        this.#step({ type: 'tick' })
        this.#age(2 * HEARTBEAT_TICKS)
        return this.#step({ type: 'tick' })
      default:
        return happening satisfies never
    }
  }

  #restart(): void {
    const { disk, seed, firstNonce, ahead: still } = this.#local
    // A life in which nothing was asked needs no other numbers after it, and nodes stay alike that lived as much.
    const next = this.#state.nonce === firstNonce ? seed : seed + 1
    this.#local = start(indexOf(this.#id), disk, next, still, this.#bounds, this.#rules)
  }

  get #state(): Readonly<State> {
    return this.#local.core.state
  }

  /** Time in which nothing is due, but for what the next tick shows. */
  #age(ticks: number): void {
    const state: State = this.#state
    state.tick += ticks
  }

  /** The leader whom this node knows asks it to take over, or somebody who may be thought to lead. */
  #stand(): void {
    if (this.#state.phase.type !== 'follower') {
      this.#age(LONG_TICKS)
      this.#step({ type: 'tick' })
    }
    const { promised } = this.#state
    const others = IDS.filter((id) => id !== this.#id)
    const ballots = others.flatMap((node) => [
      { counter: promised.counter, node },
      { counter: promised.counter + 1, node },
    ])
    const ballot = ballots.sort(compareBallots).find((some) => compareBallots(some, promised) >= 0)
    if (ballot === undefined) throw new Error('nobody can ask this node to stand')
    const message: Message = {
      cluster: CONFIG.cluster,
      from: ballot.node,
      to: this.#id,
      body: { type: 'handoff', ballot },
    }
    this.#step({ type: 'message', message })
  }

  /** The next write under way reaches the disk. Gives its token. */
  #persistOne(): number {
    const [batch, ...pending] = this.#local.pending
    if (batch === undefined) throw new Error('nothing is under way')
    const { accepted: before, promised } = this.#local.disk
    const disk = this.#local.disk.copy()
    disk.apply(batch.writes)
    this.#local = { ...this.#local, disk, pending }
    JUDGE.persisted(this.#id, promised, before, disk)
    const { accepted } = disk
    if (accepted !== null && accepted !== before) {
      const { ballot, slot, decree } = accepted
      this.#votes.push({ node: this.#id, ballot, slot, body: text(decree.body) })
    }
    return batch.token
  }

  #step(event: Event): void {
    const { core } = this.#local
    this.#perform(core.step(event))
  }

  #perform({ persist, send, notices }: Effects): void {
    if (persist !== null) {
      const view = this.#local.view.copy()
      view.apply(persist.writes)
      this.#local = { ...this.#local, view, pending: [...this.#local.pending, persist] }
      const isToCompare = persist.writes.some(({ type }) => type === 'merge' || type === 'chunk' || type === 'marks')
      if (isToCompare) this.#merges.push({ view, writes: persist.writes })
    }
    for (const message of send) {
      JUDGE.sent(message, this.#local.disk)
      this.#sent.push(message)
    }
    for (const notice of notices) {
      switch (notice.type) {
        case 'leading':
          JUDGE.promisedItself(this.#id, notice.ballot, this.#local.disk)
          this.#wins.push({
            ballot: notice.ballot,
            view: this.#local.view,
            slot: notice.slot,
            body: notice.reproposed === null ? null : text(notice.reproposed.body),
          })
          break
        case 'serve': {
          const { to, nonce, after, cursor, upTo, floor } = notice
          const { chunk, cursor: next } = this.#local.view.chunk(after, cursor, ROWS_PER_CHUNK)
          this.#sent.push({
            cluster: CONFIG.cluster,
            from: this.#id,
            to,
            body: { type: 'syncChunk', nonce, after, cursor: next, upTo, floor, chunk },
          })
          break
        }
        case 'round':
          this.#setReads(this.#local.reads.map((read) => (read.round === 0 ? { ...read, round: notice.round } : read)))
          break
        case 'confirmed':
          this.#confirm(notice.round)
          break
        case 'deposed':
          this.#setReads([])
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

  #setReads(reads: readonly Read[]): void {
    this.#local = { ...this.#local, reads }
  }

  /** Rule E: a confirmed read sees everything that was answered before it arrived. */
  #confirm(confirmed: number): void {
    const { phase } = this.#state
    if (phase.type !== 'leading' || phase.stage !== 'established') return
    const isConfirmed = ({ round }: Read) => round > 0 && round <= confirmed
    for (const { chosen } of this.#local.reads.filter(isConfirmed)) {
      if (phase.chosen < chosen) {
        fail(`${this.#id} confirmed a read at slot ${phase.chosen}; ${chosen} was answered before it arrived`)
      }
    }
    this.#setReads(this.#local.reads.filter((read) => !isConfirmed(read)))
  }
}
