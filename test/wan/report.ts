import { machineLine } from '../../bench/report.ts'
import { distributionOf, quantile } from '../perseus/distribution.ts'
import type { Outcome } from './caller.ts'
import type { Distances } from './distances.ts'
import { REGIONS, ROUND_TRIPS_MS } from './regions.ts'

/** One placement of the leader. */
export interface Run {
  /** Index of the region in which the leader was in the end. */
  readonly leader: number
  /** The servers chose it by themselves. */
  readonly isNearest: boolean
  /** By region. */
  readonly outcomes: readonly Outcome[]
  readonly load: number
}

export interface Experiment {
  readonly command: string
  readonly distances: Distances
  readonly runs: readonly Run[]
  /** Sentences. */
  readonly notes: readonly string[]
}

const HEADS = [
  'leader in',
  'caller in',
  'increments',
  'mean ms',
  'p50 ms',
  'p99 ms',
  'wanted',
  'Gryadka',
  'etcd',
  'MongoDB',
  'load',
]

const NOTES = [
  'Figures of Gryadka, etcd and MongoDB are those of the CASPaxos paper (Rystsov, 2018), for a read and a write; ours is one program.',
  'Delays are made by proxies in front of each node, half a round trip each way; disk and processor are those of one machine.',
  'Callers and servers first run near to each other for some seconds, as hot as what has run for long.',
]

export function asText({ command, distances, runs, notes }: Experiment): string {
  const rows = [HEADS, ...runs.flatMap(rowsOf)]
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return [
    `Machine: ${machineLine()}`,
    `Command: ${command}`,
    '',
    ...lines,
    '',
    ...NOTES,
    echoes(distances),
    ...notes,
  ].join('\n')
}

export function asMarkdown({ command, distances, runs, notes }: Experiment): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [row(HEADS), row(HEADS.map((_, n) => (n < 2 ? '---' : '---:'))), ...runs.flatMap(rowsOf).map(row)]
  const facts = [`- Machine: ${machineLine()}`, `- Command: \`${command}\``]
  return [
    '# Wide area',
    '',
    ...facts,
    '',
    ...table,
    '',
    ...[...NOTES, echoes(distances), ...notes].map((note) => `- ${note}`),
    '',
  ].join('\n')
}

function echoes({ ownMs, roundTripsMs, besideMs }: Distances): string {
  const pairs = ROUND_TRIPS_MS.map(([one, other, wantedMs], index) => {
    const names = `${REGIONS[one]?.name} – ${REGIONS[other]?.name}`
    return `${names} ${roundTripsMs[index]?.toFixed(1)} (wanted ${wantedMs})`
  })
  const own = ownMs.map((ms) => ms.toFixed(1)).join(', ')
  const beside = `within a region ${besideMs.toFixed(1)}`
  return `An echo over these proxies takes, ms: ${pairs.join(', ')}, ${beside}; of the delays ${own} are taken off, which proxies and processes take themselves.`
}

function rowsOf({ leader, isNearest, outcomes, load }: Run): readonly (readonly string[])[] {
  return REGIONS.map(({ name, paper, wantedMsMax }, n) => {
    const times = outcomes[n]?.latenciesMs ?? []
    const sorted = [...times].sort((a, b) => a - b)
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
    return [
      `${REGIONS[leader]?.name ?? 'nowhere'}${isNearest ? ' (chosen)' : ''}`,
      name,
      String(times.length),
      mean.toFixed(1),
      distributionOf(times).median.toFixed(1),
      quantile(sorted, 0.99).toFixed(1),
      `≤ ${wantedMsMax}`,
      String(paper.gryadka),
      String(paper.etcd),
      String(paper.mongodb),
      load.toFixed(1),
    ]
  })
}
