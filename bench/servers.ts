import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { credentials } from '@grpc/grpc-js'
import { probe } from '../client/cluster.ts'
import { type StatusResponse, StoreClient } from '../proto/gen/decree/v1/store.ts'

const SERVER = fileURLToPath(new URL('../node/main.js', import.meta.url))
/** How long fresh servers may take until one of them leads, in milliseconds. */
const START_MS_MAX = 20_000
const POLL_MS = 20

/** Server processes of one fresh cluster on this machine, with their data below a directory that goes with them. */
export class Servers {
  readonly addresses: readonly string[]
  readonly directory: string
  /** Rejects when a server ends unasked. */
  readonly died: Promise<never>
  readonly #processes = new Map<string, ChildProcess>()
  readonly #clients = new Map<string, StoreClient>()
  #die: (error: Error) => void = () => {}
  #isStopping = false

  /** Starts them. `parent`: where to make the directory; undefined: with temporary files. */
  static async start(count: number, parent: string | undefined): Promise<Servers> {
    return new Servers(await freeAddresses(count), mkdtempSync(join(parent ?? tmpdir(), 'decree-bench-')))
  }

  private constructor(addresses: readonly string[], directory: string) {
    this.addresses = addresses
    this.directory = directory
    this.died = new Promise((_, reject) => {
      this.#die = reject
    })
    // Whoever waits for something else hears of it there.
    this.died.catch(() => {})
    for (const address of addresses) this.#spawn(address)
  }

  pidOf(address: string): number {
    const pid = this.#processes.get(address)?.pid
    if (pid === undefined) throw new Error(`The server at ${address} could not be started.`)
    return pid
  }

  /** What the server at `address` says of itself. */
  status(address: string): Promise<StatusResponse> {
    const client = this.#clients.get(address) ?? new StoreClient(address, credentials.createInsecure())
    this.#clients.set(address, client)
    return new Promise((resolve, reject) => {
      client.status({ hash: false }, (error, status) => (error === null ? resolve(status) : reject(error)))
    })
  }

  /** The address of the server that leads, waiting for there to be one. */
  async leader(): Promise<string> {
    for (const deadlineMs = performance.now() + START_MS_MAX; performance.now() < deadlineMs; await pause(POLL_MS)) {
      const all = await Promise.allSettled(this.addresses.map((address) => this.status(address)))
      for (const one of all) if (one.status === 'fulfilled' && one.value.role === 'leader') return one.value.address
    }
    throw new Error(`No server leads after ${START_MS_MAX} ms.`)
  }

  /** Kills them and deletes their data. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const client of this.#clients.values()) client.close()
    const running = [...this.#processes.values()].filter(isRunning)
    await Promise.all(
      running.map(async (process) => {
        const ended = once(process, 'exit')
        process.kill('SIGKILL')
        await ended
      }),
    )
    rmSync(this.directory, { recursive: true, force: true })
  }

  #spawn(address: string): void {
    const data = join(this.directory, address.replace(':', '-'))
    const log = openSync(`${data}.log`, 'w')
    const args = ['--my-ip', address, '--node-ips', ...this.addresses, '--data-dir', data]
    // A leader that stays, so that its processor time can be told from that of its followers.
    args.push('--rotate', 'off', '--log-level', 'warn', '--exit-with-stdin')
    // A group of its own: Ctrl-C is for this process, which then ends the servers.
    const child = spawn(process.execPath, [SERVER, ...args], { detached: true, stdio: ['pipe', log, log] })
    closeSync(log)
    child.stdin?.on('error', () => {})
    child.on('error', (error) => this.#die(error))
    child.on('exit', () => {
      if (this.#isStopping) return
      const words = readFileSync(`${data}.log`, 'utf8').trim()
      this.#die(new Error(`The server at ${address} ended. Its last words:\n${words}`))
    })
    this.#processes.set(address, child)
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null
}

/** Addresses that nobody uses: of a loopback network drawn by chance, or ports where there is but one address. */
async function freeAddresses(count: number): Promise<readonly string[]> {
  const hasNetwork = (await probe('127.0.0.2:50051')) !== 'absent'
  for (;;) {
    const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`
    const port = randomInt(20_000, 30_000)
    const addresses = Array.from({ length: count }, (_, n) =>
      hasNetwork ? `${network}.${n + 1}:${port}` : `127.0.0.1:${port + n}`,
    )
    const found = await Promise.all(addresses.map(probe))
    if (found.every((each) => each === 'free')) return addresses
  }
}
