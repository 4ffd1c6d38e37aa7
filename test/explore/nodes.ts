import type { Message } from '../../node/core/index.ts'
import type { Rules } from '../../node/core/rules.ts'
import { Violation } from '../walk/invariants.ts'
import type { Bounds } from './bounds.ts'
import { type Hash, hashOf } from './hash.ts'
import type { Letters } from './letters.ts'
import { createLocal, type Happening, happen, type Local, type Outcome } from './local.ts'
import { IDS, NAMES, Names, RENAMINGS } from './names.ts'
import { isOver, isReadless } from './over.ts'
import type { Ahead } from './spent.ts'
import { type LocalText, localText } from './texts.ts'

/** A state that some node was seen in, with all that is known about it. */
export interface NodeState {
  readonly number: number
  readonly local: Local
  readonly text: LocalText
  /** What may happen to it besides deliveries. */
  readonly canPropose: boolean
  readonly isLeading: boolean
  readonly isLeader: boolean
  readonly canAsk: boolean
  /** By letter delivered, and by what else happens. */
  readonly byLetter: (Transition | undefined)[]
  readonly byKey: Map<number, Transition>
  /** By letter: what it means to this node; see `Nodes.heed`. */
  readonly heeds: (Heed | undefined)[]
  /** The same, with less ahead; made when asked for. */
  readonly withAhead: Map<string, NodeState>
  /** By renaming; made when asked for. */
  readonly hashes: (Hash | undefined)[]
}

/**
 * What a letter means to a node: it is over (see `over.ts`) and can be forgotten; it is ignored for now; it can be
 * answered without a change of the node, at once or when the disk has what it waits for; it changes the node.
 */
export type Heed = 'dead' | 'ignored' | 'answered' | 'change'

/** What one happening makes of one state of a node. */
export interface Transition {
  readonly next: NodeState
  /** Numbers of the messages that it sent, ascending. */
  readonly sent: readonly number[]
  readonly outcome: Outcome
  /** The happening alone broke something. */
  readonly violation: string | null
  /** The node is as it was. */
  readonly isPure: boolean
  /** Numbers of messages that now wait for the disk, if nothing else of the node has changed; else null. */
  readonly gain: readonly number[] | null
}

/**
 * The states that nodes were seen in. A core's step depends on its own state and the event alone, so each pair of
 * those is run once, by the real core, however many states of the whole cluster it occurs in.
 */
export class Nodes {
  readonly #bounds: Bounds
  readonly #rules: Rules
  readonly #letters: Letters
  readonly #all: NodeState[] = []
  readonly #byText = new Map<string, NodeState>()
  readonly #names = RENAMINGS.map((renaming) => new Names(renaming))
  transitions = 0
  /** Hears of every node that was taken for an earlier one. */
  onFold: ((state: NodeState, twin: Local) => void) | null = null

  constructor(bounds: Bounds, rules: Rules, letters: Letters) {
    this.#bounds = bounds
    this.#rules = rules
    this.#letters = letters
  }

  get size(): number {
    return this.#all.length
  }

  at(number: number): NodeState {
    return this.#all[number] as NodeState
  }

  initial(): NodeState[] {
    return IDS.map((_, index) => this.intern(createLocal(index, this.#bounds, this.#rules)))
  }

  hash(state: NodeState, renaming: number): Hash {
    const known = state.hashes[renaming]
    if (known !== undefined) return known
    const hash = hashOf(joined(localText(state.local, this.#names[renaming] as Names)))
    state.hashes[renaming] = hash
    return hash
  }

  intern(local: Local): NodeState {
    const text = localText(local, NAMES)
    const key = joined(text)
    const known = this.#byText.get(key)
    if (known !== undefined) {
      this.onFold?.(known, local)
      return known
    }
    const { state } = local.core
    const { phase } = state
    const created: NodeState = {
      number: this.#all.length,
      local,
      text,
      canPropose: local.core.canPropose && phase.type === 'leading' && phase.chosen < this.#bounds.slots,
      isLeading: phase.type === 'leading',
      isLeader: local.core.role === 'leader',
      canAsk:
        phase.type === 'follower' &&
        state.sync === null &&
        state.leader !== null &&
        state.marks.complete < state.knownChosen,
      byLetter: [],
      byKey: new Map(),
      heeds: [],
      withAhead: new Map(),
      hashes: [hashOf(key)],
    }
    this.#all.push(created)
    this.#byText.set(key, created)
    return created
  }

  /** The same state, as another node is in it that was taken for the same. Nobody else sees it. */
  shadow(state: NodeState, twin: Local): NodeState {
    return { ...state, local: twin, byLetter: [], byKey: new Map(), heeds: [], withAhead: new Map() }
  }

  withAhead(state: NodeState, ahead: Ahead): NodeState {
    const key = `${ahead.ballots} ${ahead.reads} ${ahead.syncs}`
    const known = state.withAhead.get(key) ?? this.intern({ ...state.local, ahead })
    state.withAhead.set(key, known)
    return known
  }

  heed(state: NodeState, letter: number): Heed {
    const known = state.heeds[letter]
    if (known !== undefined) return known
    const { isPure, gain, sent } = this.receive(state, letter)
    const isIgnored = isPure && sent.length === 0
    const isDead = isIgnored && isOver(this.#letters.at(letter), state.local)
    const heed = isDead ? 'dead' : isIgnored ? 'ignored' : isPure || gain !== null ? 'answered' : 'change'
    state.heeds[letter] = heed
    return heed
  }

  receive(state: NodeState, letter: number): Transition {
    const known = state.byLetter[letter]
    if (known !== undefined) return known
    const message = this.#letters.at(letter)
    const transition = this.#run(state, { type: 'deliver', message })
    // When no read is ahead, an answer to a heartbeat that does not end a leadership only keeps another from ending
    // it: who never got it can do all that who got it can.
    const isVain =
      message.body.type === 'heartbeatAck' &&
      isReadless(state.local) &&
      transition.next.isLeading &&
      transition.sent.length === 0 &&
      transition.violation === null
    const heeded = isVain ? unheeded(state, transition) : transition
    state.byLetter[letter] = heeded
    return heeded
  }

  /** What else may happen to it. @param key tells this happening from all others */
  undergo(state: NodeState, key: number, happening: () => Happening): Transition {
    const known = state.byKey.get(key)
    if (known !== undefined) return known
    const what = happening()
    const transition = this.#run(state, what)
    const { core, firstNonce } = transition.next.local
    const isTooMuch = what.type === 'tick' && core.state.nonce - firstNonce > this.#bounds.questions
    const allowed = isTooMuch && transition.violation === null ? unheeded(state, transition) : transition
    state.byKey.set(key, allowed)
    return allowed
  }

  #run(state: NodeState, happening: Happening): Transition {
    this.transitions += 1
    let outcome: Outcome
    try {
      outcome = happen(state.local, happening, this.#bounds, this.#rules)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      const nothing: Outcome = { local: state.local, sent: [], votes: [], merges: [], wins: [], answered: 0 }
      return { next: state, sent: [], outcome: nothing, violation: error.message, isPure: false, gain: null }
    }
    const next = this.intern(outcome.local)
    const sent = this.#numbers(outcome.sent)
    return { next, sent, outcome, violation: null, isPure: next.number === state.number, gain: this.#gain(state, next) }
  }

  #gain(before: NodeState, after: NodeState): readonly number[] | null {
    if (before.number === after.number || before.text.rest !== after.text.rest) return null
    if (before.text.waiting.some((line) => !after.text.waiting.includes(line))) return null
    const [old, all] = [before, after].map(({ local }) =>
      this.#numbers(local.core.state.waiting.flatMap(({ messages }) => messages)),
    )
    return (all ?? []).filter((letter) => !old?.includes(letter))
  }

  /** Ascending. */
  #numbers(messages: readonly Message[]): number[] {
    return [...new Set(messages.map((message) => this.#letters.intern(message)))].sort((a, b) => a - b)
  }
}

/** As if it had not happened. */
function unheeded(state: NodeState, transition: Transition): Transition {
  return { ...transition, next: state, sent: [], isPure: true, gain: null }
}

function joined({ rest, waiting }: LocalText): string {
  return `${rest}|${waiting.join(';')}`
}
