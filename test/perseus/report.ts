import { basename } from 'node:path'
import { machineLine } from '../../bench/report.ts'
import type { CallerSpec, Calls } from './client.ts'
import { type Distribution, distributionOf } from './distribution.ts'
import { FAULTS, type Fault, FOLLOWER_MS_MAX, RETURN_MS_MAX, type Role, WITHIN_MIN } from './faults.ts'
import { RESOLUTION_MS, SERVED_MS_MAX } from './outages.ts'
import type { Measured, Trial } from './trial.ts'

/** All trials of one system with one kind of call. */
export interface Pass {
  readonly system: string
  readonly calls: Calls
  readonly specs: readonly CallerSpec[]
  readonly trials: readonly Trial[]
  /** Sentences about faults that were left out. */
  readonly skipped: readonly string[]
  /** Sentences about counters that were wrong. */
  readonly wrong: readonly string[]
}

export interface Experiment {
  readonly command: string
  readonly place: string
  readonly passes: readonly Pass[]
  readonly notes: readonly string[]
}

type Cells = readonly string[]

const TABLE_HEADS = [
  'what happens',
  'to',
  'tries',
  'downtime',
  'partial downtime',
  'disturbance',
  'downtime on return',
  'partial on return',
  'recovery',
]
const SPREAD_HEADS = [
  'what happens',
  'to',
  'when',
  'tries',
  'min',
  'median',
  'p95',
  'max',
  'bound',
  'within',
  'machine, median',
  'machine, max',
]

/** One trial in a line of progress. */
export function lineOf({ fault, role, nodeNumber, away, back, load }: Trial): string {
  const who = fault.name === 'nothing' ? '' : `, ${role} (node ${nodeNumber})`
  return `${fault.title}${who}: ${shownWaits(away)}, return ${shownWaits(back)}; load ${load.toFixed(1)}`
}

function shownWaits({ libraryMs, machineMs }: Measured): string {
  return `${Math.round(libraryMs)} ms (machine ${Math.round(machineMs)})`
}

/** For a terminal. */
export function asText(experiment: Experiment): string {
  const lines = [...facts(experiment)]
  for (const pass of experiment.passes) {
    lines.push('', headline(pass), '', ...aligned([TABLE_HEADS, ...tableOf(pass)]))
    lines.push('', SPREAD_TITLE, '', ...aligned([SPREAD_HEADS, ...spreadOf(pass)]))
    lines.push(...endOf(pass).map((sentence) => `- ${sentence}`))
  }
  return [...lines, '', ...NOTES, ...experiment.notes].join('\n')
}

/** `drawings`: files with the timelines of the passes, beside the report. */
export function asMarkdown(experiment: Experiment, drawings: readonly string[]): string {
  const lines = ['# Perseus', '', ...facts(experiment).map((fact) => `- ${fact}`)]
  experiment.passes.forEach((pass, n) => {
    lines.push('', `## ${headline(pass)}`, '', ...markdown([TABLE_HEADS, ...tableOf(pass)]))
    lines.push('', SPREAD_TITLE, '', ...markdown([SPREAD_HEADS, ...spreadOf(pass)]))
    lines.push('', ...endOf(pass).map((sentence) => `- ${sentence}`))
    const drawing = drawings[n]
    if (drawing !== undefined) lines.push('', `![The worst try of each kind](${basename(drawing)})`)
  })
  return [...lines, '', ...[...NOTES, ...experiment.notes].map((note) => `- ${note}`), ''].join('\n')
}

const SPREAD_TITLE = 'The longest wait of the caller that knows all addresses, ms:'

const NOTES: readonly string[] = [
  `Times of the first table are medians in ms, rounded to ${RESOLUTION_MS}; a caller that is answered every ${SERVED_MS_MAX} ms is served.`,
  'Downtime: none of the three tied callers was answered. Partial downtime: one of them was served.',
  'Disturbance: until the callers tied to the other two nodes were served for good. Recovery: from the return until all three were.',
  'The row "nothing happens" is what the machine, and the planned hand-over of the lead, do to callers by themselves.',
  'Machine: the longest wait, in the same spans, of a caller in the same thread that calls a process which only sends back what it gets. What is within it, or within the row "nothing happens", is not the fault\'s doing.',
  'A caller of Decree tied to one node names that one only; the library follows redirects, so that it outlives its node.',
  'A caller of etcd uses its HTTP gateway through fetch, gives a request up after 300 ms and asks again; that which knows all addresses asks the next one then.',
]

function facts({ command, place, passes }: Experiment): readonly string[] {
  const loads = passes.flatMap(({ trials }) => trials.map(({ load }) => load))
  const load = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  return [`Machine: ${machineLine()}`, `Network: ${place}`, `Command: \`${command}\``, `Load average (1 min): ${load}`]
}

function headline({ system, calls }: Pass): string {
  return `${system}: read and write back in ${calls === 'one' ? 'one program' : 'two calls'}`
}

function endOf({ skipped, wrong, trials }: Pass): readonly string[] {
  const held = 'Every counter holds what its caller was told.'
  const verdict = wrong.length > 0 ? wrong : trials.length > 0 ? [held] : []
  return [...skipped, ...verdict]
}

function groupsOf({
  trials,
}: Pass): readonly { readonly fault: Fault; readonly role: Role; readonly of: readonly Trial[] }[] {
  return FAULTS.flatMap((fault) =>
    (['leader', 'follower'] as const).map((role) => {
      const of = trials.filter((trial) => trial.fault.name === fault.name && trial.role === role)
      return { fault, role, of }
    }),
  ).filter(({ of }) => of.length > 0)
}

function who(fault: Fault, role: Role): string {
  return fault.name === 'nothing' ? '' : `a ${role}`.replace('a leader', 'the leader')
}

function tableOf(pass: Pass): readonly Cells[] {
  return groupsOf(pass).map(({ fault, role, of }) => {
    const median = (pick: (trial: Trial) => number) => rounded(distributionOf(of.map(pick)).median)
    return [
      fault.title,
      who(fault, role),
      String(of.length),
      median(({ away }) => away.downtimeMs),
      median(({ away }) => away.partialMs),
      median(({ away }) => away.disturbanceMs),
      median(({ back }) => back.downtimeMs),
      median(({ back }) => back.partialMs),
      median(({ back }) => back.recoveryMs),
    ]
  })
}

function spreadOf(pass: Pass): readonly Cells[] {
  return groupsOf(pass).flatMap(({ fault, role, of }) => {
    const isNothing = fault.name === 'nothing'
    const bound = isNothing ? null : role === 'leader' ? fault.leaderMsMax : FOLLOWER_MS_MAX
    const row = (when: string, pick: (trial: Trial) => Measured, max: number | null): Cells => {
      const waits = of.map((trial) => pick(trial).libraryMs)
      const machine = distributionOf(of.map((trial) => pick(trial).machineMs))
      const machines = [machine.median, machine.max].map((ms) => ms.toFixed(0))
      return [
        fault.title,
        who(fault, role),
        when,
        ...spread(distributionOf(waits)),
        ...verdict(waits, max),
        ...machines,
      ]
    }
    const away = row(isNothing ? '' : 'lost', ({ away }) => away, bound)
    return isNothing ? [away] : [away, row('returns', ({ back }) => back, RETURN_MS_MAX)]
  })
}

function spread({ count, min, median, p95, max }: Distribution): Cells {
  return [String(count), ...[min, median, p95, max].map((ms) => ms.toFixed(0))]
}

function verdict(waits: readonly number[], max: number | null): Cells {
  if (max === null) return ['', '']
  const within = waits.filter((ms) => ms <= max).length
  return [String(max), `${within} of ${waits.length}${within >= WITHIN_MIN * waits.length ? '' : ' (too few)'}`]
}

function rounded(ms: number): string {
  return String(Math.round(ms / RESOLUTION_MS) * RESOLUTION_MS)
}

export function aligned(rows: readonly Cells[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

export function markdown([heads = [], ...rows]: readonly Cells[]): readonly string[] {
  const row = (cells: Cells) => `| ${cells.join(' | ')} |`
  return [row(heads), row(heads.map((_, column) => (column < 2 ? '---' : '---:'))), ...rows.map(row)]
}
