import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parseArguments } from '../client/usage.ts'

/** What a benchmark is to do. */
export interface Options {
  /** Callers of each run, one run after the other. */
  readonly callers: readonly number[]
  readonly keys: number
  readonly valueBytes: number
  /** The share of calls that only read, 0 to 1. */
  readonly readShare: number
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Below which the servers' data goes; undefined: wherever temporary files go. */
  readonly dataDirectory: string | undefined
  readonly json: boolean
  /** A file for the results, as Markdown. */
  readonly output: string | undefined
}

interface Given {
  readonly quick?: boolean
  readonly callers: readonly number[]
  readonly keys: number
  readonly valueBytes: number
  readonly readShare: number
  readonly warmUp?: number
  readonly seconds?: number
  readonly dataDir?: string
  readonly json?: boolean
  readonly output?: string
}

/** A value carries its number in its first digits. */
const VALUE_BYTES_MIN = 16

/** Throws `UsageError`, also for help. `args`: without the names of the program. */
export async function parseOptions(args: readonly string[]): Promise<Options> {
  const command = new Command('npm run bench --')
    .description(
      'Measures a fresh cluster of three server processes on this machine: callers that each run one program after the\n' +
        'other, through the client library, durable on every answer. Each answer is checked.',
    )
    .option('--quick', 'short runs: 3 s each, after 1 s of warm-up')
    .option('--callers <list>', 'how many callers at once; a run for each', parseCallers, [1, 16, 256])
    .option('--keys <number>', 'how many keys the programs choose from', wholeNumber(1, 1_000_000), 10_000)
    .option('--value-bytes <number>', 'size of each value', wholeNumber(VALUE_BYTES_MIN, 100_000), 100)
    .option('--read-share <share>', 'share of programs that only read, 0 to 1', number(0, 1), 0)
    .option('--warm-up <seconds>', 'unmeasured start of each run (default: 10)', number(0, 3_600))
    .option('--seconds <seconds>', 'measured part of each run (default: 20)', number(0.1, 3_600))
    .option(
      '--data-dir <path>',
      'below which the data goes for as long as this takes (default: with temporary files)',
      parseDirectory,
    )
    .option('--json', 'print JSON instead of a table')
    .option('--output <file>', 'also write the results to this file, as Markdown', parseOutput)
    .allowExcessArguments(false)
    .action(() => {})
  await parseArguments(command, args)
  const { quick = false, warmUp, seconds, dataDir, json = false, ...given } = command.opts<Given>()
  return {
    callers: given.callers,
    keys: given.keys,
    valueBytes: given.valueBytes,
    readShare: given.readShare,
    warmUpSeconds: warmUp ?? (quick ? 1 : 10),
    seconds: seconds ?? (quick ? 3 : 20),
    dataDirectory: dataDir,
    json,
    output: given.output,
  }
}

function parseCallers(text: string): readonly number[] {
  return text.split(',').map((part) => wholeNumber(1, 4_096)(part.trim()))
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`use a whole number from ${min} to ${max}.`)
  }
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`use a number from ${min} to ${max}.`)
  }
}

function parseDirectory(path: string): string {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return path
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InvalidArgumentError(`it cannot be used: ${why}.`)
  }
}

/** Found out before the benchmark, not after it. */
function parseOutput(path: string): string {
  parseDirectory(dirname(path))
  return path
}
