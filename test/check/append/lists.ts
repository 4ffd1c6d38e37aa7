import type { Operation } from '../history.ts'
import type { Json } from '../json.ts'

export type Element = number | string

/** That an operation appends an element to a key. */
export interface Append {
  readonly operation: Operation
  readonly element: Element
  /** What the operation appended to the key just before. */
  readonly earlier: Append | undefined
  /** Whether the operation appends nothing more to the key. */
  isLast: boolean
  /** Whether any read shows it. */
  isSeen: boolean
}

/** What a committed operation read of a key. */
export interface Read {
  readonly operation: Operation
  readonly elements: readonly Element[]
}

/** A key that holds a list, and all that was done with it. */
export interface List {
  readonly key: string
  readonly number: number
  readonly appends: Map<Element, Append>
  readonly reads: Read[]
}

/** The keys that hold lists: something is appended to them, or a list was read from them. */
export function listsOf(operations: readonly Operation[]): readonly List[] {
  const lists = new Map<string, List>()
  for (const { ops } of operations) {
    for (const [kind, key, value] of ops) {
      if (lists.has(key) || !(kind === 'append' || (kind === 'r' && Array.isArray(value)))) continue
      lists.set(key, { key, number: lists.size, appends: new Map(), reads: [] })
    }
  }
  if (lists.size > 0) for (const operation of operations) collect(operation, lists)
  return [...lists.values()]
}

function collect(operation: Operation, lists: ReadonlyMap<string, List>): void {
  const last = operation.ops.length > 1 ? new Map<string, Append>() : undefined
  for (const op of operation.ops) {
    const list = lists.get(op[1])
    if (list === undefined) continue
    if (op[0] === 'append') {
      const earlier = last?.get(list.key)
      const append: Append = { operation, element: op[2], earlier, isLast: true, isSeen: false }
      if (earlier !== undefined) earlier.isLast = false
      last?.set(list.key, append)
      list.appends.set(op[2], append)
    } else if (op[0] === 'r' && operation.sees) list.reads.push({ operation, elements: elementsOf(op[2]) })
  }
}

/** The history has made sure that it is a list, or null for an empty one. */
export function elementsOf(value: Json): readonly Element[] {
  return Array.isArray(value) ? value : NONE
}

const NONE: readonly Element[] = []
