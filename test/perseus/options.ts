import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseArguments } from '../../client/usage.ts'
import type { Calls } from './client.ts'
import { FAULTS, type FaultName } from './faults.ts'

/** What the experiment is to do. */
export interface Options {
  readonly tries: number
  readonly faults: readonly FaultName[]
  readonly roles: readonly ('leader' | 'follower')[]
  readonly calls: readonly Calls[]
  readonly mode: 'namespaces' | 'proxy' | 'auto'
  readonly comparesEtcd: boolean
  readonly compareTries: number | undefined
  /** Rounds of orderly restarts of all nodes under load, in place of faults. */
  readonly rolling: number | undefined
  /** Without its ending: a report in Markdown and timelines in SVG are written there. */
  readonly output: string | undefined
  /** For the servers. */
  readonly server: readonly string[]
  /** The star of namespaces that this process was started in. */
  readonly inside: string | undefined
}

const ROUNDS = 3
const NAMES = FAULTS.map(({ name }) => name)

/** Throws `UsageError`, also for help. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  const command = new Command('npm run perseus --')
    .description(
      'Takes away each of three server processes in turn, by every kind of fault, and brings it back, while callers\n' +
        'increment counters in closed loops: one tied to each node, and one that knows all of them. Tells how long they waited.',
    )
    .option('--tries <count>', 'of each fault, on a leader and on a follower', wholeNumber, 3)
    .option('--faults <list>', `which, of ${NAMES.join(',')}`, listOf(NAMES), NAMES)
    .option('--roles <list>', 'whose node is taken away: leader,follower', listOf(['leader', 'follower'] as const), [
      'leader',
      'follower',
    ])
    .option(
      '--calls <list>',
      'one: read and write in one program; two: in two calls',
      listOf(['one', 'two'] as const),
      ['one', 'two'],
    )
    .addOption(
      new Option('--mode <mode>', 'proxy: on loopback, a proxy in front of each node; namespaces: as root on Linux')
        .choices(['namespaces', 'proxy', 'auto'])
        .default('auto'),
    )
    .addOption(new Option('--compare <system>', 'the same on this one, if it is installed').choices(['etcd']))
    .option(
      '--rolling [rounds]',
      'restarts all nodes in turn, in good order, under load, in place of all this',
      wholeNumber,
    )
    .option('--compare-tries <count>', 'on the other system; as many as --tries unless given', wholeNumber)
    .option('--server <options>', 'further options of every server, separated by spaces', (text) => text.split(' '), [])
    .option('--output <name>', 'writes <name>.md and <name>-*.svg', parseOutput)
    .addOption(new Option('--inside <name>').hideHelp())
    .allowExcessArguments(false)
    .action(() => {})
  await parseArguments(command, args)
  const { compare, ...given } = command.opts<Omit<Options, 'comparesEtcd'> & { readonly compare?: string }>()
  const rolling = (given.rolling as number | true | undefined) === true ? ROUNDS : given.rolling
  return { ...given, rolling, output: given.output, inside: given.inside, comparesEtcd: compare !== undefined }
}

function wholeNumber(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= 1_000) return value
  throw new InvalidArgumentError('use a whole number from 1 to 1000.')
}

function listOf<T extends string>(known: readonly T[]): (text: string) => readonly T[] {
  return (text) =>
    text.split(',').map((part) => {
      const found = known.find((one) => one === part.trim())
      if (found === undefined) throw new InvalidArgumentError(`choose of ${known.join(', ')}.`)
      return found
    })
}

/** Found out before the experiment, not after it. */
function parseOutput(name: string): string {
  try {
    accessSync(dirname(name), constants.W_OK)
    return name
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
