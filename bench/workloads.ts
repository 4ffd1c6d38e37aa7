/** What callers do, again and again. */
export type Workload = 'rmw' | 'put' | 'read' | 'transfer' | 'append-hot' | 'literal' | 'mixed'

/** In the order in which they are told. */
export const WORKLOADS: readonly Workload[] = ['rmw', 'put', 'read', 'transfer', 'append-hot', 'literal', 'mixed']

/** What each of them does, for a reader of the figures. */
export const EXPLAINED: Readonly<Record<Workload, string>> = {
  rmw: 'reads a key and writes it anew, and checks the old value',
  put: 'writes a key without reading it',
  read: 'reads a key',
  transfer: 'moves an amount between two keys, if there is enough; the values are whole numbers',
  'append-hot': 'appends to the value of one key, the same for all callers, and cuts it to its size',
  literal: 'as rmw, with key and value as literals in a text that is new each time',
  mixed: '90 % read, 10 % rmw',
}

/** Of `mixed`: the share of calls that only read. */
export const MIXED_READ_SHARE = 0.9

/** The share of a workload's calls that write, 0 to 1. */
export function writeShare(workload: Workload): number {
  if (workload === 'read') return 0
  return workload === 'mixed' ? 1 - MIXED_READ_SHARE : 1
}
