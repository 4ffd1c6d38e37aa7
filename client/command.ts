import type { Readable, Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { parseAddresses } from '../proto/address.ts'
import { nearest } from '../proto/spelling.ts'
import { connectSession } from './connect.ts'
import { checkVariables, VARIABLES, variable } from './environment.ts'
import { DecreeError } from './errors.ts'
import { execute } from './execute.ts'
import { parseParameters } from './parameters.ts'
import { repl } from './repl.ts'
import { askStatus, statusJson, statusTable } from './status.ts'
import { judge } from './status-health.ts'
import { explainCommand, formatCommand, readProgram } from './tool-commands.ts'
import { parseArguments, parseTimeout, UsageError } from './usage.ts'

interface Given {
  readonly serverIp?: readonly string[]
  readonly execute?: string
  readonly file?: string
  readonly param?: readonly string[]
  readonly json?: boolean
  readonly timeout?: string
  readonly verbose?: boolean
  readonly repl?: boolean
}

interface StatusGiven extends Given {
  readonly hash?: boolean
}

interface FormatGiven extends Given {
  readonly check?: boolean
  readonly write?: boolean
}

/** How long a cluster may be without a leader before that is told: a hand-over takes much less. */
const LEADERLESS_MS_MAX = 1_500

/** Where a command reads and writes. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
}

/**
 * The `client` command, with its arguments. Gives the exit status: 0 done, 1 aborted or failed. Throws `UsageError`
 * for wrong usage (status 2) and for what was asked instead of work (help; status 0).
 */
export async function clientCommand(args: readonly string[], streams: Streams): Promise<number> {
  let exitStatus = 0
  const collect = (text: string, before: readonly string[] = []) => [...before, text]
  const command = new Command('decree-client')
    .description('Runs programs on a Decree cluster: typed at a prompt, or given by -e, --file or standard input.')
    .usage('[options] [command]')
    .argument('[words...]')
    .option(
      '--server-ip <addresses>',
      `servers to start from: ip or ip:port, separated by commas (default: ${VARIABLES.serverIp}, or 127.0.0.1:50051)`,
      collect,
    )
    .option('-e, --execute <program>', 'run this program')
    .option('--file <path>', 'run the program in this file')
    .option('--param <name=value>', 'a parameter: JSON if it parses, else a string; repeatable', collect)
    .option('--json', 'one line of JSON, for machines')
    .option(
      '--timeout <time>',
      `how long each program may take, such as 250ms or 5s (default: ${VARIABLES.timeout}, or 5s)`,
    )
    .option('--verbose', 'say when a server redirects or cannot be reached')
    .option('--repl', 'read line by line, with prompts, also where standard input is no terminal')
    .action(async ([word]: readonly string[], given: Given) => {
      if (word !== undefined) throw new UsageError(notACommand(word, command))
      exitStatus = await run(given, streams)
    })
  command
    .command('status')
    .description('shows the nodes and how far they are; succeeds if programs can be run')
    .option('--hash', 'also compare the states of the nodes, each of which reads all its data for it')
    .allowExcessArguments(false)
    .action(async (_given: unknown, status: Command) => {
      const given = status.optsWithGlobals<StatusGiven>()
      if (given.execute !== undefined || given.file !== undefined) throw new UsageError('status runs no program.')
      exitStatus = await showStatus(given, streams)
    })
  command
    .command('explain')
    .description('tells what a program (-e, --file or standard input) would read, write and cost; runs nothing')
    .allowExcessArguments(false)
    .action(async (_given: unknown, explain: Command) => {
      const given = explain.optsWithGlobals<Given>()
      refuse('explain', given, ['param', 'repl'])
      exitStatus = await explainCommand(await programText(given, streams.stdin), given.json ?? false, streams)
    })
  command
    .command('format')
    .description('prints a program (of a file, -e or standard input) as it is best read; runs nothing')
    .argument('[files...]')
    .option('--check', 'only name the files that are not formatted, and fail if there are any')
    .option('--write', 'set the files so')
    .action(async (files: readonly string[], _given: unknown, format: Command) => {
      const given = format.optsWithGlobals<FormatGiven>()
      refuse('format', given, ['param', 'repl', 'file'])
      const { check = false, write = false, json = false } = given
      exitStatus = await formatCommand(files, given.execute, { check, write, json }, streams)
    })
  checkVariables()
  await parseArguments(command, joinServers(args))
  return exitStatus
}

async function run(given: Given, { stdin, stdout, stderr }: Streams): Promise<number> {
  const servers = serversOf(given)
  const timeoutMs = timeoutOf(given)
  const parameters = parseParameters(given.param ?? [])
  const note = given.verbose ? (what: string) => void stderr.write(`${what}\n`) : undefined
  const connect = () => connectSession({ servers, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, note)

  const isProgram = given.execute !== undefined || given.file !== undefined
  const isTyped = !isProgram && (given.repl === true || stdin.isTTY === true)
  if (isProgram && given.repl) throw new UsageError('--repl and a program (-e, --file) exclude each other.')
  if (isTyped && (given.json || given.param !== undefined)) {
    throw new UsageError('--json and --param need a program: give it by -e, --file or standard input.')
  }
  if (!isTyped) {
    const text = await programText(given, stdin)
    const json = given.json ?? false
    const { output, status } = await execute(connect, { text, parameters, timeoutMs, json })
    const stream = status === 0 || json || !output.startsWith('error') ? stdout : stderr
    stream.write(`${output}\n`)
    return status
  }
  try {
    const session = await connect()
    const terminal = stdin.isTTY === true && stdout.isTTY === true
    await repl({ session, input: stdin, output: stdout, terminal, timeoutMs })
    session.close()
    return 0
  } catch (error) {
    stderr.write(`error: ${DecreeError.from(error).message}\n`)
    return 1
  }
}

async function programText({ execute: program, file }: Given, stdin: Readable): Promise<string> {
  if (program !== undefined && file !== undefined) throw new UsageError('-e and --file exclude each other.')
  if (program !== undefined) return program
  if (file === undefined) return readAll(stdin)
  return readProgram(file)
}

async function showStatus(given: StatusGiven, { stdout }: Streams): Promise<number> {
  const addresses = serversOf(given)
  const options = { hash: given.hash ?? false, timeoutMs: timeoutOf(given) }
  const giveUpMs = performance.now() + LEADERLESS_MS_MAX
  let servers = await askStatus(addresses, options)
  while (judge(servers).isLeaderless && performance.now() < giveUpMs) {
    await pause(100)
    servers = await askStatus(addresses, options)
  }
  stdout.write(`${given.json ? statusJson(servers) : statusTable(servers)}\n`)
  return judge(servers).isHealthy ? 0 : 1
}

/** Options that are for programs that run. */
function refuse(command: string, given: Given, names: readonly (keyof Given)[]): void {
  const name = names.find((each) => given[each] !== undefined)
  if (name !== undefined) throw new UsageError(`--${name} is not for ${command}, which runs nothing.`)
}

function serversOf({ serverIp }: Given): readonly string[] {
  const from = serverIp === undefined ? VARIABLES.serverIp : '--server-ip'
  try {
    const servers = parseAddresses(serverIp ?? [variable('serverIp') ?? '127.0.0.1'])
    if (servers.length > 0) return servers
  } catch (error) {
    throw new UsageError(`${from}: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new UsageError(`${from} names no server.`)
}

function timeoutOf({ timeout }: Given): number | undefined {
  if (timeout !== undefined) return parseTimeout(timeout, '--timeout')
  const text = variable('timeout')
  return text === undefined ? undefined : parseTimeout(text, VARIABLES.timeout)
}

function notACommand(word: string, { commands }: Command): string {
  const names = commands.map((each) => each.name())
  const meant = nearest(word, names)
  if (meant !== undefined) return `${JSON.stringify(word)} is no command; did you mean ${meant}?`
  const ways = 'programs are given by -e, --file or standard input, several servers with commas between them'
  return `${JSON.stringify(word)} is no command (there is: ${names.join(', ')}); ${ways}.`
}

/**
 * Lets `--server-ip` take several addresses in a row. What is no address beyond doubt (it has neither a dot nor a
 * colon) might be a command, well or badly written, and is left to stand for itself.
 */
function joinServers(args: readonly string[]): readonly string[] {
  const joined: string[] = []
  let isList = false
  for (const argument of args) {
    const last = joined.length - 1
    const isFirst = joined[last] === '--server-ip'
    const isAddress: boolean = isList && (isFirst || /^[^-].*[.:]/.test(argument))
    if (isAddress && !isFirst) joined[last] += `,${argument}`
    else joined.push(argument)
    isList = isAddress || /^--server-ip(=|$)/.test(argument)
  }
  return joined
}
