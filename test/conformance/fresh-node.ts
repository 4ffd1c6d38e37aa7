import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { connectSession } from '../../client/connect.ts'
import type { Session } from '../../client/session.ts'
import { serveClients } from '../../node/api/index.ts'
import { SERVER_OPTIONS } from '../../node/limits.ts'
import { Node } from '../../node/node.ts'
import { createMemoryNetwork } from '../../node/peer/index.ts'
import { openMemoryStore } from '../../node/store/index.ts'

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined }
const ADDRESS = 'alone:1'
/** It has nobody to wait for. */
const HASTE = { rotateTicks: 0, heartbeatTicks: 1, suspectTicksMin: 1, suspectTicksMax: 2 }

/** A node of its own for tests, and a client's session with it. */
export interface FreshNode {
  readonly session: Session
  stop(): Promise<void>
}

/** A node with an empty store in memory, served over gRPC on loopback, and a client's session with it. */
export async function startFreshNode(): Promise<FreshNode> {
  const onFatal = (why: string, error?: unknown) => {
    throw new Error(why, { cause: error })
  }
  const store = await openMemoryStore()
  const peers = createMemoryNetwork().connect
  const options = { address: ADDRESS, addresses: [ADDRESS], store, peers, log: SILENT, core: HASTE, onFatal }
  const node = await Node.start(options)
  const server = new Server(SERVER_OPTIONS)
  serveClients(server, node)
  const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure())
  const session = await connectSession(`127.0.0.1:${port}`)
  return {
    session,
    stop: async () => {
      session.close()
      server.forceShutdown()
      await node.stop()
    },
  }
}
