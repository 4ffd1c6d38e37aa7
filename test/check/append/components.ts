import type { Graph } from './graph.ts'

/**
 * The strongly connected components of more than one node, by the edges that `mask` allows (Tarjan 1972, with a stack
 * of its own instead of recursion). `inside`: only among these nodes.
 */
export function components(graph: Graph, mask: number, inside?: readonly number[]): number[][] {
  const { nodes, first, target, kind } = graph
  const order = new Int32Array(nodes)
  const low = new Int32Array(nodes)
  const cursor = new Int32Array(nodes)
  const state = new Uint8Array(nodes)
  if (inside !== undefined) {
    state.fill(CLOSED)
    for (const node of inside) state[node] = FRESH
  }
  const path = new Int32Array(nodes)
  const open = new Int32Array(nodes)
  const found: number[][] = []
  let counter = 0
  let openLength = 0

  const search = (root: number): void => {
    let depth = 0
    const enter = (node: number): void => {
      state[node] = OPEN
      order[node] = counter
      low[node] = counter
      counter += 1
      cursor[node] = first[node] ?? 0
      open[openLength++] = node
      path[depth++] = node
    }
    enter(root)
    while (depth > 0) {
      const node = path[depth - 1] ?? 0
      const at = cursor[node] ?? 0
      if (at < (first[node + 1] ?? 0)) {
        cursor[node] = at + 1
        if (((kind[at] ?? 0) & mask) === 0) continue
        const next = target[at] ?? 0
        if (state[next] === FRESH) enter(next)
        else if (state[next] === OPEN) low[node] = Math.min(low[node] ?? 0, order[next] ?? 0)
        continue
      }
      depth -= 1
      if (depth > 0) {
        const parent = path[depth - 1] ?? 0
        low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0)
      }
      if (low[node] !== order[node]) continue
      const start = open.lastIndexOf(node, openLength - 1)
      if (openLength - start > 1) found.push([...open.subarray(start, openLength)])
      for (let index = start; index < openLength; index += 1) state[open[index] ?? 0] = CLOSED
      openLength = start
    }
  }

  if (inside === undefined) {
    for (let node = 0; node < nodes; node += 1) if (state[node] === FRESH) search(node)
  } else {
    for (const node of inside) if (state[node] === FRESH) search(node)
  }
  return found
}

const FRESH = 0
const OPEN = 1
const CLOSED = 2
