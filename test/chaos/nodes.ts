import { openLmdbStore, type Store } from '../../node/store/index.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { waitFor } from '../support/wait.ts'
import type { Network } from './network.ts'

/** How long a node may take to listen, ms; the machine may have much else to do. */
const START_MS_MAX = 60_000
/** How long a node may take from SIGTERM to its end, ms. */
const STOP_MS_MAX = 30_000

/** The server processes of a round, and what their logs tell of them. */
export class Nodes {
  readonly addresses: readonly string[]
  /** Sentences about what nodes did that they never should. */
  readonly problems: string[] = []
  readonly #network: Network
  readonly #cluster: ProcessCluster
  readonly #unfinished = new Map<string, string>()
  readonly #listening = new Set<string>()
  /** Those that have seen a leader since they were started. */
  readonly #joined = new Set<string>()
  /** Those that believe to lead, and since which ballot. */
  readonly #leading = new Map<string, number>()
  readonly #held = new Set<string>()
  #hasEnded = false

  constructor(network: Network, options: readonly string[]) {
    this.#network = network
    this.addresses = network.addresses
    // Planned changes of leader are told at this level only.
    const logging = ['--log-format', 'json', '--log-level', 'debug']
    this.#cluster = new ProcessCluster(
      network.addresses,
      (address) => {
        const { prefix, options: particular } = network.launch(address)
        return { prefix, options: [...particular, ...options, ...logging] }
      },
      (address, text) => this.#hear(address, text),
    )
  }

  get strays(): readonly string[] {
    return this.#cluster.strays
  }

  /** Who leads, as far as can be told from outside: of those that say so, the one with the highest ballot. */
  get leader(): string | undefined {
    const [first] = [...this.#leading].filter(([one]) => this.isRunning(one)).sort(([, a], [, b]) => b - a)
    return first?.[0]
  }

  /** Those that run and that no fault has to do with. */
  get free(): readonly string[] {
    return this.addresses.filter((address) => this.isRunning(address) && !this.#held.has(address))
  }

  isRunning(address: string): boolean {
    return this.#cluster.pid(address) !== undefined
  }

  /** After the end it does nothing: faults that are still under way leave nothing behind. */
  start(address: string): void {
    if (this.#hasEnded) return
    this.#listening.delete(address)
    this.#joined.delete(address)
    this.#unfinished.delete(address)
    this.#cluster.start(address)
    const pid = this.#cluster.pid(address)
    if (pid !== undefined) this.#network.started(address, pid)
  }

  /** Waits until the node has begun to listen. */
  async listens(address: string): Promise<void> {
    await waitFor(`${address} to listen`, () => this.#listening.has(address), START_MS_MAX)
  }

  /** Whether the node takes part, as far as its operator can tell. */
  hasJoined(address: string): boolean {
    return this.#joined.has(address)
  }

  async kill(address: string): Promise<void> {
    this.#leading.delete(address)
    await this.#cluster.kill(address)
    this.#leading.delete(address)
  }

  /** Asks the node, which listens, to end: it must do so soon, and with the status 0. */
  async stop(address: string): Promise<void> {
    const pid = this.#cluster.pid(address)
    const tooLong = setTimeout(() => {
      this.problems.push(`${address} did not end within ${STOP_MS_MAX} ms of SIGTERM`)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    }, STOP_MS_MAX)
    const status = await this.#cluster.kill(address, 'SIGTERM')
    clearTimeout(tooLong)
    this.#leading.delete(address)
    if (status !== 0) this.problems.push(`${address} ended with the status ${status} when it was asked to stop`)
  }

  freeze(address: string): void {
    this.#cluster.signal(address, 'SIGSTOP')
  }

  thaw(address: string): void {
    this.#cluster.signal(address, 'SIGCONT')
  }

  /** Keeps nodes for one fault: others leave them alone until it is done. */
  async hold<T>(addresses: readonly string[], use: () => Promise<T>): Promise<T> {
    for (const address of addresses) this.#held.add(address)
    try {
      return await use()
    } finally {
      for (const address of addresses) this.#held.delete(address)
    }
  }

  /** Everything that the node has printed, in all its lives. */
  log(address: string): string {
    return this.#cluster.output(address)
  }

  /** Where the node keeps its data. */
  dataDirectory(address: string): string {
    return this.#cluster.dataDirectory(address)
  }

  /** Kills all nodes and opens what they have left on their disks, one after the other. */
  async openDisks(use: (address: string, store: Store) => Promise<void>): Promise<void> {
    this.#hasEnded = true
    await this.#cluster.killAll()
    for (const address of this.addresses) {
      const store = await openLmdbStore(this.#cluster.dataDirectory(address))
      await use(address, store).finally(() => store.close())
    }
  }

  /** Leaves nothing of them behind. */
  end(): Promise<void> {
    this.#hasEnded = true
    return this.#cluster.stop()
  }

  #hear(address: string, text: string): void {
    const lines = ((this.#unfinished.get(address) ?? '') + text).split('\n')
    this.#unfinished.set(address, lines.pop() ?? '')
    for (const line of lines) this.#read(address, line)
  }

  #read(address: string, line: string): void {
    let said: { readonly msg?: unknown; readonly ballot?: unknown }
    try {
      said = JSON.parse(line) as typeof said
    } catch {
      // Not every last word is a line of the log.
      return
    }
    if (said.msg === 'listening') this.#listening.add(address)
    if (said.msg === 'following' || said.msg === 'leading') this.#joined.add(address)
    if (said.msg === 'leading') this.#leading.set(address, Number(said.ballot))
    if (said.msg === 'no longer leading') this.#leading.delete(address)
  }
}
