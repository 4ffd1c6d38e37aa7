import { elementsOf, listsOf } from './append/lists.ts'
import type { EndEvent } from './event.ts'
import { Findings } from './findings.ts'
import type { Operation } from './history.ts'
import { show } from './json.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/**
 * What must hold when all is over: replicas at the same slot are equal, every acknowledged append is there once, no
 * refused one is, and an unknown operation has happened as a whole or not at all, and once at most. Registers are
 * judged with the other accesses to them.
 */
export function judgeEnd(operations: readonly Operation[], end: EndEvent): Verdict {
  const findings = new Findings()
  checkReplicas(end, findings)
  const counts = countElements(operations, end, findings)
  for (const operation of operations) checkAppends(operation, counts, findings)
  return verdictOf(findings.shown, {
    replicas: end.replicas?.length ?? 0,
    'lists read at the end': counts.size,
    ...findings.hidden,
  })
}

function checkReplicas({ replicas = [] }: EndEvent, findings: Findings): void {
  const first = new Map<number, (typeof replicas)[number]>()
  for (const replica of replicas) {
    const other = first.get(replica.slot) ?? replica
    first.set(replica.slot, other)
    if (other.hash === replica.hash) continue
    const message =
      `node ${replica.node} and node ${other.node} differ at slot ${replica.slot}: ` +
      `their hashes are ${replica.hash} and ${other.hash}`
    findings.add({ checker: 'end', anomaly: 'replicas-differ', message, lines: [] })
  }
}

type Counts = ReadonlyMap<string, ReadonlyMap<unknown, number>>

/** Of each list that was read at the end, how often each element is in it. */
function countElements(operations: readonly Operation[], { reads = {} }: EndEvent, findings: Findings): Counts {
  const lists = new Map(listsOf(operations).map((list) => [list.key, list]))
  const counts = new Map<string, ReadonlyMap<unknown, number>>()
  for (const [key, value] of Object.entries(reads)) {
    const list = lists.get(key)
    if (list === undefined && !Array.isArray(value)) continue
    const count = new Map<unknown, number>()
    for (const element of elementsOf(value)) count.set(element, (count.get(element) ?? 0) + 1)
    for (const element of count.keys()) {
      if (list?.appends.has(element as number | string)) continue
      const message = `${show(element as number | string)} is in ${show(key)} at the end, and nobody has appended it`
      findings.add({ checker: 'end', anomaly: 'garbage-read', message, lines: [] })
    }
    counts.set(key, count)
  }
  return counts
}

function checkAppends({ ops, outcome, line }: Operation, counts: Counts, findings: Findings): void {
  let present: string | undefined
  let absent: string | undefined
  for (const op of ops) {
    const count = counts.get(op[1])
    if (op[0] !== 'append' || count === undefined) continue
    const times = count.get(op[2]) ?? 0
    const what = `${show(op[2])} in ${show(op[1])}`
    if (times > 0) present ??= what
    else absent ??= what
    if (times > 1) {
      const message = `line ${line} appended ${what} once, and it is there ${times} times at the end`
      findings.add({ checker: 'end', anomaly: 'duplicate-append', message, lines: [line] })
    }
    if (times > 0 && (outcome === 'refused' || outcome === 'aborted')) {
      const message = `line ${line} had no effect, and yet ${what} is there at the end`
      findings.add({ checker: 'end', anomaly: 'G1a', message, lines: [line] })
    }
    if (times === 0 && outcome === 'committed') {
      const message = `line ${line} appended ${what} and was acknowledged, and it is not there at the end`
      findings.add({ checker: 'end', anomaly: 'lost-append', message, lines: [line] })
    }
  }
  if (outcome !== 'unknown' || present === undefined || absent === undefined) return
  const message = `of line ${line}, whose outcome is unknown, ${present} is there at the end and ${absent} is not`
  findings.add({ checker: 'end', anomaly: 'torn-write', message, lines: [line] })
}
