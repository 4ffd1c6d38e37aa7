import type { DriverOptions } from '../load/driver.ts'
import { EtcdCallers, type EtcdChannel } from './etcd-callers.ts'
import {
  decodeRange,
  decodeTransaction,
  type EtcdAnswer,
  type EtcdWrite,
  encodeRange,
  encodeTransaction,
} from './etcd-messages.ts'
import { GrpcConnection } from './grpc-connection.ts'

const RANGE = '/etcdserverpb.KV/Range'
const TRANSACTION = '/etcdserverpb.KV/Txn'
/** Callers share so many, in turn. */
const CONNECTIONS = 4

/** etcd's own gRPC, by a client that is as light as we could make it: in place of one in Go, which few have at hand. */
export class EtcdDriver implements EtcdChannel {
  readonly #connections: readonly GrpcConnection[]
  #turn = 0

  static async open({ addresses: [address = ''], keys }: DriverOptions): Promise<EtcdCallers> {
    const connections = Array.from({ length: CONNECTIONS }, () => GrpcConnection.open(address))
    return new EtcdCallers(new EtcdDriver(await Promise.all(connections)), keys)
  }

  private constructor(connections: readonly GrpcConnection[]) {
    this.#connections = connections
  }

  async range(key: string, end?: string): Promise<EtcdAnswer> {
    return decodeRange(await this.#call(RANGE, encodeRange(key, end)))
  }

  async transact(writes: readonly EtcdWrite[]): Promise<EtcdAnswer> {
    return decodeTransaction(await this.#call(TRANSACTION, encodeTransaction(writes)))
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close()
  }

  #call(path: string, message: Uint8Array): Promise<Uint8Array> {
    this.#turn = (this.#turn + 1) % CONNECTIONS
    const connection = this.#connections[this.#turn]
    if (connection === undefined) throw new RangeError(`there is no connection ${this.#turn}`)
    return connection.call(path, message)
  }
}
