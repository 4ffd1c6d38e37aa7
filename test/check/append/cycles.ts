import type { CycleAnomaly, Step } from '../verdict.ts'
import { components } from './components.ts'
import { ALL, type Graph, REALTIME, RW, WR, WW } from './graph.ts'

export interface Cycle {
  readonly anomaly: CycleAnomaly
  readonly steps: readonly CycleStep[]
}

/** A step between operations, by their numbers, for the reason of a key, by its number. */
export interface CycleStep extends Pick<Step, 'kind'> {
  readonly from: number
  readonly to: number
  readonly key: number
}

/**
 * Operations each of which must come before the next. Of every knot of them one short cycle, the strongest anomaly
 * that it holds: fewer kinds of edges prove more. Empty: an order exists.
 */
export function cyclesOf(graph: Graph): readonly Cycle[] {
  const knots = components(graph, ALL)
  if (knots.length === 0) return []
  const search = new Search(graph)
  return knots.slice(0, KNOTS_MAX).map((knot) => strongest(graph, knot, search))
}

/** In the order of strength. Each is tried without real time, then with it. */
const LEVELS: readonly { readonly mask: number; readonly readsOverwritten: 'none' | 'one' | 'any' }[] = [
  { mask: WW, readsOverwritten: 'none' },
  { mask: WW | WR, readsOverwritten: 'none' },
  { mask: WW | WR, readsOverwritten: 'one' },
  { mask: WW | WR | RW, readsOverwritten: 'any' },
]

function strongest(graph: Graph, knot: readonly number[], search: Search): Cycle {
  for (const time of [0, REALTIME]) {
    for (const { mask, readsOverwritten } of LEVELS) {
      const edges =
        readsOverwritten === 'one'
          ? cycleThroughOne(graph, knot, mask | time, search)
          : shortCycle(graph, knot, mask | time, search)
      if (edges === undefined) continue
      const steps = stepsOf(graph, edges)
      return { anomaly: nameOf(steps), steps }
    }
  }
  throw new Error(`no cycle among ${knot.length} nodes that are strongly connected`)
}

function shortCycle(
  graph: Graph,
  knot: readonly number[],
  mask: number,
  search: Search,
): readonly number[] | undefined {
  const inner = components(graph, mask, knot).sort((a, b) => a.length - b.length)[0]
  if (inner === undefined) return undefined
  search.enter(inner)
  let best: readonly number[] | undefined
  for (const node of inner.filter((each) => each < graph.operations).slice(0, STARTS_MAX)) {
    const edges = search.path(node, node, mask)
    if (edges !== undefined && (best === undefined || edges.length < best.length)) best = edges
  }
  return best
}

/** A cycle of one edge `rw` and others of the mask. Gives up after much work: a weaker name will then be found. */
function cycleThroughOne(
  graph: Graph,
  knot: readonly number[],
  mask: number,
  search: Search,
): readonly number[] | undefined {
  search.enter(knot)
  let best: readonly number[] | undefined
  const visitsMax = search.visits + VISITS_MAX
  for (const node of knot) {
    for (let edge = graph.first[node] ?? 0; edge < (graph.first[node + 1] ?? 0); edge += 1) {
      if (graph.kind[edge] !== RW) continue
      const rest = search.path(graph.target[edge] ?? 0, node, mask)
      if (rest !== undefined && (best === undefined || rest.length + 1 < best.length)) best = [edge, ...rest]
      if (search.visits > visitsMax || (best !== undefined && best.length <= SHORT_ENOUGH)) return best
    }
  }
  return best
}

/** Searches paths within some of the nodes, again and again. */
class Search {
  /** Nodes looked at so far. */
  visits = 0
  readonly #graph: Graph
  readonly #inside: Int32Array
  readonly #reached: Int32Array
  readonly #arrival: Int32Array
  #scope = 0
  #round = 0

  constructor(graph: Graph) {
    this.#graph = graph
    this.#inside = new Int32Array(graph.nodes)
    this.#reached = new Int32Array(graph.nodes)
    this.#arrival = new Int32Array(graph.nodes)
  }

  /** From now on paths lead over these nodes only. */
  enter(nodes: readonly number[]): void {
    this.#scope += 1
    for (const node of nodes) this.#inside[node] = this.#scope
  }

  /** The edges of a path with few operations; from a node to itself: of a cycle. Breadth first; helpers are free. */
  path(from: number, to: number, mask: number): readonly number[] | undefined {
    const { first, target, kind, operations } = this.#graph
    this.#round += 1
    let current = [from]
    while (current.length > 0) {
      const following: number[] = []
      // Grows while it is walked.
      for (const node of current) {
        this.visits += 1
        for (let edge = first[node] ?? 0; edge < (first[node + 1] ?? 0); edge += 1) {
          const next = target[edge] ?? 0
          if (((kind[edge] ?? 0) & mask) === 0 || this.#inside[next] !== this.#scope) continue
          if (next === to) return this.#trace(from, edge)
          if (this.#reached[next] === this.#round) continue
          this.#reached[next] = this.#round
          this.#arrival[next] = edge
          if (node < operations) following.push(next)
          else current.push(next)
        }
      }
      current = following
    }
    return undefined
  }

  #trace(from: number, last: number): readonly number[] {
    const edges = [last]
    for (let node = this.#graph.source[last] ?? 0; node !== from; ) {
      const edge = this.#arrival[node] ?? 0
      edges.push(edge)
      node = this.#graph.source[edge] ?? 0
    }
    return edges.reverse()
  }
}

/** Steps from operation to operation; the first edge of those that lead over helpers says why. */
function stepsOf(graph: Graph, edges: readonly number[]): readonly CycleStep[] {
  const { source, target, kind, key, operations } = graph
  // Begin at an operation: a cycle found through one edge may begin at any node, but its first edge leaves one.
  const start = edges.findIndex((edge) => (source[edge] ?? 0) < operations)
  const steps: CycleStep[] = []
  let leaving = -1
  for (const edge of [...edges.slice(start), ...edges.slice(0, start)]) {
    if ((source[edge] ?? 0) < operations) leaving = edge
    const to = target[edge] ?? 0
    if (to >= operations) continue
    steps.push({ from: source[leaving] ?? 0, to, kind: kindOf(kind[leaving] ?? 0), key: key[leaving] ?? -1 })
  }
  return steps
}

function kindOf(kind: number): Step['kind'] {
  if (kind === WW) return 'ww'
  if (kind === WR) return 'wr'
  return kind === RW ? 'rw' : 'realtime'
}

function nameOf(steps: readonly CycleStep[]): CycleAnomaly {
  const count = (wanted: Step['kind']): number => steps.filter(({ kind }) => kind === wanted).length
  const overwritten = count('rw')
  const name = overwritten > 1 ? 'G2' : overwritten === 1 ? 'G-single' : count('wr') > 0 ? 'G1c' : 'G0'
  return count('realtime') > 0 ? `${name}-realtime` : name
}

/** Knots beyond these tell nothing new. */
const KNOTS_MAX = 10
/** Operations from which a short cycle is sought. */
const STARTS_MAX = 16
/** Nodes that a search for a cycle with one edge `rw` may look at. */
const VISITS_MAX = 3_000_000
/** Edges, those to and from one helper included, that no other cycle is worth looking for. */
const SHORT_ENOUGH = 4
