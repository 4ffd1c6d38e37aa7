import { connect } from '../connect.ts'
import type { Database } from '../database.ts'
import { DecreeError } from '../errors.ts'
import { type Behaviour, FakeServer } from './fake-server.ts'

const open: { close(): unknown }[] = []

/** Ends what `serve` and `join` have begun: to be called after each test. */
export async function closeAll(): Promise<void> {
  for (const resource of open.splice(0).reverse()) await resource.close()
}

export async function serve(behave?: Behaviour, address?: string): Promise<FakeServer> {
  const server = await FakeServer.start(behave, address)
  open.push({ close: () => server.stop() })
  return server
}

export async function join(...servers: (FakeServer | string)[]): Promise<Database> {
  const db = await connect({ servers: servers.map((server) => (typeof server === 'string' ? server : server.address)) })
  open.push(db)
  return db
}

/** What it rejects with, which must be a DecreeError. */
export async function failure(promise: Promise<unknown>): Promise<DecreeError> {
  const error = await promise.then(
    () => {
      throw new Error('it succeeded')
    },
    (thrown: unknown) => thrown,
  )
  if (error instanceof DecreeError) return error
  throw error
}
