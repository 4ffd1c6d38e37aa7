#!/usr/bin/env node
import { rmSync } from 'node:fs'
import { Command } from 'commander'
import readlineSync from 'readline-sync'
import { endWithReader } from './broken-pipe.ts'
import { LocalCluster, type LocalServer, logFile, obstacle, olderLogFile, probe } from './cluster.ts'
import { connectSession } from './connect.ts'
import { DecreeError } from './errors.ts'
import { repl } from './repl.ts'
import type { Session } from './session.ts'
import { exitWithUsage, parseArguments, UsageError } from './usage.ts'

/** How long three fresh nodes may take to find each other and elect a leader, in milliseconds. */
const START_MS_MAX = 20_000

interface Given {
  readonly memory?: boolean
  readonly fresh?: boolean
  readonly yes?: boolean
  readonly port: string
}

/** `npm start`: three nodes on this machine, and the prompt. Exit status: 0 done, 1 failed, 2 wrong usage. */
async function main(): Promise<void> {
  const command = new Command('npm start --')
    .description('Starts three nodes on this machine and opens the prompt.')
    .option('--memory', 'use no disk')
    .option('--fresh', 'delete the data of earlier starts first')
    .option('--yes', 'do not ask before deleting')
    .option('--port <port>', 'the port of the nodes', '50051')
    .allowExcessArguments(false)
    .action(async (given: Given) => {
      process.exitCode = await start(given)
    })
  await parseArguments(command, process.argv.slice(2)).catch(exitWithUsage)
}

async function start(given: Given): Promise<number> {
  const port = portOf(given)
  if (given.memory && given.fresh)
    throw new UsageError('--memory and --fresh exclude each other: memory is always fresh.')
  if (given.fresh && !given.yes && !process.stdin.isTTY) {
    throw new UsageError('--fresh asks before it deletes, which needs a terminal; --yes skips the question.')
  }
  const { servers, note } = await layOut(port, given.memory ?? false)
  for (const { address } of servers) {
    const why = obstacle(address, await probe(address))
    if (why === null) continue
    say(why)
    return 1
  }
  if (given.fresh && !deleteData(servers, given.yes ?? false)) return 1
  if (note !== '') say(note)
  return runCluster(servers)
}

async function runCluster(servers: readonly LocalServer[]): Promise<number> {
  const ending = new AbortController()
  let isReady = false
  const deaths: string[] = []
  const cluster = new LocalCluster((server, why) => {
    if (isReady) return say(`\nThe node at ${server.address} has ended (${why}); the others go on, as long as two run.`)
    deaths.push(epitaph(cluster, server, why))
    ending.abort()
  })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= cluster.stop())
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    process.on(signal, () => {
      ending.abort(signal)
      stop().then(() => process.exit(1))
    })
  }
  let session: Session | undefined
  try {
    for (const server of servers) cluster.start(server, servers)
    session = await connectTo(servers, ending.signal)
    isReady = true
    say(greeting(servers))
    const { stdin: input, stdout: output } = process
    await repl({ session, input, output, terminal: input.isTTY && output.isTTY, signal: ending.signal })
    return 0
  } catch (error) {
    const [death] = deaths
    say(death ?? `The nodes did not start: ${DecreeError.from(error).message}`)
    return 1
  } finally {
    session?.close()
    await stop()
  }
}

/** Connects, and waits until a leader has answered a program. */
async function connectTo(servers: readonly LocalServer[], signal: AbortSignal): Promise<Session> {
  const session = await connectSession({
    servers: servers.map(({ address }) => address),
    timeoutMs: START_MS_MAX,
    signal,
  })
  try {
    await session.execute({ text: '', parameters: [] }, false, { timeoutMs: START_MS_MAX, signal })
    return session
  } catch (error) {
    session.close()
    throw error
  }
}

/** Three addresses: 127.0.0.1 to 3, or three ports where the machine has only the first of them. */
async function layOut(port: number, memory: boolean): Promise<{ servers: readonly LocalServer[]; note: string }> {
  const ports = [port, port + 1, port + 2]
  const hasThree = (await probe(`127.0.0.2:${port}`)) !== 'absent'
  const addresses = hasThree
    ? ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((ip) => `${ip}:${port}`)
    : ports.map((each) => `127.0.0.1:${each}`)
  const note = hasThree ? '' : `This machine has no address 127.0.0.2, so the nodes use the ports ${ports.join(', ')}.`
  const servers = addresses.map((address) => ({
    address,
    dataDirectory: memory ? null : `./data/${address.replace(':', '-')}`,
  }))
  return { servers, note }
}

function deleteData(servers: readonly LocalServer[], isAgreed: boolean): boolean {
  const directories = servers.flatMap(({ dataDirectory }) => (dataDirectory === null ? [] : [dataDirectory]))
  const question = `Delete all data in ${directories.join(', ')}?`
  if (!isAgreed && readlineSync.keyInYNStrict(question) !== true) {
    say('Nothing was deleted.')
    return false
  }
  for (const directory of directories) {
    rmSync(directory, { recursive: true, force: true })
    for (const log of [logFile(directory), olderLogFile(directory)]) rmSync(log, { force: true })
  }
  return true
}

function greeting(servers: readonly LocalServer[]): string {
  const [first] = servers
  const nodes = `Three nodes run at ${servers.map(({ address }) => address).join(', ')}`
  const data = first?.dataDirectory === null ? 'in memory only' : 'with their data and logs in ./data'
  return `${nodes}, ${data}.\nType a program; an empty line sends it. .help explains more, .quit ends the nodes too.`
}

function epitaph(cluster: LocalCluster, server: LocalServer, why: string): string {
  const words = cluster.lastWords(server)
  const end = `The node at ${server.address} ended instead of starting (${why}).`
  return words === '' ? end : `${end} Its last words:\n${words}`
}

function portOf({ port }: Given): number {
  const number = Number(port)
  if (/^\d+$/.test(port) && number >= 1 && number <= 65_533) return number
  throw new UsageError(`--port takes a number from 1 to 65533, not ${JSON.stringify(port)}.`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

endWithReader()
await main()
