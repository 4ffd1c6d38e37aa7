import { readFileSync } from 'node:fs'
import type { Figures } from './figures.ts'
import type { Workload } from './workloads.ts'

/** How much dearer a transaction may be than it was, as a share of that. */
const DEARER_MAX = 0.1

/** Processor time of a transaction, all processes, as it was recorded. */
export interface Cost {
  readonly workload: Workload
  readonly callers: number
  /** Microseconds, median of rounds. */
  readonly processorUs: number
}

/** Of ours, in a report that was written as JSON. Throws an Error that says what is wrong with the file. */
export function readCosts(path: string): readonly Cost[] {
  const report = JSON.parse(readFileSync(path, 'utf8')) as { readonly figures?: readonly Figures[] }
  if (!Array.isArray(report.figures)) throw new Error('it is no report of this benchmark')
  return costsOf(report.figures)
}

export function costsOf(figures: readonly Figures[]): readonly Cost[] {
  return figures.flatMap(({ contestant, workload, callers, processorUs }) =>
    contestant === 'decree' && processorUs !== null ? [{ workload, callers, processorUs: processorUs.median }] : [],
  )
}

/** Sentences on rows that both have: all of them, and those that are dearer than they may be. */
export function compareCosts(
  was: readonly Cost[],
  is: readonly Cost[],
): { readonly all: readonly string[]; readonly dearer: readonly string[] } {
  const all: string[] = []
  const dearer: string[] = []
  for (const { workload, callers, processorUs } of is) {
    const before = was.find((one) => one.workload === workload && one.callers === callers)
    if (before === undefined) continue
    const change = processorUs / before.processorUs - 1
    const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(0)} %`
    const sentence = `${workload}, ${callers} callers: ${processorUs.toFixed(1)} µs, was ${before.processorUs.toFixed(1)} (${percent}).`
    all.push(sentence)
    if (change > DEARER_MAX) dearer.push(sentence)
  }
  return { all, dearer }
}
