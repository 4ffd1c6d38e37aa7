import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseAddresses } from '../proto/address.ts'
import type { CoreOptions } from './core/index.ts'
import { VERSION } from './version.ts'

/** What a server was told by its command line. */
export interface Settings {
  /** `host:port` */
  readonly address: string
  /** `host:port` of all nodes named, this one included; sorted. */
  readonly addresses: readonly string[]
  /** Null: in memory only. */
  readonly dataDirectory: string | null
  readonly core: Partial<CoreOptions>
  readonly logLevel: string
  readonly logFormat: 'pretty' | 'json'
  /** End when standard input ends: a parent that dies takes its servers along. */
  readonly exitsWithStdin: boolean
}

/** The command line was wrong (status 2), or asked for help (status 0); `message` is all there is to say. */
export class UsageError extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

const TICK_MS = 10

/** Throws `UsageError`. `args`: without the names of the program. */
export function parseSettings(args: readonly string[]): Settings {
  const said: string[] = []
  const command = new Command('decree-server')
    .description('Runs one node of a Decree cluster.')
    .version(VERSION)
    .requiredOption('--my-ip <ip[:port]>', "this node's address, as the other nodes reach it (port 50051 unless given)")
    .requiredOption(
      '--node-ips <addresses...>',
      'addresses of all nodes, this one included, separated by spaces or commas',
    )
    .option('--data-dir <path>', 'where this node keeps its data (default: ./data/<ip>-<port>)')
    .option('--memory', 'keep everything in memory; a stopped node is lost, as is its vote', false)
    .option('--rotate <time|off>', 'how long a node leads before it hands over', parseRotation, 5_000)
    .option('--heartbeat <time>', 'between signs of life of the leader', parseTime, 50)
    .option(
      '--suspect <time>',
      'silence after which a leader is suspected, drawn between this and twice this; at least two heartbeats',
      parseTime,
      150,
    )
    .addOption(
      new Option('--log-level <level>').choices(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
    )
    .addOption(new Option('--log-format <format>').choices(['pretty', 'json']).default('pretty'))
    .addOption(new Option('--exit-with-stdin', 'end when standard input ends').default(false))
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => said.push(text), writeErr: (text) => said.push(text) })
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    throw new UsageError(said.join('').trim(), error.exitCode === 0 ? 0 : 2)
  }
  return settingsOf(command.opts())
}

interface Given {
  readonly myIp: string
  readonly nodeIps: readonly string[]
  readonly dataDir?: string
  readonly memory: boolean
  readonly rotate: number
  readonly heartbeat: number
  readonly suspect: number
  readonly logLevel: string
  readonly logFormat: 'pretty' | 'json'
  readonly exitWithStdin: boolean
}

function settingsOf(given: Given): Settings {
  const [address, more] = addressesOf('--my-ip', [given.myIp])
  if (address === undefined || more !== undefined) throw usage('--my-ip takes one address.')
  const addresses = [...addressesOf('--node-ips', given.nodeIps)].sort()
  if (!addresses.includes(address)) {
    throw usage(`--node-ips must contain this node's own address, ${address}; it names ${addresses.join(' ')}.`)
  }
  if (given.memory && given.dataDir !== undefined) throw usage('--memory and --data-dir exclude each other.')
  if (given.suspect < 2 * given.heartbeat) {
    throw usage(`--suspect (${given.suspect} ms) must be at least twice --heartbeat (${given.heartbeat} ms).`)
  }
  const suspectTicksMin = Math.ceil(given.suspect / TICK_MS)
  return {
    address,
    addresses,
    dataDirectory: given.memory
      ? null
      : (given.dataDir ?? `./data/${address.replace(/[[\]]/g, '').replaceAll(':', '-')}`),
    core: {
      heartbeatTicks: Math.max(1, Math.round(given.heartbeat / TICK_MS)),
      suspectTicksMin,
      suspectTicksMax: 2 * suspectTicksMin,
      rotateTicks: Math.ceil(given.rotate / TICK_MS),
    },
    logLevel: given.logLevel,
    logFormat: given.logFormat,
    exitsWithStdin: given.exitWithStdin,
  }
}

function addressesOf(option: string, texts: readonly string[]): readonly string[] {
  try {
    return parseAddresses(texts)
  } catch (error) {
    throw usage(`${option}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function usage(message: string): UsageError {
  return new UsageError(`error: ${message}`, 2)
}

function parseRotation(text: string): number {
  return text === 'off' ? 0 : parseTime(text)
}

/** `250ms`, `5s`, or a number of milliseconds; from 10 ms to an hour. */
function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * (match[2] === 's' ? 1_000 : 1)
  if (!(ms >= TICK_MS && ms <= 3_600_000)) {
    throw new InvalidArgumentError('use a time from 10ms to 3600s, such as 250ms or 5s.')
  }
  return ms
}
