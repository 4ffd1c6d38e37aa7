import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { endWithReader } from '../../client/broken-pipe.ts'
import { Failure } from './failure.ts'
import { run } from './run.ts'
import { runSeries, type Series } from './series.ts'

/** Below so many seeds, chance decides what happens at all. */
const VACUITY_SEEDS_MIN = 300

interface Given {
  readonly seeds: number
  readonly from: number
  readonly nodes: '3' | '5'
  readonly minutes: number
  readonly workers: number
  readonly trace?: number
  readonly mutants?: string | true
  readonly hashes: boolean
  readonly json: boolean
}

const command = new Command('sim')
  .description('Runs whole clusters of the real code through seeded disasters, on simulated time.')
  .option('--seeds <count>', 'how many seeds to run', whole, 1000)
  .option('--from <seed>', 'the first one', whole, 1)
  .addOption(new Option('--nodes <count>', 'nodes of each cluster').choices(['3', '5']).default('3'))
  .option('--minutes <minutes>', 'begin no seed after so many minutes', Number, Number.POSITIVE_INFINITY)
  .option('--workers <count>', 'threads', whole, availableParallelism())
  .option('--trace <seed>', 'run one seed and print everything that happens', whole)
  .option(
    '--mutants [text]',
    'run Decree with one thing wrong after the other (those whose name has the text): each must be noticed',
  )
  .option('--hashes', "print each seed's hash of its event log, and nothing else", false)
  .option('--json', 'print one line of JSON in the end, and nothing else', false)
  .allowExcessArguments(false)
command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
command.parse()
const given = command.opts<Given>()
const size = given.nodes === '3' ? 3 : 5

endWithReader()
if (given.mutants !== undefined) process.exitCode = (await huntMutants(given.mutants)) ? 0 : 1
else if (given.trace !== undefined) process.exitCode = trace(given.trace) ? 0 : 1
else process.exitCode = (await storm()) ? 0 : 1

/** Only then: it brings the compiler along. */
async function huntMutants(which: string | true): Promise<boolean> {
  const { hunt } = await import('./hunt.ts')
  return hunt(which === true ? '' : which, given.workers, given.seeds)
}

async function storm(): Promise<boolean> {
  const began = performance.now()
  const isQuiet = given.json || given.hashes
  const series = await runSeries({
    from: given.from,
    seeds: given.seeds,
    size,
    workers: given.workers,
    msMax: given.minutes * 60_000,
    failuresMax: given.json ? 1 : 5,
    onProgress: (so) => {
      if (!isQuiet && process.stderr.isTTY && so.runs % 10 === 0) {
        process.stderr.write(`\r${so.runs} of ${given.seeds} seeds, ${so.failures.length} failed `)
      }
    },
  })
  const seconds = (performance.now() - began) / 1000
  if (given.json)
    process.stdout.write(`${JSON.stringify({ runs: series.runs, failure: series.failures[0] ?? null })}\n`)
  else if (given.hashes) for (const [seed, hash] of [...series.hashes].sort(([a], [b]) => a - b)) say(`${seed} ${hash}`)
  else report(series, seconds)
  return series.failures.length === 0 && (isQuiet || !isVacuous(series))
}

function isVacuous(series: Series): boolean {
  return series.runs >= VACUITY_SEEDS_MIN && series.gaps.length > 0
}

function report(series: Series, seconds: number): void {
  if (process.stderr.isTTY) process.stderr.write('\r')
  const { runs, committed, slots, simulatedMs, events } = series
  say(`${runs} seeds of ${size} nodes passed in ${seconds.toFixed(0)} s (${(runs / seconds).toFixed(1)} a second)`)
  say(`${(simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${events} events, ${slots} slots`)
  say(`${committed} transactions were answered as committed`)
  say(`faults: ${counts(series.faults)}`)
  say(`witnesses: ${counts(series.witnesses)}`)
  if (series.undecided.length > 0) say(`undecided histories: seeds ${series.undecided.join(', ')}`)
  for (const { seed, checker, message } of series.failures) {
    say(`seed ${seed} FAILED (${checker}): ${message.slice(0, 2000)}`)
    say(`  replay: npm run sim -- --nodes ${size} --trace ${seed}`)
  }
  if (isVacuous(series)) for (const gap of series.gaps) say(`PROVES TOO LITTLE: ${gap}`)
}

function trace(seed: number): boolean {
  try {
    const { hash, committed } = run(seed, size, say)
    say(`seed ${seed} passed: ${committed} committed, hash ${hash}`)
    return true
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    say(`seed ${seed} FAILED (${thrown.checker}): ${thrown.message}`)
    return false
  }
}

function counts(named: ReadonlyMap<string, number>): string {
  return [...named].map(([name, times]) => `${name} ${times}`).join(', ')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number.')
  return Number(text)
}
