import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type Database } from '../../client/index.ts'
import { leaders } from './status.ts'
import { waitFor } from './wait.ts'

const SERVER = fileURLToPath(new URL('../../dist/node/main.js', import.meta.url))

/** Real server processes on loopback, each with its own data directory below a temporary one. */
export class ProcessCluster {
  readonly addresses: readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'decree-test-'))
  readonly #processes = new Map<string, ChildProcess>()
  readonly #output = new Map<string, string[]>()
  readonly #options: readonly string[]

  private constructor(addresses: readonly string[], options: readonly string[]) {
    this.addresses = addresses
    this.#options = options
  }

  /** Starts all of them, and waits until one leads. */
  static async start(size: number, options: readonly string[] = []): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(await freeAddresses(size), options)
    for (const address of cluster.addresses) cluster.start(address)
    try {
      await waitFor('a leader', async () => (await leaders(cluster.addresses)).length > 0)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  start(address: string): void {
    const process = spawn(
      globalThis.process.execPath,
      [
        SERVER,
        '--my-ip',
        address,
        '--node-ips',
        ...this.addresses,
        '--data-dir',
        join(this.#directory, address.replaceAll(':', '-')),
        '--exit-with-stdin',
        ...this.#options,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    const output = this.#output.get(address) ?? []
    this.#output.set(address, output)
    for (const stream of [process.stdout, process.stderr])
      stream.on('data', (data: Buffer) => output.push(String(data)))
    this.#processes.set(address, process)
  }

  async kill(address: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const process = this.#processes.get(address)
    if (process === undefined) throw new Error(`${address} does not run`)
    this.#processes.delete(address)
    const ended = once(process, 'exit')
    process.kill(signal)
    await ended
    return process.exitCode
  }

  /** Everything that the node at `address` has printed. */
  output(address: string): string {
    return this.#output.get(address)?.join('') ?? ''
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((address) => this.kill(address)))
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Runs `use` on a cluster and a connection to it, and leaves neither behind. */
export async function withCluster(
  options: readonly string[],
  use: (cluster: ProcessCluster, db: Database) => Promise<void>,
): Promise<void> {
  const cluster = await ProcessCluster.start(3, options)
  try {
    const db = await connect({ servers: cluster.addresses, timeoutMs: 30_000 })
    await use(cluster, db).finally(() => db.close())
  } finally {
    await cluster.stop()
  }
}

/** Addresses that nobody uses: of a loopback network drawn by chance, or ports where there is but one address. */
export async function freeAddresses(count: number): Promise<string[]> {
  const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`
  const addresses: string[] = []
  for (let n = 1; n <= count; n += 1) {
    const host = process.platform === 'linux' ? `${network}.${n}` : '127.0.0.1'
    addresses.push(`${host}:${await freePort(host)}`)
  }
  return addresses
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
