import { Command } from 'commander'
import { parseArguments, UsageError } from '../client/usage.ts'
import type { Cost } from './guard.ts'
import { VALUE_BYTES_MIN } from './keys.ts'
import {
  listOf,
  number,
  oneOf,
  parseCosts,
  parseDirectory,
  parseOutput,
  parseSeconds,
  wholeNumber,
} from './option-values.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

/** Systems that ours can be compared with. */
export const PEERS = ['etcd', 'redis', 'postgres'] as const
export type Peer = (typeof PEERS)[number]

/** What a benchmark is to do. */
export interface Options {
  readonly workloads: readonly Workload[]
  readonly callers: readonly number[]
  readonly rounds: number
  readonly loadProcesses: number
  readonly keys: number
  readonly valueBytes: number
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly compare: readonly Peer[]
  /** Instead of rounds: at a share of the peak, for so long. */
  readonly soak: { readonly seconds: number; readonly share: number } | null
  /** Instead of rounds: so many more callers than the peak has, whose calls give up after so long. */
  readonly overload: { readonly timeoutMs: number } | null
  /** Instead of rounds: a large store, loaded for at most so long. */
  readonly loadMinutes: number | null
  /** What transactions cost in an earlier run. */
  readonly against: readonly Cost[] | null
  /** Below which the servers' data goes; undefined: wherever temporary files go. */
  readonly dataDirectory: string | undefined
  readonly json: boolean
  /** Files for the results, without their endings. */
  readonly output: string | undefined
}

interface Given {
  readonly quick?: boolean
  readonly callers?: readonly number[]
  readonly rounds?: number
  readonly loadProcesses?: number
  readonly keys: number
  readonly valueBytes: number
  readonly warmUp?: number
  readonly seconds?: number
  readonly compare?: readonly Peer[]
  readonly soak?: number
  readonly share?: number
  readonly overload?: boolean
  readonly timeout?: number
  readonly loadMinutes?: number
  readonly against?: readonly Cost[]
  readonly dataDir?: string
  readonly json?: boolean
  readonly output?: string
}

const KEYS_MAX = 100_000_000
const SHARE = 0.8
const LONG = { warmUp: 10, seconds: 10, rounds: 3 }
/** Callers of the peak that is then overloaded; one process could not serve so many more. */
const OVERLOADED = { callers: [256], loadProcesses: 2, seconds: 20, timeoutMs: 1_000 }
const QUICK = { warmUp: 1, seconds: 3, rounds: 1 }

/** Throws `UsageError`, also for help. `args`: without the names of the program. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  let workloads: readonly Workload[] = []
  const command = new Command('npm run bench --')
    .description(
      'Measures a fresh cluster of three server processes on this machine: callers that each run one program after the\n' +
        'other, through the client library, durable on every answer. Each answer is checked, and in the end every key.\n' +
        '`npm run bench -- lang` measures the language alone.',
    )
    .argument('[workloads...]', `of ${WORKLOADS.join(', ')}; or all (default: rmw)`)
    .option('--quick', 'short runs: 3 s each after 1 s of warm-up, in one round')
    .option('--callers <list>', 'how many callers at once (default: 1,16,64,256)', listOf(wholeNumber(1, 4_096)))
    .option('--rounds <number>', 'all of it so often, in alternation (default: 3)', wholeNumber(1, 100))
    .option('--load-processes <number>', 'processes that the callers are spread over (default: 1)', wholeNumber(1, 16))
    .option('--keys <number>', 'how many keys the programs choose from', wholeNumber(2, KEYS_MAX), 10_000)
    .option('--value-bytes <number>', 'size of each value', wholeNumber(VALUE_BYTES_MIN, 100_000), 100)
    .option('--warm-up <seconds>', 'unmeasured start of each run (default: 10)', number(0, 3_600))
    .option('--seconds <seconds>', 'measured part of each run (default: 10)', number(0.1, 3_600))
    .option(
      '--compare <list>',
      `the same on others that are installed, of ${PEERS.join(',')}; in alternation`,
      listOf(oneOf(PEERS)),
    )
    .option(
      '--soak <time>',
      'such as 10m: a share of the peak for so long; fails on errors, growth, slowing down',
      parseSeconds,
    )
    .option('--share <share>', `of the peak, for --soak (default: ${SHARE})`, number(0.01, 1))
    .option(
      '--overload',
      'twenty times the callers of the peak; fails when less is done, or a call is not told how it ended',
    )
    .option(
      '--timeout <ms>',
      `after which a call gives up, for --overload (default: ${OVERLOADED.timeoutMs})`,
      wholeNumber(1, 60_000),
    )
    .option(
      '--load-minutes <minutes>',
      'a large store: as many of --keys as can be loaded in this time; then a restart, and a run',
      number(0.01, 600),
    )
    .option('--against <file>', 'a .json of --output: fails if a transaction costs 10 % more than then', parseCosts)
    .option(
      '--data-dir <path>',
      'below which the data goes for as long as this takes (default: with temporary files)',
      parseDirectory,
    )
    .option('--json', 'print JSON instead of tables')
    .option('--output <name>', 'also write <name>.md, <name>.svg and <name>.json', parseOutput)
    .allowExcessArguments(false)
    .action((given: readonly string[]) => {
      workloads = given.length === 0 ? ['rmw'] : workloadsNamed(given)
    })
  await parseArguments(command, args)
  const { quick = false, dataDir, json = false, overload = false, ...given } = command.opts<Given>()
  const usual = { ...(quick ? QUICK : LONG), ...(overload && !quick ? { seconds: OVERLOADED.seconds } : {}) }
  const options: Options = {
    workloads,
    callers: given.callers ?? (overload ? OVERLOADED.callers : [1, 16, 64, 256]),
    rounds: given.rounds ?? usual.rounds,
    loadProcesses: given.loadProcesses ?? (overload ? OVERLOADED.loadProcesses : 1),
    keys: given.keys,
    valueBytes: given.valueBytes,
    warmUpSeconds: given.warmUp ?? usual.warmUp,
    seconds: given.seconds ?? usual.seconds,
    compare: [...new Set(given.compare ?? [])],
    soak: given.soak === undefined ? null : { seconds: given.soak, share: given.share ?? SHARE },
    overload: overload ? { timeoutMs: given.timeout ?? OVERLOADED.timeoutMs } : null,
    loadMinutes: given.loadMinutes ?? null,
    against: given.against ?? null,
    dataDirectory: dataDir,
    json,
    output: given.output,
  }
  const wrong = contradiction(options, given)
  if (wrong !== null) throw new UsageError(wrong)
  return options
}

function workloadsNamed(given: readonly string[]): readonly Workload[] {
  const names = given.flatMap((text) => text.split(','))
  if (names.includes('all')) return WORKLOADS
  return names.map((name) => {
    const found = WORKLOADS.find((one) => one === name)
    if (found !== undefined) return found
    throw new UsageError(`There is no workload ${JSON.stringify(name)}; choose of ${WORKLOADS.join(', ')}, or all.`)
  })
}

/** What does not go together, in a sentence; null: it does. */
function contradiction(options: Options, { share, timeout, against }: Given): string | null {
  const { soak, overload, loadMinutes, compare, workloads, callers, keys } = options
  const modes = { '--soak': soak, '--overload': overload, '--load-minutes': loadMinutes }
  const [single = null, other] = Object.entries(modes).flatMap(([name, mode]) => (mode === null ? [] : [name]))
  if (other !== undefined) return `${single} and ${other} exclude each other.`
  if (single !== null && compare.length > 0) return `--compare and ${single} exclude each other.`
  if (single !== null && against !== undefined) return `--against and ${single} exclude each other.`
  if (soak === null && share !== undefined) return '--share is of use with --soak only.'
  if (overload === null && timeout !== undefined) return '--timeout is of use with --overload only.'
  if ((soak ?? overload) !== null && workloads.length > 1) return `${single} takes one workload.`
  const special = workloads.find((name) => name === 'transfer' || name === 'append-hot')
  if (loadMinutes !== null && special !== undefined) return `--load-minutes does not go with ${special}.`
  const least = 2 * Math.max(...callers)
  if (compare.length > 0 && keys < least) return `With --compare, --keys must be at least twice the callers: ${least}.`
  const rows = against?.filter((row) => workloads.includes(row.workload) && callers.includes(row.callers))
  if (rows?.length === 0) return 'The file of --against has no row of these workloads and callers.'
  return null
}
