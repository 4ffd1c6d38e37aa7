import { InProcessCall, type InProcessClient, type NodeStatus, Sessions } from './api/index.ts'
import { TICK_MS } from './engine.ts'
import { type Log, Node } from './node.ts'
import type { MemoryNetwork, PeerTransport, PeerTransportFactory } from './peer/index.ts'
import { createMemoryDisk, openLmdbStore, openMemoryStore, type Store } from './store/index.ts'

// The door to nodes in the process: all that `client/local.ts` knows of `node/`.
export type { InProcessCall, InProcessClient, NodeStatus, Refusal } from './api/index.ts'
export type { Log } from './node.ts'
export { createMemoryNetwork, type MemoryNetwork } from './peer/index.ts'
export { StoreError } from './store/index.ts'

/** What the nodes of one cluster in the process have in common. */
export class LocalNetwork {
  readonly addresses: readonly string[]
  readonly network: MemoryNetwork
  readonly #isolated = new Set<string>()

  constructor(addresses: readonly string[], network: MemoryNetwork) {
    this.addresses = addresses
    this.network = network
  }

  isIsolated(address: string): boolean {
    return this.#isolated.has(address)
  }

  isolate(address: string): void {
    this.#isolated.add(address)
    for (const other of this.addresses) if (other !== address) this.network.cut(address, other)
  }

  /** Two nodes hear each other again when neither is isolated. */
  heal(address: string): void {
    this.#isolated.delete(address)
    for (const other of this.addresses) {
      if (other !== address && !this.#isolated.has(other)) this.network.heal(address, other)
    }
  }
}

export interface LocalNodeOptions {
  readonly address: string
  readonly network: LocalNetwork
  /** Where its data is; null: on a disk in memory, which outlives the node's stops and crashes. */
  readonly directory: string | null
  /** Milliseconds until a leader hands over; 0: it leads until it fails. */
  readonly rotateMs: number
  readonly log: Log
}

/** A node in this process over its lives: it can be stopped, crashed, cut off, and started again on its data. */
export class LocalNode {
  /** `host:port`; nothing listens there. */
  readonly address: string
  readonly #options: LocalNodeOptions
  readonly #openStore: () => Promise<Store>
  /** Loses what is not yet durable. */
  readonly #crashDisk: () => void
  #life: Life | null = null
  #absence = 'it was not started'
  /** How many lives it has had: what befalls one must not end the next. */
  #lives = 0
  /** Starts and ends, one after the other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: LocalNodeOptions) {
    const { address, directory } = options
    this.address = address
    this.#options = options
    if (directory === null) {
      const disk = createMemoryDisk()
      this.#openStore = () => openMemoryStore(disk)
      this.#crashDisk = () => disk.crash()
    } else {
      this.#openStore = () => openLmdbStore(directory)
      this.#crashDisk = () => {}
    }
  }

  get isRunning(): boolean {
    return this.#life !== null
  }

  /** Whether `isolate` has cut it off. */
  get isIsolated(): boolean {
    return this.#options.network.isIsolated(this.address)
  }

  /** Stops it as SIGTERM does: it hands over if it leads and answers what it can. Nothing if it does not run. */
  stop(): Promise<void> {
    return this.#inTurn(async () => this.#end('it was stopped')?.stop())
  }

  /**
   * Ends it as a crash does: its connections break, nobody gets another word of it, and of its disk only what was
   * durable is left (all of it, if that is a directory: the operating system lives on). Nothing if it does not run.
   */
  kill(): Promise<void> {
    return this.#inTurn(async () => {
      const life = this.#end('it was killed')
      if (life === null) return
      this.#crashDisk()
      await life.crash('the node was killed')
    })
  }

  /** Starts it on its data; stops it first if it runs. Throws an Error with one sentence if it cannot. */
  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end('it was stopped')?.stop()
      const store = await this.#openStore()
      const life = ++this.#lives
      try {
        this.#life = await Life.start(this.#options, store, (why, error) => this.#failed(life, why, error))
      } catch (error) {
        await store.close()
        throw error
      }
    })
  }

  /** Cuts it off from all other nodes until `heal`, over stops and starts. Clients still reach it. */
  isolate(): void {
    this.#options.network.isolate(this.address)
  }

  heal(): void {
    this.#options.network.heal(this.address)
  }

  /** What it says of itself, with the hash of its whole state if `hash` is given; null if it does not run. */
  async status(options: { readonly hash?: boolean } = {}): Promise<NodeStatus | null> {
    return (await this.#life?.status(options.hash ?? false)) ?? null
  }

  /** Opens a client's session; gives the reason instead if nobody is there. */
  open(client: InProcessClient): InProcessCall | string {
    return this.#life?.open(client) ?? this.#absence
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }

  /** From now on it is not there. Gives the life that it had, which is to be ended. */
  #end(why: string): Life | null {
    const life = this.#life
    if (life === null) return null
    this.#life = null
    this.#absence = why
    return life
  }

  /** The node has ended itself. Its clients are told why; what else it holds is let go. */
  #failed(life: number, why: string, error: unknown): void {
    const { log } = this.#options
    log.error({ err: error }, why)
    const cause = error instanceof Error ? `${why}: ${error.message}` : why
    const letGo = this.#inTurn(async () => {
      if (life === this.#lives) await this.#end(cause)?.crash(cause)
    })
    letGo.catch((trouble: unknown) => log.error({ err: trouble }, 'what a failed node held cannot be let go'))
  }
}

/** One life of a node, from its start to its end. */
class Life {
  readonly #node: Node
  readonly #store: Store
  readonly #transports: readonly PeerTransport[]
  readonly #sessions: Sessions
  readonly #calls = new Set<InProcessCall>()
  #hasEnded = false
  #end: () => void = () => {}
  readonly #over = new Promise<null>((resolve) => {
    this.#end = () => {
      this.#hasEnded = true
      resolve(null)
    }
  })

  static async start(
    { address, network, rotateMs, log }: LocalNodeOptions,
    store: Store,
    onFatal: (why: string, error?: unknown) => void,
  ): Promise<Life> {
    const transports: PeerTransport[] = []
    const peers: PeerTransportFactory = (self, events) => {
      const transport = network.network.connect(self, events)
      transports.push(transport)
      return transport
    }
    const core = { rotateTicks: Math.ceil(rotateMs / TICK_MS) }
    const node = await Node.start({ address, addresses: network.addresses, store, peers, log, core, onFatal })
    return new Life(node, store, transports)
  }

  private constructor(node: Node, store: Store, transports: readonly PeerTransport[]) {
    this.#node = node
    this.#store = store
    this.#transports = transports
    this.#sessions = new Sessions(node)
  }

  open(client: InProcessClient): InProcessCall {
    const call = new InProcessCall(client)
    this.#calls.add(call)
    call.over.then(() => this.#calls.delete(call))
    this.#sessions.accept(call)
    return call
  }

  /** Null when the end comes first: a disk that has crashed answers nobody. */
  async status(hash: boolean): Promise<NodeStatus | null> {
    if (!hash) return this.#hasEnded ? null : this.#node.status(false)
    const status = this.#node.status(true).catch((error: unknown) => {
      if (this.#hasEnded) return null
      throw error
    })
    return Promise.race([status, this.#over])
  }

  /** Every request under way is answered or redirected before its client sees the end. */
  async stop(): Promise<void> {
    this.#sessions.close()
    await this.#node.stop()
    // A node that has failed leaves its store open.
    await this.#store.close()
    this.#end()
    await Promise.all([...this.#calls].map((call) => call.over))
  }

  /** Takes effect at once: from now on nobody hears of it. Resolves when nothing of it is left behind. */
  async crash(why: string): Promise<void> {
    this.#end()
    for (const transport of this.#transports) transport.close()
    for (const call of this.#calls) call.break(why)
    await this.#node.stop()
    await this.#store.close()
  }
}
