import type { Accepted, Ballot, Config, Decree, NodeId } from '../../node/core/index.ts'
import { decodeRows, text } from '../../node/core/testing/disk.ts'

/** The three nodes, in the order of their identities. */
export const IDS: readonly NodeId[] = ['1', '2', '3'].map((digit) => digit.padStart(16, '0'))

export const CONFIG: Config = {
  cluster: 'c',
  version: 1,
  members: IDS.map((id, index) => ({ id, address: `10.0.0.${index + 1}:1` })),
}

const LETTERS = ['A', 'B', 'C'] as const

export function indexOf(id: NodeId): number {
  return IDS.indexOf(id)
}

/** Node `index` is called what node `renaming[index]` is called without renaming. */
export type Renaming = readonly number[]

/** All of them; the first one changes nothing. */
export const RENAMINGS: readonly Renaming[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/** Short names for what has nodes in it, under one renaming: as traces show it, and as states are compared. */
export class Names {
  readonly #letters: readonly string[]
  readonly #isPlain: boolean

  constructor(renaming: Renaming) {
    this.#letters = renaming.map((index) => LETTERS[index] ?? '')
    this.#isPlain = renaming.every((to, index) => to === index)
  }

  node(id: NodeId): string {
    return this.#letters[indexOf(id)] ?? '-'
  }

  /** Sorted under this renaming, too. */
  nodes(ids: Iterable<NodeId>): string {
    return [...ids]
      .map((id) => this.node(id))
      .sort()
      .join('')
  }

  ballot({ counter, node }: Ballot): string {
    return `${counter}${this.node(node)}`
  }

  decree({ body }: Decree): string {
    return this.body(text(body))
  }

  /** A body's text: see `bodyOf`. */
  body(body: string): string {
    return this.#isPlain ? body : body.replace(/[ABC]/, (letter) => this.#letters[LETTERS.indexOf(letter as 'A')] ?? '')
  }

  accepted(accepted: Accepted | null): string {
    if (accepted === null) return 'nothing'
    const { ballot, slot, origin, decree } = accepted
    return `${slot}:${this.decree(decree)} in ${this.ballot(ballot)} of ${this.ballot(origin)}`
  }

  rows(chunk: Uint8Array): string {
    return decodeRows(chunk)
      .map(([slot, body]) => `${slot}:${this.body(body)}`)
      .join()
  }
}

/** What traces show. */
export const NAMES = new Names([0, 1, 2])

/** The body of every decree says where it comes from: the ballot in which it was first proposed, and the slot. */
export function bodyOf(ballot: Ballot, slot: number): Uint8Array {
  return new TextEncoder().encode(`${NAMES.ballot(ballot)}/${slot}`)
}
