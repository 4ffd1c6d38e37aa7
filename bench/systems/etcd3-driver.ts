import type { DriverOptions } from '../load/driver.ts'
import { EtcdCallers, type EtcdChannel } from './etcd-callers.ts'
import type { EtcdAnswer, EtcdWrite } from './etcd-messages.ts'
import { optionalPackage } from './optional.ts'

/** What we use of the package etcd3. */
interface Etcd3 {
  readonly Etcd3: new (options: {
    readonly hosts: string
  }) => {
    readonly kv: {
      range(request: object): Promise<{
        readonly header: Header
        readonly kvs: readonly { readonly key: Buffer; readonly value: Buffer; readonly mod_revision: string }[]
      }>
      txn(request: object): Promise<{ readonly header: Header; readonly succeeded: boolean }>
    }
    close(): void
  }
}

interface Header {
  readonly revision: string
}

/** etcd by the client that users of Node have. */
export class Etcd3Driver implements EtcdChannel {
  readonly #client: InstanceType<Etcd3['Etcd3']>

  static async open({ addresses: [address = ''], keys }: DriverOptions): Promise<EtcdCallers> {
    const { Etcd3 } = await optionalPackage<Etcd3>('etcd3')
    return new EtcdCallers(new Etcd3Driver(new Etcd3({ hosts: `http://${address}` })), keys)
  }

  private constructor(client: InstanceType<Etcd3['Etcd3']>) {
    this.#client = client
  }

  async range(key: string, end?: string): Promise<EtcdAnswer> {
    const to = end === undefined ? {} : { range_end: Buffer.from(end) }
    const { header, kvs } = await this.#client.kv.range({ key: Buffer.from(key), ...to })
    const entries = kvs.map(({ key, value, mod_revision }) => ({
      key: key.toString(),
      value: value.toString(),
      modRevision: Number(mod_revision),
    }))
    return { revision: Number(header.revision), succeeded: true, entries }
  }

  async transact(writes: readonly EtcdWrite[]): Promise<EtcdAnswer> {
    const { header, succeeded } = await this.#client.kv.txn({
      compare: writes.flatMap(({ key, modRevision }) =>
        modRevision === null
          ? []
          : [{ target: 'Mod', result: 'Equal', key: Buffer.from(key), mod_revision: modRevision }],
      ),
      success: writes.map(({ key, value }) => ({
        request_put: { key: Buffer.from(key), value: Buffer.from(value) },
      })),
    })
    return { revision: Number(header.revision), succeeded, entries: [] }
  }

  async close(): Promise<void> {
    this.#client.close()
  }
}
