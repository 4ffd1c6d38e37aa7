import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'

export interface Options {
  readonly minutes: number
  readonly nodes: 3 | 5
  readonly mode: 'proxy' | 'namespaces' | 'auto'
  readonly seed: number
  readonly rotate: string | undefined
  readonly history: string | undefined
  /** The star of namespaces that this process was started in. */
  readonly inside: string | undefined
}

/** Ends the process with status 2 on a wrong command line. */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command('chaos')
    .description('Storms against clusters of real server processes, each followed by a calm; the checkers judge.')
    .option('--minutes <minutes>', 'how long, about; fractions are allowed', positive, 5)
    .addOption(new Option('--nodes <count>', 'nodes of each cluster').choices(['3', '5']).default('3'))
    .addOption(
      new Option(
        '--mode <mode>',
        'proxy: on loopback, a proxy in front of each node; namespaces: each node in a network of its own (Linux, as ' +
          'root); auto: namespaces where that is possible',
      )
        .choices(['proxy', 'namespaces', 'auto'])
        .default('auto'),
    )
    .option('--seed <seed>', 'what is drawn; when it happens is up to the machine (default: drawn)', whole)
    .option('--rotate <time|off>', 'how long a node leads before it hands over (default: drawn for each round)')
    .option('--history <file>', 'keep the history there; those of further rounds beside it')
    .addOption(new Option('--inside <name>').hideHelp())
    .allowExcessArguments(false)
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  command.parse(args, { from: 'user' })
  const given = command.opts<Omit<Partial<Options>, 'nodes'> & { readonly nodes: string }>()
  return {
    minutes: given.minutes ?? 5,
    nodes: given.nodes === '5' ? 5 : 3,
    mode: given.mode ?? 'auto',
    seed: given.seed ?? randomInt(2 ** 31),
    rotate: given.rotate,
    history: given.history,
    inside: given.inside,
  }
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number.')
  return Number(text)
}

function positive(text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('it must be a number above 0.')
  return number
}
