import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type Database } from '../../client/index.ts'
import { leaders } from './status.ts'
import { waitFor } from './wait.ts'

const SERVER = join(projectRoot(), 'dist/node/main.js')

/** What is particular to one node's process. */
export interface Launch {
  /** Stands before the command that starts the server. */
  readonly prefix: readonly string[]
  /** The server's options, beside those that every node of the cluster has. */
  readonly options: readonly string[]
}

/** Real server processes on loopback, each with its own data directory below a temporary one. */
export class ProcessCluster {
  readonly addresses: readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'decree-test-'))
  readonly #processes = new Map<string, ChildProcess>()
  readonly #output = new Map<string, string[]>()
  readonly #launch: (address: string) => Launch
  readonly #onOutput: (address: string, text: string) => void
  readonly #strays: string[] = []

  /** Starts none yet. `onOutput`: what the node at `address` prints. */
  constructor(
    addresses: readonly string[],
    launch: (address: string) => Launch,
    onOutput: (address: string, text: string) => void = () => undefined,
  ) {
    this.addresses = addresses
    this.#launch = launch
    this.#onOutput = onOutput
  }

  /** Starts all of them, and waits until one leads. */
  static async start(size: number, options: readonly string[] = []): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(await freeAddresses(size), () => ({ prefix: [], options }))
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
    const { prefix, options } = this.#launch(address)
    const [command = '', ...args] = [...prefix, globalThis.process.execPath, SERVER]
    const process = spawn(
      command,
      [
        ...args,
        '--my-ip',
        address,
        '--node-ips',
        ...this.addresses,
        '--data-dir',
        this.dataDirectory(address),
        '--exit-with-stdin',
        ...options,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    )
    const output = this.#output.get(address) ?? []
    this.#output.set(address, output)
    for (const stream of [process.stdout, process.stderr])
      stream.on('data', (data: Buffer) => {
        output.push(String(data))
        this.#onOutput(address, String(data))
      })
    this.#processes.set(address, process)
    process.on('exit', (status, signal) => {
      // Whoever ends it on purpose takes it from the map first.
      if (this.#processes.get(address) !== process) return
      this.#processes.delete(address)
      this.#strays.push(`${address} ended by itself: ${signal ?? `exit status ${status}`}`)
    })
  }

  /** Sentences about nodes that have ended although nobody asked them to. */
  get strays(): readonly string[] {
    return this.#strays
  }

  /** Of the node's process; undefined: it does not run. */
  pid(address: string): number | undefined {
    return this.#processes.get(address)?.pid
  }

  /** For signals that do not end it, such as SIGSTOP. False: the node does not run. */
  signal(address: string, signal: NodeJS.Signals): boolean {
    return this.#processes.get(address)?.kill(signal) ?? false
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

  dataDirectory(address: string): string {
    return join(this.#directory, address.replaceAll(':', '-'))
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#processes.keys()].map((address) => this.kill(address)))
  }

  /** Leaves nothing behind. */
  async stop(): Promise<void> {
    await this.killAll()
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

/** The folder of package.json, from the sources as well as from what they are compiled to. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('there is no package.json above this file')
    folder = dirname(folder)
  }
  return folder
}
