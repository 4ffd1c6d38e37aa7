import type { Rules } from '../../node/core/rules.ts'
import { fail, Violation } from '../walk/invariants.ts'
import { type Action, actionsOf, delivery, happeningOf, keyOf, kindOf, letterOf, nodeOf } from './actions.ts'
import type { Bounds } from './bounds.ts'
import { type Hash, mix } from './hash.ts'
import { Histories, type History } from './histories.ts'
import { judge } from './judge.ts'
import { Letters } from './letters.ts'
import { IDS } from './names.ts'
import { type NodeState, Nodes, type Transition } from './nodes.ts'
import { ahead, NOTHING_SPENT, pack, type Spent, spend, unpack } from './spent.ts'
import { Symmetry } from './symmetry.ts'
import type { Numbers } from './visited.ts'

/** A state of the whole cluster. */
export interface World {
  readonly nodes: readonly NodeState[]
  readonly history: History
  readonly spent: Spent
  /**
   * Messages ever sent, by receiver: their numbers, ascending. Any of them may be delivered at any time, and again:
   * the network reorders without bound, doubles without bound, and loses by never delivering.
   *
   * Since a message in the network obliges nobody to anything, more of them never mean less to come. So a node
   * answers at once whatever it can answer without changing itself, but for answers that wait for its disk: the state
   * with the answer in it can do all that the one without can.
   */
  readonly inboxes: readonly Inbox[]
}

interface Inbox {
  readonly letters: readonly number[]
  /** Of the letters, when nobody is renamed. */
  readonly hash: Hash
}

const EMPTY: Inbox = { letters: [], hash: { high: 0, low: 0 } }

/** A question answered on the way from one state to the next. */
export interface Answer {
  readonly node: number
  readonly letter: number
  /** Now, or when the disk has what it waits for. */
  readonly sent: readonly number[]
}

/** All states of the whole cluster, and how they follow each other. */
export class Worlds {
  readonly letters = new Letters()
  readonly histories = new Histories()
  readonly nodes: Nodes
  readonly #bounds: Bounds
  readonly #symmetry: Symmetry

  constructor(bounds: Bounds, rules: Rules) {
    this.#bounds = bounds
    this.#symmetry = new Symmetry(bounds)
    this.nodes = new Nodes(bounds, rules, this.letters)
  }

  initial(): World {
    return {
      nodes: this.nodes.initial(),
      history: this.histories.at(0),
      spent: NOTHING_SPENT,
      inboxes: [EMPTY, EMPTY, EMPTY],
    }
  }

  /** Calls `visit` with everything that can be done and changes anything. */
  each(world: World, visit: (action: Action, transition: Transition) => void): void {
    for (const [node, state] of world.nodes.entries()) {
      for (const letter of (world.inboxes[node] as Inbox).letters) {
        if (this.nodes.heed(state, letter) !== 'change') continue
        visit(delivery(node, letter), this.nodes.receive(state, letter))
      }
      for (const action of actionsOf(node, state, world.spent, this.#bounds)) {
        const transition = this.transition(world, action)
        if (!transition.isPure) visit(action, transition)
      }
    }
  }

  transition({ nodes }: World, action: Action): Transition {
    const state = nodes[nodeOf(action)] as NodeState
    if (kindOf(action) === 'deliver') return this.nodes.receive(state, letterOf(action))
    return this.nodes.undergo(state, keyOf(action), () => happeningOf(action, this.letters))
  }

  /**
   * The state after `action`; throws a `Violation` when the step shows something that must never be.
   *
   * @param answers is given what was answered on the way
   */
  after(world: World, action: Action, transition: Transition, answers: Answer[] | null = null): World {
    if (transition.violation !== null) throw new Violation(transition.violation)
    const node = nodeOf(action)
    const { next, sent, outcome } = transition
    const history = judge(this.histories, world.history, next.local.core.state.id, outcome)
    const spent = spend(world.spent, kindOf(action), node, outcome.answered, this.#bounds)
    const nodes = world.nodes.slice()
    nodes[node] = next
    if (spent !== world.spent) {
      const still = ahead(spent, this.#bounds)
      for (const [index, state] of nodes.entries()) nodes[index] = this.nodes.withAhead(state, still)
    }
    const inboxes = this.#settle(world, nodes, sent, answers)
    return { nodes, history, spent, inboxes }
  }

  /** The messages after a step: without those that nobody will ever heed again, and with all answers. May change `nodes`. */
  #settle(before: World, nodes: NodeState[], sent: readonly number[], answers: Answer[] | null): readonly Inbox[] {
    const inboxes = before.inboxes.slice()
    const unread: number[] = []
    for (let node = 0; node < nodes.length; node += 1) {
      const state = nodes[node] as NodeState
      if (state === before.nodes[node]) continue
      const living: number[] = []
      for (const letter of (inboxes[node] as Inbox).letters) {
        const heed = this.nodes.heed(state, letter)
        if (heed === 'answered') unread.push(letter)
        if (heed !== 'dead') living.push(letter)
      }
      if (living.length < (inboxes[node] as Inbox).letters.length) inboxes[node] = this.#inbox(living)
    }
    this.#post(inboxes, nodes, sent, unread)
    for (let letter = unread.pop(); letter !== undefined; letter = unread.pop()) {
      const node = this.letters.to(letter)
      const answer = this.nodes.receive(nodes[node] as NodeState, letter)
      if (answer.gain !== null) {
        nodes[node] = answer.next
        answers?.push({ node, letter, sent: answer.gain })
      }
      const isNews = this.#post(inboxes, nodes, answer.sent, unread)
      if (isNews) answers?.push({ node, letter, sent: answer.sent })
    }
    return inboxes
  }

  /** Adds to `unread` what is to be answered. Whether any of them is new, and matters. */
  #post(inboxes: Inbox[], nodes: readonly NodeState[], sent: readonly number[], unread: number[]): boolean {
    let isNews = false
    for (const letter of sent) {
      const to = this.letters.to(letter)
      const { letters } = inboxes[to] as Inbox
      if (letters.includes(letter)) continue
      const heed = this.nodes.heed(nodes[to] as NodeState, letter)
      if (heed === 'dead') continue
      if (heed === 'answered') unread.push(letter)
      inboxes[to] = this.#inbox(withLetter(letters, letter))
      isNews = true
    }
    return isNews
  }

  /** Equal for states that differ in names only, where names do not matter; else different, by all chance. */
  hash({ nodes, history, spent, inboxes }: World): Hash {
    let best: Hash | null = null
    for (const renaming of this.#symmetry.renamings(spent)) {
      const { high: historyHigh, low: historyLow } = history.hashes[renaming] as Hash
      // Who has stood is told by the ballots; it decides nothing but which renamings are sound.
      const rest = pack({ ...spent, stood: 0 })
      let high = (historyHigh + mix(rest)) | 0
      let low = (historyLow + mix(~rest)) | 0
      for (const node of nodes) {
        const hash = node.hashes[renaming] ?? this.nodes.hash(node, renaming)
        high = (high + hash.high) | 0
        low = (low + hash.low) | 0
      }
      for (const { letters, hash } of inboxes) {
        const inbox = renaming === 0 ? hash : this.letters.hashOfAll(letters, renaming)
        high = (high + inbox.high) | 0
        low = (low + inbox.low) | 0
      }
      if (best === null || high < best.high || (high === best.high && low < best.low)) best = { high, low }
    }
    return best ?? fail('no renaming is sound')
  }

  write({ nodes, history, spent, inboxes }: World, to: Numbers): void {
    for (const node of nodes) to.push(node.number)
    to.push(history.number)
    to.push(pack(spent))
    for (const { letters } of inboxes) {
      to.push(letters.length)
      for (const letter of letters) to.push(letter)
    }
  }

  /** The world that starts at `place`, and the place behind it. */
  read(from: Numbers, place: number): { readonly world: World; readonly next: number } {
    let at = place
    const nodes: NodeState[] = []
    for (let node = 0; node < IDS.length; node += 1) nodes.push(this.nodes.at(from.at(at++)))
    const history = this.histories.at(from.at(at++))
    const spent = unpack(from.at(at++))
    const inboxes: Inbox[] = []
    for (let node = 0; node < IDS.length; node += 1) {
      const letters: number[] = []
      for (let left = from.at(at++); left > 0; left -= 1) letters.push(from.at(at++))
      inboxes.push(this.#inbox(letters))
    }
    return { world: { nodes, history, spent, inboxes }, next: at }
  }

  #inbox(letters: readonly number[]): Inbox {
    return { letters, hash: this.letters.hashOfAll(letters, 0) }
  }
}

/** One more; ascending before and after. */
function withLetter(letters: readonly number[], letter: number): readonly number[] {
  const all: number[] = []
  let place = 0
  for (; place < letters.length && (letters[place] as number) < letter; place += 1) all.push(letters[place] as number)
  all.push(letter)
  for (; place < letters.length; place += 1) all.push(letters[place] as number)
  return all
}
