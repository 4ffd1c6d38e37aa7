/**
 * Explores the real core exhaustively, breadth first: three nodes, each with its core, its disk and the writes on
 * their way to it, and a network that reorders, loses and doubles as it likes. See `Bounds` for what is bounded.
 *
 * Everything that can happen within the bounds does, in every order: any message ever sent arrives, again or never;
 * any disk gets its next write; any node crashes, with any number of its writes under way surviving, and starts again
 * (being down for a while is no more than hearing nothing); any node that may stand does so; leaders propose, merge
 * when idle, confirm reads; followers ask for what they lack. In every state: one decree per slot; what is chosen is
 * merged or accepted on a majority of disks; only what is chosen is merged; marks are true; who wins a ballot has what
 * was chosen below; promises never fall, and nobody speaks for a ballot before its disk knows it; confirmed reads see
 * what was answered before them.
 *
 * What it leaves out: the passing of time, and with it when things happen: elections come at any time, without
 * pre-votes, as if a leader had handed over; leaders do not resend (nothing is lost for ever), rotate, or step down but
 * to stand again; a source that is silent is not given up for another; streams do not break; a piece of a snapshot is
 * read when it is asked for. Changes of the configuration, collected tombstones, damaged disks. More nodes, ballots and
 * slots than were asked for.
 *
 * States that behave alike are one: see `texts.ts` (what is not told of a node), `over.ts` (messages that are over),
 * `world.ts` (answers that cost nothing are given at once), `symmetry.ts` (names). `--audit` tries the first two.
 */
import { Command, InvalidArgumentError } from 'commander'
import { RULES } from '../../node/core/rules.ts'
import { Audit } from './audit.ts'
import { type Bounds, DEFAULT_BOUNDS } from './bounds.ts'
import { Explorer, type Report } from './explorer.ts'
import { MUTANT_STUDIES, STUDIES, type Study } from './studies.ts'
import { retrace } from './trace.ts'

const FEW_MAX = 31

const PROGRESS_MS = 5_000

interface Given extends Partial<Bounds> {
  readonly mutants?: boolean
  readonly audit?: boolean
}

const command = new Command('explore')
  .description('Looks at every state that three real cores can come to, within bounds.')
  .option('--ballots <n>', 'candidacies in all', few)
  .option('--proposers <n>', 'nodes that may stand, up to 3', few)
  .option('--slots <n>', 'decrees proposed', few)
  .option('--crashes <n>', 'crashes, each with a restart, in all', few)
  .option('--reads <n>', 'confirmed reads in all', few)
  .option('--syncs <n>', 'questions of followers that are behind, in all', few)
  .option('--questions <n>', 'questions of a candidate that completes itself, in one life', count)
  .option('--ring <n>', 'chosen decrees that a node keeps for others', count)
  .option('--depth-max <n>', 'steps from the start', count)
  .option('--states-max <n>', 'states', count)
  .option('--minutes <n>', 'time for everything; 1 by default', time)
  .option('--mutants', 'explore broken cores instead, and fail when nothing is found')
  .option('--audit', 'try also what the explorer takes on trust')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addHelpText('after', '\nWithout bounds of its own, it goes through a list of studies.')

const given = command.parse().opts<Given>()
process.exitCode = given.mutants === true ? huntMutants() : exploreAll()

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.')
  return Number(text)
}

/** What is counted in few bits: see `spent.ts`. */
function few(text: string): number {
  if (count(text) > FEW_MAX) throw new InvalidArgumentError(`It takes a whole number up to ${FEW_MAX}.`)
  return Number(text)
}

function time(text: string): number {
  const minutes = Number(text)
  if (!(minutes > 0 && minutes <= 10_000)) throw new InvalidArgumentError('It takes minutes, such as 0.5 or 10.')
  return minutes
}

function exploreAll(): number {
  const { mutants: _, audit: __, minutes = DEFAULT_BOUNDS.minutes, ...own } = given
  const studies: readonly Study[] =
    Object.keys(own).length === 0
      ? STUDIES
      : [{ name: 'as asked', bounds: { ...DEFAULT_BOUNDS, ...own }, rules: RULES }]
  const deadline = performance.now() + minutes * 60_000
  for (const study of studies) {
    const bounds = { ...study.bounds, minutes: Math.max(0, (deadline - performance.now()) / 60_000) }
    say(`${study.name}: ${boundsText(bounds)}`)
    const explorer = new Explorer(bounds, study.rules)
    const audit = given.audit === true ? new Audit(explorer.worlds) : null
    const report = explorer.run(progress())
    say(`  ${reportText(report)}`)
    if (report.violation !== null) {
      const { lines, violation } = retrace(explorer.worlds, report.violation.actions, bounds, study.rules)
      say(`  VIOLATION: ${report.violation.what}. A shortest way there:`)
      for (const line of lines) say(`  ${line}`)
      say(violation === null ? '  Three cores alone do not show it: the explorer is at fault.' : `  ${violation}`)
      return 1
    }
    say(`  messages: ${lettersText(explorer)}`)
    if (audit !== null) {
      const { twins, steps, deadLetters } = audit.finish()
      say(
        `  audit: ${group(twins)} twins went the same way in ${group(steps)} steps; ${group(deadLetters)} dropped messages stayed dead`,
      )
    }
  }
  return 0
}

function huntMutants(): number {
  let survivors = 0
  for (const { name, bounds, rules } of MUTANT_STUDIES) {
    const explorer = new Explorer({ ...bounds, minutes: given.minutes ?? bounds.minutes }, rules)
    const { violation, states, depth, seconds, end } = explorer.run()
    if (violation === null) survivors += 1
    const found =
      violation === null ? `NOT FOUND (${end})` : `${violation.what}, ${violation.actions.length} actions deep`
    say(`${name}: ${found}; ${group(states)} states, depth ${depth}, ${seconds.toFixed(1)} s`)
  }
  return survivors === 0 ? 0 : 1
}

function progress(): (report: Report) => void {
  let last = performance.now()
  return (report) => {
    if (!process.stderr.isTTY || performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    process.stderr.write(`  ... ${group(report.states)} states, depth ${report.depth}\n`)
  }
}

function boundsText({ ballots, proposers, slots, crashes, reads, syncs, questions, ring }: Bounds): string {
  return `ballots ${ballots}, of ${proposers} nodes; slots ${slots}; crashes ${crashes}; reads ${reads}; syncs ${syncs}; questions ${questions}; ring ${ring}`
}

function reportText(report: Report): string {
  const { end, states, steps, depth, frontier, seconds, nodeStates, histories } = report
  const how =
    end === 'exhausted' || end === 'violation' ? end : `bound met (${end}), ${group(frontier)} states not followed`
  const overlooked = (states ** 2 / 2 ** 65).toExponential(0)
  return `${how}: ${group(states)} states, ${group(steps)} steps, depth ${depth}; ${group(nodeStates)} states of nodes, ${group(histories)} pasts; ${seconds.toFixed(1)} s, ${group(Math.round(states / seconds))} states/s; chance that a state was overlooked ${overlooked}`
}

function lettersText({ worlds: { letters } }: Explorer): string {
  const counts = new Map<string, number>()
  for (let number = 0; number < letters.size; number += 1) {
    const { type } = letters.at(number).body
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return [...counts].map(([type, times]) => `${type} ${times}`).join(', ')
}

function group(number: number): string {
  return number.toLocaleString('en')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
