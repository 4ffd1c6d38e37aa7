import { machineLine } from '../../bench/report.ts'
import { distributionOf, quantile } from '../perseus/distribution.ts'
import type { Outcome } from './caller.ts'
import { REGIONS } from './regions.ts'

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
]

export function asText({ command, runs, notes }: Experiment): string {
  const rows = [HEADS, ...runs.flatMap(rowsOf)]
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return [`Machine: ${machineLine()}`, `Command: ${command}`, '', ...lines, '', ...NOTES, ...notes].join('\n')
}

export function asMarkdown({ command, runs, notes }: Experiment): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [row(HEADS), row(HEADS.map((_, n) => (n < 2 ? '---' : '---:'))), ...runs.flatMap(rowsOf).map(row)]
  const facts = [`- Machine: ${machineLine()}`, `- Command: \`${command}\``]
  return ['# Wide area', '', ...facts, '', ...table, '', ...[...NOTES, ...notes].map((note) => `- ${note}`), ''].join(
    '\n',
  )
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
