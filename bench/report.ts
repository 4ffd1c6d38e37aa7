import { statfsSync } from 'node:fs'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { VERSION } from '../node/version.ts'
import type { Row } from './measure.ts'
import type { Options } from './options.ts'

/** Everything that a benchmark has to say. */
export interface Report {
  readonly machine: string
  readonly workload: string
  readonly command: string
  readonly rows: readonly Row[]
  /** Sentences that a reader of the numbers should know. */
  readonly notes: readonly string[]
}

const HEADS = [
  'callers',
  'transactions/s',
  'p50 ms',
  'p99 ms',
  'max ms',
  'client µs',
  'leader µs',
  'followers µs',
  'slots/s',
  'steal %',
]

/** A machine on which others take more than this share of the processors shows what is left over. */
const OTHERS_MAX = 0.1

/** What the numbers were measured on. Names neither the host nor any of its directories. */
export function machineLine(): string {
  const [first] = cpus()
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  const processors = `${cpus().length} cores (${first?.model.trim() ?? 'unknown'})`
  return `${processors}, ${memoryGiB} GiB of memory, ${type()} ${release()} ${arch()}, Node ${process.versions.node}, Decree ${VERSION}`
}

export function workloadLine({ keys, valueBytes, readShare, warmUpSeconds, seconds }: Options): string {
  const reads = readShare === 0 ? '' : `, ${Math.round(readShare * 100)} % of them only reading`
  const programs = `programs that read a key and write it anew${reads}`
  const times = `${seconds} s measured after ${warmUpSeconds} s of warm-up`
  return `${programs}; ${keys} keys of ${valueBytes} bytes; three servers and the callers on one machine; ${times}`
}

/** What the rows do not show. `failures`: by code, of calls in all runs. */
export function notesOf(
  rows: readonly Row[],
  failures: ReadonlyMap<string, number>,
  dataDirectory: string,
): readonly string[] {
  const notes = ['Microseconds are processor time per transaction; followers: of both together.']
  if (rows.some(({ leaderUs }) => leaderUs === null)) {
    notes.push('This machine does not tell the processor time of other processes.')
  }
  if (rows.some(({ steal }) => steal === null)) notes.push('This machine does not tell the time that others stole.')
  if (isInMemory(dataDirectory)) notes.push('The data was on a file system in memory: nothing was durable.')
  for (const { callers, leaderChanged, others } of rows) {
    if (others !== null && others > OTHERS_MAX) {
      const percent = Math.round(others * 100)
      notes.push(
        `Other work took ${percent} % of the processors in the run of ${callers} callers: it would be faster alone.`,
      )
    }
    if (leaderChanged)
      notes.push(`The leader changed in the run of ${callers} callers: processor times are of several.`)
  }
  for (const [code, count] of failures) notes.push(`Calls that failed with ${code}: ${count}.`)
  return notes
}

/** For a terminal. */
export function asTable({ machine, workload, rows, notes }: Report): string {
  const cells = [HEADS, ...rows.map(cellsOf)]
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
  return [machine, workload, '', ...lines, '', ...notes].join('\n')
}

export function asMarkdown({ machine, workload, command, rows, notes }: Report): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [row(HEADS), row(HEADS.map(() => '---:')), ...rows.map((each) => row(cellsOf(each)))]
  const facts = [`- Machine: ${machine}`, `- Workload: ${workload}`, `- Command: \`${command}\``]
  return [...facts, '', ...table, '', ...notes.map((note) => `- ${note}`), ''].join('\n')
}

export function asJson(report: Report): string {
  return JSON.stringify(report, null, 2)
}

function cellsOf(row: Row): readonly string[] {
  return [
    String(row.callers),
    row.transactionsPerSecond.toFixed(0),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    row.maxMs.toFixed(2),
    row.clientUs.toFixed(1),
    row.leaderUs?.toFixed(1) ?? '-',
    row.followersUs?.toFixed(1) ?? '-',
    row.slotsPerSecond.toFixed(0),
    row.steal === null ? '-' : (row.steal * 100).toFixed(1),
  ]
}

/** What Linux calls tmpfs and ramfs. */
const IN_MEMORY = new Set([0x0102_1994, 0x8584_58f6])

function isInMemory(directory: string): boolean {
  return process.platform === 'linux' && IN_MEMORY.has(statfsSync(directory).type)
}
