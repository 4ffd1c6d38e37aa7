import type { Figures, Ratio } from './figures.ts'
import type { Spread } from './statistics.ts'

/** A table of text: the first `labels` columns are words, the others figures. */
export interface Table {
  readonly labels: number
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const ABSENT = '-'

/** What was measured, each figure the median of the rounds. Columns that nobody has a figure for are left out. */
export function figuresTable(figures: readonly Figures[]): Table {
  const hasSpread = figures.some(({ rounds }) => rounds > 1)
  const columns: readonly (readonly [head: string, cell: (row: Figures) => string])[] = [
    ['system', ({ contestant }) => contestant],
    ['workload', ({ workload }) => workload],
    ['callers', ({ callers }) => String(callers)],
    ['transactions/s', (row) => shown(row.transactionsPerSecond, 0)],
    ...(hasSpread ? [['least to most', (row: Figures) => range(row.transactionsPerSecond, 0)] as const] : []),
    ['p50 ms', (row) => shown(row.p50Ms, 2)],
    ['p99 ms', (row) => shown(row.p99Ms, 2)],
    ['p99.9 ms', (row) => shown(row.p999Ms, 2)],
    ['client µs', (row) => shown(row.clientUs, 1)],
    ['leader µs', (row) => shown(row.leaderUs, 1)],
    ['followers µs', (row) => shown(row.followersUs, 1)],
    ['all µs', (row) => shown(row.processorUs, 1)],
    ['slots/s', (row) => shown(row.slotsPerSecond, 0)],
    ['batch', (row) => shown(row.batch, 1)],
    ['steal %', (row) => shown(row.steal, 1, 100)],
    ['load', (row) => shown(row.load, 1)],
  ]
  const kept = columns.filter(([, cell]) => figures.some((row) => cell(row) !== ABSENT))
  return { labels: 2, heads: kept.map(([head]) => head), rows: figures.map((row) => kept.map(([, cell]) => cell(row))) }
}

/** Ours in multiples of each other's. */
export function ratiosTable(ratios: readonly Ratio[]): Table {
  return {
    labels: 2,
    heads: [
      'compared with',
      'workload',
      'callers',
      'transactions/s, times',
      'least to most',
      'p50, times',
      'p50 least to most',
    ],
    rows: ratios.map((row) => [
      row.with,
      row.workload,
      String(row.callers),
      shown(row.throughput, 2),
      range(row.throughput, 2),
      shown(row.p50, 2),
      range(row.p50, 2),
    ]),
  }
}

/** For a terminal. */
export function aligned({ labels, heads, rows }: Table): readonly string[] {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => (column < labels ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

export function markdown({ labels, heads, rows }: Table): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, column) => (column < labels ? '---' : '---:'))), ...rows.map(line)]
}

function shown(spread: Spread | null, digits: number, factor = 1): string {
  return spread === null ? ABSENT : (spread.median * factor).toFixed(digits)
}

function range({ least, most }: Spread, digits: number): string {
  return `${least.toFixed(digits)} to ${most.toFixed(digits)}`
}
