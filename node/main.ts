#!/usr/bin/env node
import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { serveClients, serveHealth, serveReflection } from './api/index.ts'
import { SERVER_OPTIONS } from './limits.ts'
import { openLog } from './log.ts'
import { Node } from './node.ts'
import { grpcPeers } from './peer/index.ts'
import { parseSettings, type Settings, UsageError } from './settings.ts'
import { openLmdbStore, openMemoryStore, type Store } from './store/index.ts'
import { VERSION } from './version.ts'

/** How long a stopping server waits for its connections to end by themselves. */
const SHUTDOWN_MS_MAX = 1_000

/** The `server` command: one node, until a signal. Exit status: 0 stopped, 1 failed, 2 wrong usage. */
async function main(): Promise<void> {
  const settings = readSettings()
  const log = openLog(settings)
  try {
    await run(settings, log)
  } catch (error) {
    log.fatal(error instanceof Error ? error.message : String(error))
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
    onFatal: (why, error) => {
      log.fatal({ err: error }, why)
      process.exit(1)
    },
  })
  const clients = serveClients(server, node)
  const health = serveHealth(server)
  serveReflection(server)
  await listen(server, settings.listen)
  health.setServing(true)
  log.info({ address: settings.listen, id: node.id }, 'listening')

  let isStopping = false
  const stop = (why: string) => {
    if (isStopping) process.exit(1)
    isStopping = true
    log.info({}, `stopping: ${why}`)
    health.setServing(false)
    shutDown(server, node, clients).then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (settings.exitsWithStdin) {
    process.stdin.on('end', () => stop('standard input ended'))
    process.stdin.resume()
  }
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
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      why.includes('EADDRINUSE')
        ? `Another process uses ${address}; stop it, or choose another address or port with --my-ip or --listen.`
        : `Cannot listen on ${address}: ${why}`,
    )
  }
}

async function shutDown(server: Server, node: Node, clients: { close(): void }): Promise<void> {
  clients.close()
  await node.stop()
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
