import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { credentials, Metadata } from '@grpc/grpc-js'
import { VERSION } from '../../node/version.ts'
import { type StatusResponse, StoreClient } from '../../proto/gen/decree/v1/store.ts'
import { freeAddresses, until } from './addresses.ts'
import { pidOf, Spawned } from './spawned.ts'
import type { Processes, Progress, System } from './system.ts'

const SERVER = fileURLToPath(new URL('../../node/main.js', import.meta.url))
const SERVERS = 3
/** How long servers may take until one of them leads, in milliseconds. A large store takes its time. */
const START_MS_MAX = 120_000
/** A server that is being started is asked again after this long, in milliseconds. */
const ASK_MS_MAX = 2_000

/** Three server processes of ours. */
export class DecreeSystem implements System {
  readonly title = `Decree ${VERSION}: three nodes, on the disks of two before the answer`
  readonly addresses: readonly string[]
  readonly directory: string
  readonly #spawned = new Spawned()
  readonly #servers = new Map<string, ChildProcess>()
  readonly #clients = new Map<string, StoreClient>()

  /** Starts them. `parent`: where to make their directory; undefined: with temporary files. */
  static async start(parent: string | undefined): Promise<DecreeSystem> {
    const { addresses } = await freeAddresses(SERVERS)
    return new DecreeSystem(addresses, mkdtempSync(join(parent ?? tmpdir(), 'decree-bench-')))
  }

  private constructor(addresses: readonly string[], directory: string) {
    this.addresses = addresses
    this.directory = directory
    for (const address of addresses) this.#start(address)
  }

  get died(): Promise<never> {
    return this.#spawned.died
  }

  async ready(): Promise<void> {
    await this.leader()
  }

  async processes(): Promise<Processes> {
    const leader = await this.leader()
    const followers = this.addresses.filter((address) => address !== leader)
    return { leader: [this.pidOf(leader)], followers: followers.map((address) => this.pidOf(address)) }
  }

  async progress(): Promise<Progress> {
    const { applied, ballot } = await this.#status(await this.leader())
    return { slots: applied, term: ballot }
  }

  pidOf(address: string): number {
    const server = this.#servers.get(address)
    if (server === undefined) throw new Error(`${address} does not run`)
    return pidOf(server)
  }

  /** The address of the server that leads, waiting for there to be one. */
  leader(): Promise<string> {
    return until('a server to lead', START_MS_MAX, async () => {
      const all = await Promise.allSettled(this.addresses.map((address) => this.#status(address)))
      for (const one of all) if (one.status === 'fulfilled' && one.value.role === 'leader') return one.value.address
      return undefined
    })
  }

  /** Resolves when every server has merged what the foremost has. */
  async even(): Promise<void> {
    await until('all servers to be even', START_MS_MAX, async () => {
      const all = await Promise.all(this.addresses.map((address) => this.#status(address)))
      const foremost = Math.max(...all.map(({ applied }) => applied))
      return all.every(({ complete }) => complete >= foremost) || undefined
    })
  }

  /** Kills one server; gives what starts it again. */
  async kill(address: string): Promise<() => void> {
    const server = this.#servers.get(address)
    if (server !== undefined) await this.#spawned.kill(server)
    return () => this.#start(address)
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.close()
    await this.#spawned.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** What the server at `address` says of itself. */
  #status(address: string): Promise<StatusResponse> {
    const client = this.#clients.get(address) ?? new StoreClient(address, credentials.createInsecure(), CHANNEL)
    this.#clients.set(address, client)
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + ASK_MS_MAX
      client.status({ hash: false }, new Metadata(), { deadline }, (error, status) =>
        error === null ? resolve(status) : reject(error),
      )
    })
  }

  #start(address: string): void {
    const data = join(this.directory, address.replace(':', '-'))
    const args = ['--my-ip', address, '--node-ips', ...this.addresses, '--data-dir', data]
    // A leader that stays, so that its processor time can be told from that of its followers.
    args.push('--rotate', 'off', '--log-level', 'warn', '--exit-with-stdin')
    this.#servers.set(address, this.#spawned.start(process.execPath, [SERVER, ...args], `${data}.log`))
  }
}

/** A server that is killed and started again is found at once. */
const CHANNEL = { 'grpc.initial_reconnect_backoff_ms': 20, 'grpc.max_reconnect_backoff_ms': 100 }
