import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parseArguments } from '../../client/usage.ts'
import { REGIONS } from './regions.ts'

/** Where the leader is to be: in the region of this number, or where the servers themselves put it. */
export type Placement = number | 'nearest'

export interface Options {
  readonly placements: readonly Placement[]
  /** Callers of all regions at the same time; false: one region after the other. */
  readonly isTogether: boolean
  readonly warmUpSeconds: number
  readonly seconds: number
  /** A file for the results, as Markdown. */
  readonly output: string | undefined
}

const NAMES: readonly string[] = REGIONS.map(({ name }) => name)

interface Given {
  readonly leader: readonly Placement[]
  readonly alone?: boolean
  readonly warmUp: number
  readonly seconds: number
  readonly output?: string
}

/** Throws `UsageError`, also for help. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  const command = new Command('npm run wan --')
    .description(
      'Three servers and a caller beside each, as far apart as the regions of the CASPaxos paper: how long an increment\n' +
        'takes in each region. It is one program; each caller has a key of its own.',
    )
    .option(
      '--leader <where>',
      `where the leader is: each (in each region in turn), nearest (as the servers decide by themselves), or of ${NAMES.join(', ')}`,
      parsePlacements,
      REGIONS.map((_, n) => n),
    )
    .option('--alone', 'callers of one region at a time, not all together')
    .option('--warm-up <seconds>', 'unmeasured start of each run', positive, 3)
    .option('--seconds <seconds>', 'measured part of each run', positive, 20)
    .option('--output <file>', 'also write the results to this file, as Markdown', parseOutput)
    .allowExcessArguments(false)
    .action(() => {})
  await parseArguments(command, args)
  const { leader, alone = false, warmUp, seconds, output } = command.opts<Given>()
  return { placements: leader, isTogether: !alone, warmUpSeconds: warmUp, seconds, output }
}

function parsePlacements(text: string): readonly Placement[] {
  if (text === 'nearest') return ['nearest']
  if (text === 'each') return REGIONS.map((_, n) => n)
  const found = NAMES.indexOf(text)
  if (found >= 0) return [found]
  throw new InvalidArgumentError(`choose of each, nearest, ${NAMES.join(', ')}.`)
}

function positive(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (value > 0 && value <= 3_600) return value
  throw new InvalidArgumentError('use a number above 0, at most 3600.')
}

/** Found out before the experiment, not after it. */
function parseOutput(path: string): string {
  try {
    accessSync(dirname(path), constants.W_OK)
    return path
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
