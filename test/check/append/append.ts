import { Findings } from '../findings.ts'
import type { Operation } from '../history.ts'
import { show } from '../json.ts'
import { type Finding, type Step, type Verdict, verdictOf } from '../verdict.ts'
import { type Cycle, cyclesOf } from './cycles.ts'
import { dependencies } from './edges.ts'
import { checkInternally } from './internal.ts'
import { type List, listsOf } from './lists.ts'
import { orderOf, unseenAppends } from './order.ts'

/**
 * Whether the operations on lists can have happened one after the other, in an order that agrees with real time. In
 * the manner of Elle (Kingsbury and Alvaro 2020): a list tells in what order it was appended to, so what was read says
 * which operation must come before which, and a cycle of these is an anomaly. Takes time nearly linear in the size of
 * the history. Operations of which nothing is known to have been read are taken as if they had not happened.
 */
export function judgeAppends(operations: readonly Operation[]): Verdict {
  const lists = listsOf(operations)
  const findings = new Findings()
  const keys = new Set(lists.map(({ key }) => key))
  for (const operation of operations) checkInternally(operation, keys, findings)
  const orders = lists.map((list) => orderOf(list, findings))
  const took = new Set<Operation>()
  for (const { appends } of orders) {
    for (const append of appends) if (append?.operation.outcome === 'unknown') took.add(append.operation)
  }
  const unseen = lists.map((list) => unseenAppends(list, took, findings))
  const graph = dependencies(operations, orders, unseen, took)
  for (const cycle of cyclesOf(graph)) findings.add(findingOf(cycle, operations, lists))
  const sum = (count: (list: List) => number): number => lists.reduce((total, list) => total + count(list), 0)
  return verdictOf(findings.shown, {
    lists: lists.length,
    appends: sum(({ appends }) => appends.size),
    'list reads': sum(({ reads }) => reads.length),
    ...findings.hidden,
  })
}

function findingOf({ anomaly, steps }: Cycle, operations: readonly Operation[], lists: readonly List[]): Finding {
  const lineOf = (index: number): number => operations[index]?.line ?? 0
  const cycle = steps.map(
    ({ from, to, kind, key }): Step => ({
      from: lineOf(from),
      to: lineOf(to),
      kind,
      key: lists[key]?.key ?? null,
    }),
  )
  const reasons = cycle.slice(0, REASONS_MAX).map(reason)
  const rest = cycle.length > reasons.length ? ` and so on over ${cycle.length} operations` : ''
  return {
    checker: 'append',
    anomaly,
    message: `no order of these is possible: ${reasons.join(', ')}${rest}`,
    lines: cycle.map(({ from }) => from),
    cycle,
  }
}

function reason({ from, to, kind, key }: Step): string {
  switch (kind) {
    case 'ww':
      return `line ${to} appended to ${show(key)} behind line ${from}`
    case 'wr':
      return `line ${to} read what line ${from} appended to ${show(key)}`
    case 'rw':
      return `line ${from} read ${show(key)} without what line ${to} appended`
    case 'realtime':
      return `line ${to} began after line ${from} had ended`
    default:
      return kind satisfies never
  }
}

const REASONS_MAX = 8
