#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { Command } from 'commander'
import { parseAddresses } from '../proto/address.ts'
import { connectSession } from './connect.ts'
import { DecreeError } from './errors.ts'
import { execute } from './execute.ts'
import { parseParameters } from './parameters.ts'
import { repl } from './repl.ts'
import { askStatus, statusJson, statusTable } from './status.ts'
import { exitWithUsage, parseArguments, parseTimeout, UsageError } from './usage.ts'

interface Given {
  readonly serverIp: readonly string[]
  readonly execute?: string
  readonly file?: string
  readonly param?: readonly string[]
  readonly json?: boolean
  readonly timeout?: string
  readonly verbose?: boolean
  readonly repl?: boolean
}

/** The `client` command. Exit status: 0 done, 1 aborted or failed, 2 wrong usage. */
async function main(): Promise<void> {
  const collect = (text: string, before: readonly string[] = []) => [...before, text]
  const command = new Command('decree-client')
    .description('Runs programs on a Decree cluster: typed at a prompt, or given by -e, --file or standard input.')
    .option('--server-ip <ip[:port]...>', 'servers to start from (port 50051 unless given)', ['127.0.0.1'])
    .option('-e, --execute <program>', 'run this program')
    .option('--file <path>', 'run the program in this file')
    .option('--param <name=value>', 'a parameter: JSON if it parses, else a string; repeatable', collect)
    .option('--json', 'one line of JSON, for machines')
    .option('--timeout <time>', 'how long each program may take, such as 250ms or 5s (default: 5s)')
    .option('--verbose', 'say when a server redirects or cannot be reached')
    .option('--repl', 'read line by line, with prompts, also where standard input is no terminal')
    .allowExcessArguments(false)
    .action(async (given: Given) => {
      process.exitCode = await run(given)
    })
  command
    .command('status')
    .description('shows the servers and how far they are')
    .action(async (_given: unknown, status: Command) => {
      process.exitCode = await showStatus(status.optsWithGlobals<Given>())
    })
  await parseArguments(command, process.argv.slice(2)).catch(exitWithUsage)
}

async function run(given: Given): Promise<number> {
  const servers = serversOf(given)
  const timeoutMs = given.timeout === undefined ? undefined : parseTimeout(given.timeout)
  const parameters = parseParameters(given.param ?? [])
  const note = given.verbose ? (what: string) => void process.stderr.write(`${what}\n`) : undefined
  const connect = () => connectSession({ servers, ...(timeoutMs === undefined ? {} : { timeoutMs }) }, note)

  const isProgram = given.execute !== undefined || given.file !== undefined
  const isTyped = !isProgram && (given.repl === true || process.stdin.isTTY)
  if (given.execute !== undefined && given.file !== undefined) throw new UsageError('-e and --file exclude each other.')
  if (isProgram && given.repl) throw new UsageError('--repl and a program (-e, --file) exclude each other.')
  if (isTyped && (given.json || given.param !== undefined)) {
    throw new UsageError('--json and --param need a program: give it by -e, --file or standard input.')
  }
  if (!isTyped) {
    const text = await programText(given)
    const json = given.json ?? false
    const { output, status } = await execute(connect, { text, parameters, timeoutMs, json })
    const stream = status === 0 || json || !output.startsWith('error') ? process.stdout : process.stderr
    stream.write(`${output}\n`)
    return status
  }
  try {
    const session = await connect()
    const terminal = process.stdin.isTTY && process.stdout.isTTY
    await repl({ session, input: process.stdin, output: process.stdout, terminal, timeoutMs })
    session.close()
    return 0
  } catch (error) {
    process.stderr.write(`error: ${DecreeError.from(error).message}\n`)
    return 1
  }
}

async function programText({ execute: program, file }: Given): Promise<string> {
  if (program !== undefined) return program
  if (file === undefined) return readAll(process.stdin)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function showStatus(given: Given): Promise<number> {
  const servers = await askStatus(serversOf(given))
  process.stdout.write(`${given.json ? statusJson(servers) : statusTable(servers)}\n`)
  return servers.some(({ reached }) => reached) ? 0 : 1
}

function serversOf({ serverIp }: Given): readonly string[] {
  try {
    const servers = parseAddresses(serverIp)
    if (servers.length > 0) return servers
  } catch (error) {
    throw new UsageError(`--server-ip: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new UsageError('--server-ip names no server.')
}

await main()
