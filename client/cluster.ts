import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How long a server may take to end when asked to, in milliseconds. */
const STOP_MS_MAX = 5_000

/** Lines of a server's last words that are shown. */
const LAST_LINES = 15

/** A log that has grown beyond this is put aside at the next start; that of the start before goes. */
const LOG_BYTES_MAX = 10 * 1024 * 1024

/** One server of a cluster on this machine. */
export interface LocalServer {
  /** `host:port` */
  readonly address: string
  /** Where it keeps its data; null: in memory. */
  readonly dataDirectory: string | null
}

/**
 * Whether a server could listen somewhere: `taken` by another process, `forbidden` to this user, `absent` where the
 * machine has no such address.
 */
export type Finding = 'free' | 'taken' | 'forbidden' | 'absent'

/** Tries to listen at `host:port`. */
export async function probe(address: string): Promise<Finding> {
  const colon = address.lastIndexOf(':')
  const server = createServer()
  try {
    server.listen({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return 'free'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') return 'taken'
    if (code === 'EACCES') return 'forbidden'
    if (code === 'EADDRNOTAVAIL') return 'absent'
    throw error
  }
}

/** Why no server can be started at `address`, and what to do about it; null if one can. */
export function obstacle(address: string, finding: Finding): string | null {
  const choose = '`npm start -- --port N` chooses another port'
  switch (finding) {
    case 'free':
      return null
    case 'taken':
      return `${address} is taken by another process; ${choose}.`
    case 'forbidden':
      return `This user may not listen at ${address}; ${choose}, best above 1023.`
    case 'absent':
      return `Nothing can listen at ${address}: this machine has no such address.`
    default:
      return finding satisfies never
  }
}

/** Server processes that were started here, and end with this process however it ends. */
export class LocalCluster {
  readonly #running = new Map<string, ChildProcess>()
  readonly #lastWords = new Map<string, string>()
  /** Where in its log each server's words of this start begin, in bytes. */
  readonly #logStarts = new Map<string, number>()
  readonly #onDeath: (server: LocalServer, why: string) => void
  #stopping = false

  /** `onDeath` is told of every server that ends unasked. */
  constructor(onDeath: (server: LocalServer, why: string) => void) {
    this.#onDeath = onDeath
  }

  start(server: LocalServer, all: readonly LocalServer[]): void {
    const { address, dataDirectory } = server
    const program = fileURLToPath(new URL('../node/main.js', import.meta.url))
    const args = ['--my-ip', address, '--node-ips', ...all.map((each) => each.address), '--exit-with-stdin']
    const data = dataDirectory === null ? ['--memory'] : ['--data-dir', dataDirectory]
    const log = dataDirectory === null ? undefined : openLog(dataDirectory)
    const output = log?.descriptor ?? ('pipe' as const)
    // A group of its own: Ctrl-C at the prompt is for the prompt alone. The pipe to its standard input ends it when
    // this process is gone.
    const child = spawn(process.execPath, [program, ...args, ...data], {
      detached: true,
      stdio: ['pipe', output, output],
    })
    if (log !== undefined) {
      closeSync(log.descriptor)
      this.#logStarts.set(address, log.bytes)
    }
    const hear = (chunk: Buffer) => {
      const words = (this.#lastWords.get(address) ?? '') + chunk.toString()
      this.#lastWords.set(address, words.split('\n').slice(-LAST_LINES).join('\n'))
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    // Writing to a server that just died is no matter.
    child.stdin?.on('error', () => {})
    child.on('error', (error) => this.#ended(server, error.message))
    // Not its exit: what it said last may still have to be read then.
    child.on('close', (code, signal) =>
      this.#ended(server, signal === null ? `exit status ${code}` : `signal ${signal}`),
    )
    this.#running.set(address, child)
  }

  /** What a server said last, since it was started. */
  lastWords({ address, dataDirectory }: LocalServer): string {
    if (dataDirectory === null) return (this.#lastWords.get(address) ?? '').trim()
    try {
      const said = readFileSync(logFile(dataDirectory)).subarray(this.#logStarts.get(address) ?? 0)
      return said.toString().trim().split('\n').slice(-LAST_LINES).join('\n')
    } catch {
      return ''
    }
  }

  /** Asks every server to end and waits until it has; one that takes too long is killed. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(
      [...this.#running.values()].map(async (child) => {
        const ended = once(child, 'close')
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
        await ended
        clearTimeout(timer)
      }),
    )
  }

  #ended(server: LocalServer, why: string): void {
    if (!this.#running.delete(server.address) || this.#stopping) return
    this.#onDeath(server, why)
  }
}

/** Where a server's log goes, start after start: beside its data. */
export function logFile(dataDirectory: string): string {
  return `${dataDirectory}.log`
}

/** Where a log goes that has grown too long. */
export function olderLogFile(dataDirectory: string): string {
  return `${dataDirectory}.old.log`
}

/** To write behind what earlier starts have left: why a node ended is often asked when it has been started again. */
function openLog(dataDirectory: string): { readonly descriptor: number; readonly bytes: number } {
  const file = logFile(dataDirectory)
  mkdirSync(dirname(file), { recursive: true })
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (bytes > LOG_BYTES_MAX) renameSync(file, olderLogFile(dataDirectory))
  return { descriptor: openSync(file, 'a'), bytes: bytes > LOG_BYTES_MAX ? 0 : bytes }
}
