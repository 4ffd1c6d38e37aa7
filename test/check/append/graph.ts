/** Kinds of edges, as bits of a mask. */
export const WW = 1
export const WR = 2
export const RW = 4
export const REALTIME = 8
export const ALL = WW | WR | RW | REALTIME

/**
 * What must come before what. The first `operations` nodes are operations; the others are helpers that stand for many
 * edges at once: a path from operation to operation through helpers is one edge, of the kind of its first piece.
 */
export interface Graph {
  readonly operations: number
  readonly nodes: number
  /** The edges of node n are those from `first[n]` to before `first[n + 1]`. */
  readonly first: Int32Array
  readonly target: Int32Array
  readonly source: Int32Array
  readonly kind: Uint8Array
  /** Number of the key that the edge is about; −1 for real time. */
  readonly key: Int32Array
}

/** Collects edges. */
export class GraphBuilder {
  readonly #operations: number
  #nodes: number
  readonly #source: number[] = []
  readonly #target: number[] = []
  readonly #kind: number[] = []
  readonly #key: number[] = []

  constructor(operations: number) {
    this.#operations = operations
    this.#nodes = operations
  }

  helper(): number {
    this.#nodes += 1
    return this.#nodes - 1
  }

  /** An operation does not come before itself: such an edge is left out. */
  add(source: number, target: number, kind: number, key: number): void {
    if (source === target) return
    this.#source.push(source)
    this.#target.push(target)
    this.#kind.push(kind)
    this.#key.push(key)
  }

  build(): Graph {
    const edges = this.#source.length
    const first = new Int32Array(this.#nodes + 2)
    for (let edge = 0; edge < edges; edge += 1) {
      const slot = (this.#source[edge] ?? 0) + 2
      first[slot] = (first[slot] ?? 0) + 1
    }
    for (let node = 1; node < first.length; node += 1) first[node] = (first[node] ?? 0) + (first[node - 1] ?? 0)
    const target = new Int32Array(edges)
    const source = new Int32Array(edges)
    const kind = new Uint8Array(edges)
    const key = new Int32Array(edges)
    // While it is filled, first[n + 1] is where the next edge of node n goes; afterwards it is where they end.
    for (let edge = 0; edge < edges; edge += 1) {
      const from = this.#source[edge] ?? 0
      const at = first[from + 1] ?? 0
      first[from + 1] = at + 1
      source[at] = from
      target[at] = this.#target[edge] ?? 0
      kind[at] = this.#kind[edge] ?? 0
      key[at] = this.#key[edge] ?? 0
    }
    return { operations: this.#operations, nodes: this.#nodes, first, target, source, kind, key }
  }
}
