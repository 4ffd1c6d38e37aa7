import type { Operation } from '../history.ts'
import { type Graph, GraphBuilder, REALTIME, RW, WR, WW } from './graph.ts'
import type { Append } from './lists.ts'
import type { Order } from './order.ts'

/**
 * What must come before what, by what was read and by real time. Its nodes are numbered as the operations are.
 * `unseen`: for each order, the appends behind it. `took`: unknown operations that have happened.
 */
export function dependencies(
  operations: readonly Operation[],
  orders: readonly Order[],
  unseen: readonly (readonly Append[])[],
  took: ReadonlySet<Operation>,
): Graph {
  const graph = new GraphBuilder(operations.length)
  for (const [index, order] of orders.entries()) dependOnList(graph, order, unseen[index] ?? [])
  dependOnTime(graph, operations, took)
  return graph.build()
}

function dependOnList(graph: GraphBuilder, { list, appends, reads }: Order, unseen: readonly Append[]): void {
  const key = list.number
  const before = nearest(appends)
  const after = nearest(appends.toReversed()).toReversed()
  for (const [index, append] of appends.entries()) {
    const next = after[index + 1]
    if (append !== undefined && next !== undefined) graph.add(nodeOf(append), nodeOf(next), WW, key)
  }
  const rest = new Unseen(graph, unseen, key)
  const last = before[appends.length]
  if (last !== undefined) rest.follow(nodeOf(last), WW)
  for (const { operation, elements } of reads) {
    let place = elements.length
    // What an operation appended itself it did not learn from another.
    while (place > 0 && appends[place - 1]?.operation === operation) place -= 1
    const written = before[place]
    if (written !== undefined) graph.add(nodeOf(written), operation.index, WR, key)
    const overwritten = after[elements.length]
    if (overwritten === undefined) rest.follow(operation.index, RW)
    else graph.add(operation.index, nodeOf(overwritten), RW, key)
  }
}

/**
 * For each place between two appends, from 0 to their number: the nearest append before it. With the list reversed,
 * and the result too: the nearest behind it.
 */
function nearest(appends: readonly (Append | undefined)[]): (Append | undefined)[] {
  const found: (Append | undefined)[] = [undefined]
  for (const append of appends) found.push(append ?? found.at(-1))
  return found
}

const nodeOf = (append: Append): number => append.operation.index

/**
 * Appends that come after everything that was read, in an order that is not known. They come after every reader of the
 * whole list, except that an operation does not come after itself. So that many readers and many such appends do not
 * need an edge for each pair, two chains of helpers lead to the appends: one onwards, one backwards.
 */
class Unseen {
  readonly #graph: GraphBuilder
  readonly #key: number
  readonly #places = new Map<number, number>()
  readonly #onwards: number[]
  readonly #backwards: number[]

  constructor(graph: GraphBuilder, appends: readonly Append[], key: number) {
    this.#graph = graph
    this.#key = key
    for (const append of appends) {
      if (!this.#places.has(nodeOf(append))) this.#places.set(nodeOf(append), this.#places.size)
    }
    this.#onwards = []
    this.#backwards = []
    for (const node of this.#places.keys()) {
      this.#onwards.push(this.#helper(node))
      this.#backwards.push(this.#helper(node))
    }
    for (let place = 1; place < this.#places.size; place += 1) {
      this.#link(this.#onwards[place - 1], this.#onwards[place], WW)
      this.#link(this.#backwards[place], this.#backwards[place - 1], WW)
    }
  }

  /** They all come after this operation, unless it is one of them. */
  follow(node: number, kind: number): void {
    const place = this.#places.get(node)
    if (place === undefined) return this.#link(node, this.#onwards[0], kind)
    this.#link(node, this.#onwards[place + 1], kind)
    this.#link(node, this.#backwards[place - 1], kind)
  }

  /** The edge behind a helper has a kind that every search follows: the edge before it decides. */
  #helper(node: number): number {
    const helper = this.#graph.helper()
    this.#graph.add(helper, node, WW, this.#key)
    return helper
  }

  #link(from: number | undefined, to: number | undefined, kind: number): void {
    if (from !== undefined && to !== undefined) this.#graph.add(from, to, kind, this.#key)
  }
}

/**
 * Real time, in edges as many as there are events: time is a chain of helpers. An operation leads to the moment at
 * which it ended, and is led to by the last moment before it began.
 */
function dependOnTime(graph: GraphBuilder, operations: readonly Operation[], took: ReadonlySet<Operation>): void {
  let lines = 0
  for (const { invoked, completed } of operations) {
    lines = Math.max(lines, invoked, completed === Number.POSITIVE_INFINITY ? 0 : completed)
  }
  const events = new Array<Operation | undefined>(lines + 1)
  for (const operation of operations) {
    if (operation.ops.length === 0 || !(operation.outcome === 'committed' || took.has(operation))) continue
    events[operation.invoked] = operation
    if (operation.completed !== Number.POSITIVE_INFINITY) events[operation.completed] = operation
  }
  let moment: number | undefined
  // Operations that ended since the last one began share a moment.
  let isShared = false
  for (const [line, operation] of events.entries()) {
    if (operation === undefined) continue
    if (line === operation.invoked) {
      if (moment !== undefined) graph.add(moment, operation.index, REALTIME, -1)
      isShared = false
      continue
    }
    if (moment === undefined || !isShared) {
      const next = graph.helper()
      if (moment !== undefined) graph.add(moment, next, REALTIME, -1)
      moment = next
      isShared = true
    }
    graph.add(operation.index, moment, REALTIME, -1)
  }
}
