import type { Core, Message, Role } from './core/index.ts'
import type { Leader } from './exec/index.ts'

/** What a node tells of itself. Structured: `fields` are for machines, the message is one sentence. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Nodes of other clusters that are reported. */
const STRANGERS_MAX = 100
/** Having been so many slots behind is worth telling. */
const BEHIND_SLOTS_MIN = 16

/**
 * Turns what happens to a node into a log that an operator can read. Planned hand-overs come every few seconds and are
 * told at `debug`; what nobody planned is told at `info` or above.
 */
export class Story {
  readonly #log: Log
  readonly #strangers = new Set<string>()
  readonly #lost = new Set<string>()
  #role: Role = 'follower'
  #leader: string | null = null
  /** This node was asked to lead, or has asked another: the next change of leader is a planned one. */
  #isPlanned = false
  #isBehind = false

  constructor(log: Log) {
    this.#log = log
  }

  /** This node and the others see `leader` lead, or nobody. */
  role(role: Role, leader: Leader | null, ballot: number): void {
    const was = this.#role
    this.#role = role
    if (role === 'candidate') return
    const address = leader?.address ?? null
    const tell = this.#isPlanned ? this.#log.debug.bind(this.#log) : this.#log.info.bind(this.#log)
    if (role === 'leader') tell({ ballot }, 'leading')
    else if (was === 'leader') tell({ leader: address }, 'no longer leading')
    else if (address !== null && address !== this.#leader) this.#log.debug({ leader: address, ballot }, 'following')
    if (address !== null || role === 'leader') {
      this.#leader = address
      this.#isPlanned = false
    }
  }

  /** A message that this node sends, or has received. */
  passed({ body }: Message): void {
    if (body.type === 'handoff') this.#isPlanned = true
  }

  tick({ knownChosen, marks, sync, phase }: Core['state']): void {
    // It asked another in vain, and goes on.
    if (phase.type === 'leading' && phase.stage === 'established' && phase.handoff === null) this.#isPlanned = false
    const behind = knownChosen - marks.complete
    if (!this.#isBehind && sync !== null && behind >= BEHIND_SLOTS_MIN) {
      this.#isBehind = true
      this.#log.info({ complete: marks.complete, chosen: knownChosen }, 'behind the others; catching up')
    }
    if (this.#isBehind && sync === null && behind <= 1 && phase.type === 'follower') {
      this.#log.info({ complete: marks.complete }, 'caught up')
      this.#isBehind = false
    }
  }

  lost(address: string): void {
    if (this.#lost.has(address)) return
    this.#lost.add(address)
    this.#log.warn({ peer: address }, 'lost a peer')
  }

  /** A message came from there. */
  heard(address: string | undefined): void {
    if (address !== undefined && this.#lost.delete(address)) this.#log.info({ peer: address }, 'a lost peer is back')
  }

  /** Says once of each that it is of another cluster; its messages are ignored. */
  stranger(who: string, cluster: string): void {
    if (this.#strangers.has(who) || this.#strangers.size >= STRANGERS_MAX) return
    this.#strangers.add(who)
    this.#log.error({ peer: who, cluster }, 'a node of another cluster speaks with this one; it is ignored')
  }
}
