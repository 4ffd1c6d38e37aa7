import type { Launch } from '../support/cluster.ts'

/** Who sends and receives: a node, by the address that it is known by, or `CLIENTS`. */
export type Party = string

/** All clients together: they share one process, and one place in the network. */
export const CLIENTS: Party = 'clients'

/** One direction between two parties. */
export interface Path {
  readonly from: Party
  readonly to: Party
}

/** How a path is. */
export type Condition =
  | { readonly type: 'open' }
  /** Nothing arrives and nobody is told; what was under way may arrive when the path is open again. */
  | { readonly type: 'cut' }
  /** Whoever connects is told at once that it is in vain. */
  | { readonly type: 'refused' }
  | { readonly type: 'delayed'; readonly delayMs: number }
  | { readonly type: 'slow'; readonly bytesPerSecond: number }

export type ConditionName = Exclude<Condition['type'], 'open'>

/** A path whose condition is now another one. */
export interface Change extends Path {
  readonly condition: Condition
}

/** Ends what was imposed; once. `resets`: connections along the paths break, if the network can do that. */
export type Mend = (resets?: boolean) => void

/** What lies between nodes and clients, and can be spoiled. */
export abstract class Network {
  /** Of the nodes, as everybody knows them. */
  abstract readonly addresses: readonly string[]
  /** What this network can do to a path. */
  abstract readonly can: ReadonlySet<ConditionName>
  readonly #imposed = new Map<string, Imposed[]>()

  /** How the server of a node is to be started. */
  abstract launch(address: string): Launch

  /** Who owns the connections of a node; before its process can have made any. */
  abstract started(address: string, pid: number): void

  abstract close(): Promise<void>

  /** Several can be imposed on one path: the latest holds, and when it is mended the one before. */
  impose(paths: readonly Path[], condition: Condition): Mend {
    const imposed: Imposed = { condition }
    for (const path of paths) this.#of(path).push(imposed)
    this.#changed(paths)
    let isMended = false
    return (resets = false) => {
      if (isMended) return
      isMended = true
      if (resets) this.reset(paths)
      for (const path of paths) {
        const all = this.#of(path)
        all.splice(all.indexOf(imposed), 1)
      }
      this.#changed(paths)
    }
  }

  conditionOf(path: Path): Condition {
    return this.#of(path).at(-1)?.condition ?? OPEN
  }

  protected abstract apply(changes: readonly Change[]): void

  /** Breaks the connections along these paths, where the network can. */
  protected abstract reset(paths: readonly Path[]): void

  #changed(paths: readonly Path[]): void {
    this.apply(paths.map((path) => ({ ...path, condition: this.conditionOf(path) })))
  }

  #of({ from, to }: Path): Imposed[] {
    const key = `${from} ${to}`
    const known = this.#imposed.get(key)
    if (known !== undefined) return known
    const all: Imposed[] = []
    this.#imposed.set(key, all)
    return all
  }
}

interface Imposed {
  readonly condition: Condition
}

const OPEN: Condition = { type: 'open' }

/** Both directions between each of `some` and each of `others`. */
export function between(some: readonly Party[], others: readonly Party[]): readonly Path[] {
  return some.flatMap((one) =>
    others
      .filter((other) => other !== one)
      .flatMap((other) => [
        { from: one, to: other },
        { from: other, to: one },
      ]),
  )
}
