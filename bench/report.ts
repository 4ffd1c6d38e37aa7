import { statfsSync } from 'node:fs'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { basename } from 'node:path'
import { VERSION } from '../node/version.ts'
import type { Figures, Ratio } from './figures.ts'
import type { Options } from './options.ts'
import { aligned, markdown, type Table } from './table.ts'
import { EXPLAINED } from './workloads.ts'

/** Everything that a benchmark has to say. */
export interface Report {
  readonly machine: string
  readonly workload: string
  readonly command: string
  readonly figures: readonly Figures[]
  readonly ratios: readonly Ratio[]
  readonly tables: readonly Table[]
  /** Sentences that a reader of the numbers should know. */
  readonly notes: readonly string[]
  /** Sentences on what must not be: with any, the benchmark has failed. */
  readonly failures: readonly string[]
}

/** A machine on which others take more than this share of the processors shows what is left over. */
const OTHERS_MAX = 0.1

/** What the numbers were measured on. Names neither the host nor any of its directories. */
export function machineLine(): string {
  const [first] = cpus()
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  const processors = `${cpus().length} cores (${first?.model.trim() ?? 'unknown'})`
  return `${processors}, ${memoryGiB} GiB of memory, ${type()} ${release()} ${arch()}, Node ${process.versions.node}, Decree ${VERSION}`
}

export function workloadLine(options: Options): string {
  const { workloads, keys, valueBytes, loadProcesses, warmUpSeconds, seconds } = options
  const programs = workloads.map((name) => `${name} ${EXPLAINED[name]}`).join('; ')
  const processes = loadProcesses === 1 ? 'one process' : `${loadProcesses} processes`
  const times = `${seconds} s measured after ${warmUpSeconds} s of warm-up`
  return `${programs}. ${keys} keys of ${valueBytes} bytes; servers, and callers in ${processes}, on one machine; ${times}`
}

/** What the rows do not show. `failed`: how often calls have failed, by who and with what. */
export function notesOf(
  figures: readonly Figures[],
  failed: ReadonlyMap<string, number>,
  dataDirectory: string,
): readonly string[] {
  const notes = [
    'Microseconds are processor time per transaction: of all load processes, of the leader, of all followers.',
  ]
  if (figures.some(({ leaderUs }) => leaderUs === null)) {
    notes.push('This machine does not tell the processor time of other processes.')
  }
  if (figures.some(({ steal }) => steal === null)) {
    notes.push('This machine does not tell the time that others stole.')
  }
  if (isInMemory(dataDirectory)) notes.push('The data was on a file system in memory: nothing was durable.')
  const most = Math.max(0, ...figures.map(({ others }) => others?.median ?? 0))
  if (most > OTHERS_MAX) {
    const percent = Math.round(most * 100)
    notes.push(`Other work took up to ${percent} % of the processors: everything would be faster alone.`)
  }
  for (const { contestant, workload, callers, leaderChanged } of figures) {
    if (leaderChanged) notes.push(`The leader changed: ${contestant}, ${workload}, ${callers} callers.`)
  }
  for (const [what, count] of failed) notes.push(`Calls that failed, ${what}: ${count}.`)
  return notes
}

/** For a terminal. */
export function asText({ machine, workload, tables, notes, failures }: Report): string {
  const lines = [machine, workload, ...tables.flatMap((table) => ['', ...aligned(table)])]
  return [...lines, '', ...notes, ...failures].join('\n')
}

/** `plot`: the file with the drawing, beside the report; null: there is none. */
export function asMarkdown(
  { machine, workload, command, tables, notes, failures }: Report,
  plot: string | null,
): string {
  const facts = [`- Machine: ${machine}`, `- Workload: ${workload}`, `- Command: \`${command}\``]
  const drawing = plot === null ? [] : ['', `![Latency against throughput](${basename(plot)})`]
  const sentences = [...notes, ...failures.map((failure) => `**${failure}**`)].map((note) => `- ${note}`)
  return [...facts, ...tables.flatMap((table) => ['', ...markdown(table)]), ...drawing, '', ...sentences, ''].join('\n')
}

export function asJson({ tables, ...report }: Report): string {
  // Tables of figures are those figures once more.
  const others = report.figures.length === 0 ? { tables } : {}
  return JSON.stringify({ ...report, ...others }, null, 2)
}

/** What Linux calls tmpfs and ramfs. */
const IN_MEMORY = new Set([0x0102_1994, 0x8584_58f6])

function isInMemory(directory: string): boolean {
  return process.platform === 'linux' && IN_MEMORY.has(statfsSync(directory).type)
}
