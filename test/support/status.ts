import { credentials, Metadata } from '@grpc/grpc-js'
import { type StatusResponse, StoreClient } from '../../proto/gen/decree/v1/store.ts'

/** One node's `Status`, with the hash of its state unless that is not wanted. */
export function statusOf(address: string, hash = true): Promise<StatusResponse> {
  const client = new StoreClient(address, credentials.createInsecure())
  return new Promise((resolve, reject) => {
    client.status({ hash }, new Metadata(), { deadline: Date.now() + 5_000 }, (error, status) => {
      client.close()
      if (error === null) resolve(status)
      else reject(error)
    })
  })
}

/** The addresses of the nodes that lead, as far as they can be asked. */
export async function leaders(addresses: readonly string[]): Promise<string[]> {
  const all = await Promise.allSettled(addresses.map((address) => statusOf(address, false)))
  return all.flatMap((one) => (one.status === 'fulfilled' && one.value.role === 'leader' ? [one.value.address] : []))
}

/** The one state that all nodes hold, complete up to the same slot; undefined while they differ. */
export async function commonState(addresses: readonly string[]): Promise<{ slot: number; hash: string } | undefined> {
  const all = await Promise.all(addresses.map((address) => statusOf(address)))
  const states = new Set(all.map((one) => `${one.hashSlot} ${one.complete} ${one.stateHash.toString('hex')}`))
  const [first] = all
  if (states.size > 1 || first === undefined || first.complete !== first.hashSlot) return undefined
  return { slot: first.hashSlot, hash: first.stateHash.toString('hex') }
}
