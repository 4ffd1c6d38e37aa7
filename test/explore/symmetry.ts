import type { Bounds } from './bounds.ts'
import { IDS, RENAMINGS, type Renaming } from './names.ts'
import type { Spent } from './spent.ts'

/**
 * Which renamings of nodes turn a state into one that behaves the same, so that only one of them need be explored.
 *
 * Nodes differ in their identities alone, and identities matter in two places: they order ballots of equal counter,
 * and they decide whom to ask next (which never happens here: see `main.ts`). So a renaming is sound when it keeps the
 * order of all who own a ballot or may come to own one. Who may not stand is renamed freely; once no candidacy is
 * left, so is everybody who never stood, and those who did keep their order only.
 */
export class Symmetry {
  readonly #bounds: Bounds
  readonly #duringElections: readonly number[]
  /** By who has stood. */
  readonly #afterwards: readonly (readonly number[])[]

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    const candidates = IDS.map((_, index) => index).slice(0, bounds.proposers)
    this.#duringElections = select((renaming) => candidates.every((index) => renaming[index] === index))
    this.#afterwards = Array.from({ length: 1 << IDS.length }, (_, stood) => {
      const owners = IDS.map((_, index) => index).filter((index) => (stood & (1 << index)) !== 0)
      return select((renaming) => isAscending(owners.map((index) => renaming[index] ?? 0)))
    })
  }

  /** Numbers of renamings; the one that changes nothing is always among them. */
  renamings({ ballots, stood }: Spent): readonly number[] {
    return ballots < this.#bounds.ballots ? this.#duringElections : (this.#afterwards[stood] ?? [0])
  }
}

function select(isSound: (renaming: Renaming) => boolean): number[] {
  return RENAMINGS.flatMap((renaming, number) => (isSound(renaming) ? [number] : []))
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) < number)
}
