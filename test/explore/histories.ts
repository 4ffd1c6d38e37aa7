import type { Ballot, NodeId } from '../../node/core/index.ts'
import { Invariants } from '../walk/invariants.ts'
import { type Hash, hashOf } from './hash.ts'
import { CONFIG, Names, RENAMINGS } from './names.ts'

/** A vote that has become durable. */
export interface Vote {
  readonly node: NodeId
  readonly ballot: Ballot
  readonly slot: number
  readonly body: string
}

/** All votes of the past, and what they made chosen. */
export interface History {
  readonly number: number
  readonly votes: readonly Vote[]
  readonly invariants: Invariants
  /** The ballot in which a slot was chosen. */
  readonly chosenIn: ReadonlyMap<number, Ballot>
  /** By renaming. */
  readonly hashes: readonly Hash[]
}

/**
 * The pasts that were met. They are part of a state: whether a later vote makes something chosen depends on votes
 * that their voters have overwritten since. Once a body is chosen for its slot, who voted for it matters no more.
 */
export class Histories {
  readonly #all: History[] = []
  readonly #byText = new Map<string, History>()
  readonly #next = new Map<string, History>()
  readonly #names = RENAMINGS.map((renaming) => new Names(renaming))

  constructor() {
    this.#intern([])
  }

  get size(): number {
    return this.#all.length
  }

  at(number: number): History {
    return this.#all[number] as History
  }

  /** The past with one more vote. Throws a `Violation` when that contradicts it. */
  add(history: History, vote: Vote): History {
    const key = `${history.number} ${voteText(vote, this.#names[0] as Names)}`
    const known = this.#next.get(key)
    if (known !== undefined) return known
    const next = this.#intern([...history.votes, vote])
    this.#next.set(key, next)
    return next
  }

  #intern(votes: readonly Vote[]): History {
    const invariants = new Invariants(CONFIG)
    const chosenIn = new Map<number, Ballot>()
    for (const { node, ballot, slot, body } of votes) {
      invariants.voted(node, ballot, slot, body)
      if (invariants.chosen.has(slot) && !chosenIn.has(slot)) chosenIn.set(slot, ballot)
    }
    const draft = { number: this.#all.length, votes, invariants, chosenIn }
    const [text = '', ...others] = this.#names.map((names) => historyText(draft, names))
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const history = { ...draft, hashes: [text, ...others].map(hashOf) }
    this.#all.push(history)
    this.#byText.set(text, history)
    return history
  }
}

function voteText({ node, ballot, slot, body }: Vote, names: Names): string {
  return `${names.node(node)} ${names.ballot(ballot)} ${slot}:${names.body(body)}`
}

function historyText({ votes, invariants, chosenIn }: Omit<History, 'hashes'>, names: Names): string {
  const lines = votes.map((vote) => {
    const isChosen = invariants.chosen.get(vote.slot) === vote.body
    return isChosen ? `* ${names.ballot(vote.ballot)} ${vote.slot}:${names.body(vote.body)}` : voteText(vote, names)
  })
  for (const [slot, ballot] of chosenIn) lines.push(`${slot} chosen in ${names.ballot(ballot)}`)
  return `history ${[...new Set(lines)].sort().join()}`
}
