import { tmpdir } from 'node:os'
import type { CheckedContestant, Contestant } from './contestant.ts'
import { figuresOf, ratiosOf, runRounds } from './figures.ts'
import { compareCosts, costsOf } from './guard.ts'
import { largeTable, runLarge } from './large.ts'
import type { Options } from './options.ts'
import { judgeOverload, overloadNotes, runOverload } from './overload.ts'
import { machineLine, notesOf, type Report, workloadLine } from './report.ts'
import { judgeSoak, runSoak, soakTable } from './soak.ts'
import type { Stage } from './stage.ts'
import type { DecreeSystem } from './systems/decree.ts'
import { figuresTable, ratiosTable } from './table.ts'

type Say = (what: string) => void

/** Does what the options want. Throws an Error when an answer contradicts another, or a process ends by itself. */
export async function bench(stage: Stage, options: Options, command: string, say: Say): Promise<Report> {
  const findings = await findingsOf(stage, options, say)
  return { machine: machineLine(), workload: workloadLine(options), command, ...findings }
}

type Findings = Omit<Report, 'machine' | 'workload' | 'command'>

function findingsOf(stage: Stage, options: Options, say: Say): Promise<Findings> {
  if (options.soak !== null) return soak(stage, options, say)
  if (options.overload !== null) return overload(stage, options, say)
  return options.loadMinutes === null ? rounds(stage, options, say) : large(stage, options, say)
}

async function rounds(stage: Stage, options: Options, say: Say): Promise<Findings> {
  const { contestant } = await stage.decree()
  const contestants = [contestant, ...(await stage.others())]
  for (const each of contestants) {
    say(`filling ${each.name}`)
    await each.prepare()
  }
  const series = await runRounds(contestants, options, say)
  for (const each of contestants) {
    say(`reading everything back: ${each.name}`)
    await each.verify()
  }
  const figures = series.map(figuresOf)
  const ratios = ratiosOf(series)
  const notes = [
    ...notesOf(figures, failuresOf(contestants), placeOf(options)),
    ...contestants.flatMap(({ system, remarks }) => [`${system.title}.`, ...remarks]),
    ...stage.absent,
  ]
  const compared = compareCosts(options.against ?? [], costsOf(figures))
  const tables = [figuresTable(figures), ...(ratios.length === 0 ? [] : [ratiosTable(ratios)])]
  return {
    figures,
    ratios,
    tables,
    notes: [...new Set([...notes, ...compared.all])],
    failures: compared.dearer.map((sentence) => `Dearer than before by more than 10 %: ${sentence}`),
  }
}

/** Runs what takes Decree alone, from its first values to the last look at every key. */
async function alone<T>(
  stage: Stage,
  options: Options,
  say: Say,
  run: (system: DecreeSystem, contestant: CheckedContestant, options: Options, say: Say) => Promise<T>,
): Promise<{ readonly done: T; readonly contestant: CheckedContestant }> {
  const { system, contestant } = await stage.decree()
  await contestant.prepare()
  const done = await run(system, contestant, options, say)
  say('reading everything back')
  await contestant.verify()
  return { done, contestant }
}

async function soak(stage: Stage, options: Options, say: Say): Promise<Findings> {
  const { done, contestant } = await alone(stage, options, say, runSoak)
  const rate = `${done.perSecond.toFixed(0)}/s of a peak of ${done.peakPerSecond.toFixed(0)}/s`
  const notes = [`Callers went at ${rate}. A latency counts from when the call was due.`]
  const failures = judgeSoak(done, contestant.failures)
  return { figures: [], ratios: [], tables: [soakTable(done)], notes, failures }
}

async function overload(stage: Stage, options: Options, say: Say): Promise<Findings> {
  const { done } = await alone(stage, options, say, runOverload)
  return {
    figures: [],
    ratios: [],
    tables: [soakTable(done)],
    notes: overloadNotes(done),
    failures: judgeOverload(done),
  }
}

async function large(stage: Stage, options: Options, say: Say): Promise<Findings> {
  const done = await runLarge(stage, options, say)
  const figures = done.series.map(figuresOf)
  const failed = new Map([...done.failures].map(([code, count]) => [`decree, ${code}`, count]))
  const notes = notesOf(figures, failed, placeOf(options))
  return { figures, ratios: [], tables: [largeTable(done), figuresTable(figures)], notes, failures: [] }
}

function failuresOf(contestants: readonly Contestant[]): ReadonlyMap<string, number> {
  return new Map(
    contestants.flatMap(({ name, failures }) =>
      [...failures].map(([code, count]) => [`${name}, ${code}`, count] as const),
    ),
  )
}

function placeOf({ dataDirectory }: Options): string {
  return dataDirectory ?? tmpdir()
}
