#!/usr/bin/env node
import { format, promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { serveClients, serveHealth, serveNear, serveReflection } from './api/index.ts'
import { Forwarder, serveForwarded } from './forward/index.ts'
import { SERVER_OPTIONS } from './limits.ts'
import { openLog } from './log.ts'
import { Node } from './node.ts'
import { grpcPeers } from './peer/index.ts'
import { reasonOf } from './reason.ts'
import { parseSettings, type Settings, UsageError } from './settings.ts'
import { openLmdbStore, openMemoryStore, type Store, WriteError } from './store/index.ts'
import { VERSION } from './version.ts'

/** How long a stopping server waits for its connections to end by themselves. */
const SHUTDOWN_MS_MAX = 1_000

/** The `server` command: one node, until a signal. Exit status: 0 stopped, 1 failed, 2 wrong usage. */
async function main(): Promise<void> {
  const settings = readSettings()
  const log = await openLog(settings)
  try {
    await run(settings, log)
  } catch (error) {
    log.fatal(reasonOf(error))
    process.exit(1)
  }
}

function readSettings(): Settings {
  try {
    return parseSettings(process.argv.slice(2), process.env)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    ;(error.status === 0 ? process.stdout : process.stderr).write(`${error.message}\n`)
    process.exit(error.status)
  }
}

async function run(settings: Settings, log: Logger): Promise<void> {
  const { address, addresses, dataDirectory } = settings
  // What libraries say, beside the errors that they throw, is for those who look for it.
  console.error = (...said: readonly unknown[]) => log.debug({}, format(...said).replaceAll('\n', ' '))
  // A write beyond the limit on the size of files fails, and is told; without this it would end the process.
  process.on('SIGXFSZ', () => undefined)
  log.info({ version: VERSION, address, data: dataDirectory ?? 'in memory' }, 'starting')
  for (const warning of settings.warnings) log.warn({}, warning)
  const store = await (dataDirectory === null ? openMemoryStore() : openLmdbStore(dataDirectory))
  tellState(store, log)
  const server = new Server(SERVER_OPTIONS)
  const peers = grpcPeers(server)
  const node = await Node.start({
    address,
    addresses,
    store,
    peers,
    log,
    core: settings.core,
    isPlacing: settings.isPlacing,
    onFatal: (why, error) => {
      if (error instanceof WriteError) log.fatal({}, error.message)
      else log.fatal({ err: error }, why)
      process.exit(1)
    },
  })
  const forwarder = settings.isForwarding ? new Forwarder(node) : null
  const clients = serveClients(server, forwarder ?? node)
  const forwarded = serveForwarded(server, node)
  if (settings.isPlacing) serveNear(server, (report) => node.near(report))
  const health = serveHealth(server)
  serveReflection(server)
  // Before it listens: whoever sees it do so may tell it to stop.
  stopWhenTold(settings, log, () => {
    health.setServing(false)
    return shutDown(server, node, [clients, forwarded], forwarder)
  })
  await listen(server, settings.listen)
  health.setServing(true)
  log.info({ address: settings.listen, id: node.id }, 'listening')
}

/** SIGTERM, SIGINT or, where it is asked for, the end of standard input: ends in good order. A second time: at once. */
function stopWhenTold({ exitsWithStdin }: Settings, log: Logger, end: () => Promise<void>): void {
  let isStopping = false
  const stop = (why: string) => {
    if (isStopping) process.exit(1)
    isStopping = true
    log.info({}, `stopping: ${why}`)
    end().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (!exitsWithStdin) return
  process.stdin.on('end', () => stop('standard input ended'))
  process.stdin.resume()
}

/** Says what the node finds of its earlier life. */
function tellState({ restored, view }: Store, log: Logger): void {
  const { identity, config, marks, promised } = restored
  if (identity === null) return log.info({}, 'found no state: this node is new')
  const { applied, complete } = marks
  const members = config?.members.map(({ address }) => address) ?? []
  const fields = { id: identity, members, applied, complete, revision: view.revision, ballot: promised.counter }
  log.info(fields, config === null ? 'found its state: not yet a member of a cluster' : 'found its state')
}

async function listen(server: Server, address: string): Promise<void> {
  try {
    await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure())
  } catch (error) {
    throw new Error(whyDeaf(address, reasonOf(error)))
  }
}

/** Why the node cannot listen, and what to do about it. */
function whyDeaf(address: string, why: string): string {
  if (why.includes('EADDRINUSE')) {
    return `Another process uses ${address}; stop it, or choose another address or port with --my-ip or --listen.`
  }
  const cannot = `Cannot listen on ${address}`
  if (why.includes('EADDRNOTAVAIL'))
    return `${cannot}: this machine has no such address; --listen takes one of its own.`
  if (why.includes('EACCES')) return `${cannot}: this user may not; choose a port above 1023.`
  if (why.includes('Name resolution failed')) return `${cannot}: no host of this name is known.`
  return `${cannot}: ${why}.`
}

async function shutDown(
  server: Server,
  node: Node,
  services: readonly { close(): void }[],
  forwarder: Forwarder | null,
): Promise<void> {
  await node.handOff()
  for (const service of services) service.close()
  await node.stop()
  await forwarder?.close()
  // tryShutdown waits for every connection, and may wait for ever.
  await Promise.race([
    promisify(server.tryShutdown.bind(server))(),
    new Promise((resolve) => {
      setTimeout(resolve, SHUTDOWN_MS_MAX)
    }),
  ])
  server.forceShutdown()
}

await main()
