import type { Downtimes, Trial } from './availability.ts'
import type { RoundResult } from './round.ts'

/** One round in a few lines. */
export function tellRound(
  number: number,
  { drawn, counts, faults, stormMs, gapMs, problems }: RoundResult,
): readonly string[] {
  const { manners, rotate, workloads } = drawn
  return [
    `round ${number}: ${problems.length === 0 ? 'passed' : 'FAILED'}; ${tellCounts(counts)}`,
    `  ${workloads.map(({ name }) => name).join(', ')}; ${manners.clients} clients of ${manners.lanes} lanes, ` +
      `deadline ${manners.timeoutMs} ms; rotation ${rotate}`,
    `  faults: ${tellNumbers(faults)}`,
    `  longest time without a commit in the storm of ${(stormMs / 1_000).toFixed(0)} s: ${gapMs.toFixed(0)} ms`,
  ]
}

/** All rounds together. */
export function tellAll(results: readonly RoundResult[]): readonly string[] {
  const counts = { calls: 0, committed: 0, refused: 0, unknown: 0 }
  const faults = new Map<string, number>()
  for (const result of results) {
    for (const name of COUNTS) counts[name] += result.counts[name]
    for (const [name, times] of result.faults) faults.set(name, (faults.get(name) ?? 0) + times)
  }
  return [
    `${results.length} rounds: ${tellCounts(counts)}`,
    `faults: ${tellNumbers(faults)}`,
    `longest time without a commit in a storm: ${Math.max(...results.map(({ gapMs }) => gapMs)).toFixed(0)} ms`,
    ...tellAvailability(results.map(({ downtimes }) => downtimes)),
  ]
}

function tellAvailability(all: readonly Downtimes[]): readonly string[] {
  const rows = TRIALS.map((trial) => {
    const sorted = all.flatMap((downtimes) => downtimes.get(trial) ?? []).sort((a, b) => a - b)
    return { trial, median: sorted[Math.floor(sorted.length / 2)], worst: sorted.at(-1) }
  })
  const cell = (ms: number | undefined) => (ms === undefined ? '-' : ms.toFixed(0)).padStart(8)
  return [
    'longest time without a commit when this happens to one node, in ms:',
    `  ${''.padEnd(20)}  median     worst`,
    ...rows.map(({ trial, median, worst }) => `  ${trial.padEnd(20)}${cell(median)}  ${cell(worst)}`),
  ]
}

const TRIALS: readonly Trial[] = [
  'nothing',
  'follower isolated',
  'follower returns',
  'leader isolated',
  'leader returns',
]

const COUNTS = ['calls', 'committed', 'refused', 'unknown'] as const

function tellCounts({ calls, committed, refused, unknown }: RoundResult['counts']): string {
  return `${calls} calls, ${committed} committed, ${refused} refused, ${unknown} unknown`
}

function tellNumbers(named: ReadonlyMap<string, number>): string {
  return [...named].map(([name, times]) => `${name} ${times}`).join(', ')
}
