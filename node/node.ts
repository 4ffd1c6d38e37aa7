import { randomInt } from 'node:crypto'
import type { ApiHandler, NodeStatus } from './api/index.ts'
import {
  type Config,
  Core,
  type CoreOptions,
  type Effects,
  type Event,
  type NodeId,
  type Notice,
} from './core/index.ts'
import { Executor, type ExecutorOptions, type Leader, type Request, type Respond } from './exec/index.ts'
import { Founding } from './founding.ts'
import { checkMembership, newIdentity, sha256 } from './identity.ts'
import type { PeerMessage, PeerTransport, PeerTransportFactory } from './peer/index.ts'
import type { Store } from './store/index.ts'
import { VERSION } from './version.ts'

/** What a node tells of itself. Structured: `fields` are for machines, the message is one sentence. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface NodeOptions {
  /** This node's `host:port`, as the others reach it. */
  readonly address: string
  /** `host:port` of the cluster's nodes, this one included; in a new cluster, its initial members. */
  readonly addresses: readonly string[]
  /** Opened; the node closes it. */
  readonly store: Store
  readonly peers: PeerTransportFactory
  readonly log: Log
  /** The node cannot go on: its disk failed, or it can never join. The host must end it. */
  readonly onFatal: (why: string, error?: unknown) => void
  readonly core?: Partial<CoreOptions>
  readonly executor?: Partial<ExecutorOptions>
}

/** The core's unit of time. */
const TICK_MS = 10
/** Between tellings to those who have not formed a cluster yet. */
const FOUNDING_MS = 100
/** Encoded rows of one piece of a snapshot: small enough to be read, sent and merged between two heartbeats. */
const CHUNK_BYTES = 512 * 1024
/** Nodes of other clusters that are reported. */
const STRANGERS_MAX = 100
/** How long a stopping leader waits for its successor. */
const HANDOFF_MS_MAX = 1_000

/** One running node: wires consensus, execution, disk and peers together, and owns the event loop's turns. */
export class Node implements ApiHandler {
  readonly #options: NodeOptions
  readonly #id: NodeId
  readonly #store: Store
  readonly #executor: Executor
  readonly #transport: PeerTransport
  readonly #addressOf = new Map<NodeId, string>()
  readonly #events: Event[] = []
  readonly #strangers = new Set<string>()
  #core: Core | null = null
  #config: Config | null = null
  #founding: Founding | null = null
  #timer: NodeJS.Timeout | null = null
  #foundingTimer: NodeJS.Timeout | null = null
  #isStepping = false
  #isPumpDue = false
  #hasFailed = false
  #stopping: Promise<void> | null = null
  #onRoleChange: (() => void) | null = null

  /**
   * Starts. Throws a sentence when the store belongs to another address or another cluster.
   */
  static async start(options: NodeOptions): Promise<Node> {
    const { store } = options
    const { config } = store.restored
    let id = store.restored.identity
    if (id === null) {
      id = newIdentity()
      await store.write([{ type: 'identity', id }])
    }
    const self = config?.members.find((member) => member.id === id)
    if (self !== undefined && self.address !== options.address) {
      throw new Error(`This data directory belongs to the node at ${self.address}, not to one at ${options.address}.`)
    }
    if (config !== null) checkMembership(config, options.address, options.addresses, options.log)
    const node = new Node(options, id)
    if (config !== null) node.#begin(config)
    else node.#found()
    return node
  }

  private constructor(options: NodeOptions, id: NodeId) {
    this.#options = options
    this.#id = id
    this.#store = options.store
    this.#executor = new Executor(options.store.view, {
      ...options.executor,
      onRespondError: (error) => options.log.error({ err: error }, 'answering a request failed'),
    })
    this.#transport = options.peers(options.address, {
      received: (message) => this.#receive(message),
      unreachable: (address) => this.#unreachable(address),
      misbehaved: (address, why) => options.log.error({ peer: address }, why),
    })
  }

  get id(): NodeId {
    return this.#id
  }

  get stopping(): boolean {
    return this.#stopping !== null
  }

  nowMs(): number {
    return performance.now()
  }

  submit(request: Request, respond: Respond): void {
    try {
      this.#executor.submit(request, respond, this.nowMs())
    } catch (error) {
      return this.#fail('an internal error', error)
    }
    this.#pumpSoon()
  }

  async status(wantsHash: boolean): Promise<NodeStatus> {
    const state = this.#core?.state
    const hashed = wantsHash && !this.#hasFailed ? await this.#store.hash() : null
    return {
      version: VERSION,
      id: this.#id,
      address: this.#options.address,
      role: this.#core?.role ?? 'forming',
      leader: state?.leader ?? null,
      ballot: state?.promised.counter ?? 0,
      applied: state?.marks.applied ?? 0,
      complete: state?.durableComplete ?? 0,
      revision: this.#store.view.revision,
      members: this.#config?.members ?? [],
      cluster: this.#config?.cluster ?? '',
      state: hashed,
    }
  }

  /** Hands over if it leads, answers what it can, makes everything durable. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    if (this.#core?.role === 'leader' && (this.#config?.members.length ?? 1) > 1) {
      const handedOver = new Promise<void>((resolve) => {
        this.#onRoleChange = resolve
      })
      this.#step({ type: 'handoff' })
      await Promise.race([handedOver, after(HANDOFF_MS_MAX)])
    }
    this.#end()
    this.#executor.follower(null)
    await this.#transport.close()
    if (!this.#hasFailed) await this.#store.close()
    this.#options.log.info({}, 'stopped')
  }

  #end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#foundingTimer !== null) clearInterval(this.#foundingTimer)
    this.#core = null
    this.#founding = null
  }

  #fail(why: string, error?: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#end()
    this.#options.onFatal(why, error)
  }

  // --- First start ---

  #found(): void {
    const { address, addresses, log } = this.#options
    const { pledge } = this.#store.restored
    this.#founding = new Founding(
      { id: this.#id, address, addresses, pledge, hash: sha256 },
      {
        tell: (to, message) => this.#transport.send(to, message),
        write: (write) => this.#store.write([write]),
        formed: (config) => {
          if (this.#founding !== null) this.#begin(config)
        },
        trouble: (why) => log.warn({}, why),
        fatal: (why, error) => this.#fail(why, error),
      },
    )
    log.info({ id: this.#id, members: addresses }, 'waiting for the other nodes to form a cluster')
    this.#foundingTimer = setInterval(() => this.#founding?.tell(), FOUNDING_MS)
    this.#founding.begin()
  }

  #begin(config: Config): void {
    const { restored } = this.#store
    const { log, core } = this.#options
    if (this.#foundingTimer !== null) clearInterval(this.#foundingTimer)
    this.#founding = null
    this.#config = config
    for (const { id, address } of config.members) this.#addressOf.set(id, address)
    this.#core = new Core(this.#id, { ...restored, config }, core, randomInt(2 ** 32))
    const { applied, complete } = restored.marks
    log.info({ id: this.#id, cluster: config.cluster, applied, complete, ballot: restored.promised.counter }, 'started')
    this.#timer = setInterval(() => {
      this.#step({ type: 'tick' })
      this.#expire()
    }, TICK_MS)
  }

  #expire(): void {
    try {
      this.#executor.expire(this.nowMs())
    } catch (error) {
      this.#fail('an internal error', error)
    }
  }

  // --- Messages ---

  #receive(message: PeerMessage): void {
    if (message.type === 'core') {
      const { cluster, from } = message.message
      if (this.#config !== null && cluster !== this.#config.cluster) return this.#meetStranger(from, cluster)
      return this.#step({ type: 'message', message: message.message })
    }
    const { form } = message
    if (form.formed !== null && this.#config !== null && form.formed.cluster !== this.#config.cluster) {
      this.#meetStranger(form.address, form.formed.cluster)
    }
    if (form.to !== null && form.to !== this.#id) return
    if (this.#founding !== null) return this.#founding.hear(form)
    if (this.#config === null || form.formed !== null) return
    // A formed node answers those who have not heard of it.
    const { address, addresses } = this.#options
    this.#transport.send(form.address, {
      type: 'form',
      form: { to: form.from, from: this.#id, address, addresses, pledge: null, formed: this.#config },
    })
  }

  /** Says once of each that it is of another cluster; its messages are ignored. */
  #meetStranger(who: string, cluster: string): void {
    if (this.#strangers.has(who) || this.#strangers.size >= STRANGERS_MAX) return
    this.#strangers.add(who)
    this.#options.log.error({ peer: who, cluster }, 'a node of another cluster speaks with this one; it is ignored')
  }

  #unreachable(address: string): void {
    if (this.#core !== null) this.#options.log.warn({ peer: address }, 'lost a peer')
    for (const [id, known] of this.#addressOf) if (known === address) this.#step({ type: 'unreachable', node: id })
  }

  // --- The core's turns ---

  /** One event at a time, in order: effects that lead to further events only queue them. */
  #step(event: Event): void {
    this.#events.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    try {
      for (let next = this.#events.shift(); next !== undefined && this.#core !== null; next = this.#events.shift()) {
        this.#perform(this.#core.step(next))
        if (this.#events.length === 0) this.#pump()
      }
    } catch (error) {
      // A failed assertion is a bug: this node stops rather than go on in a state that nobody has thought of.
      this.#fail('an internal error', error)
    } finally {
      this.#isStepping = false
    }
  }

  /** In the order that `Effects` asks for. */
  #perform({ persist, send, notices }: Effects): void {
    if (persist !== null) {
      const { token, writes } = persist
      this.#store.write(writes).then(
        () => this.#step({ type: 'persisted', token }),
        (error: unknown) => this.#fail('the disk failed', error),
      )
      this.#executor.merged(this.#core?.state.marks.applied ?? 0)
    }
    for (const message of send) {
      const address = this.#addressOf.get(message.to)
      if (address !== undefined) this.#transport.send(address, { type: 'core', message })
    }
    for (const notice of notices) this.#hear(notice)
  }

  #hear(notice: Notice): void {
    const executor = this.#executor
    switch (notice.type) {
      case 'role':
        if (notice.role === 'candidate') executor.candidate()
        if (notice.role === 'follower') executor.follower(this.#leader(notice.leader))
        if (notice.role === 'leader') this.#options.log.info({ ballot: this.#core?.state.promised.counter }, 'leading')
        this.#onRoleChange?.()
        return
      case 'leading':
        return executor.leading(notice.slot, notice.reproposed?.body ?? null)
      case 'established':
        return executor.established()
      case 'proposed':
        return executor.proposed(notice.slot)
      case 'chosen':
        return executor.chosen(notice.slot)
      case 'round':
        return executor.roundStarted(notice.round)
      case 'confirmed':
        return executor.confirmed(notice.round)
      case 'deposed':
        this.#options.log.info({ leader: this.#leader(notice.leader)?.address ?? null }, 'no longer leading')
        return executor.deposed(this.#leader(notice.leader))
      case 'serve':
        return this.#serve(notice)
      default:
        notice satisfies never
    }
  }

  #leader(id: NodeId | null): Leader | null {
    const address = id === null ? undefined : this.#addressOf.get(id)
    return id === null || address === undefined ? null : { id, address }
  }

  #serve({ to, nonce, after: above, cursor, upTo, floor }: Extract<Notice, { type: 'serve' }>): void {
    this.#store
      .chunk(above, cursor, CHUNK_BYTES)
      .then(({ chunk, cursor: next }) => {
        const address = this.#addressOf.get(to)
        if (address === undefined || this.#config === null) return
        const body = { type: 'syncChunk', nonce, after: above, cursor: next, upTo, floor, chunk } as const
        const message = { cluster: this.#config.cluster, from: this.#id, to, body }
        this.#transport.send(address, { type: 'core', message })
      })
      .catch((error: unknown) => {
        if (this.#stopping === null) this.#fail('reading a snapshot failed', error)
      })
  }

  // --- Work for the core ---

  /** After all requests of this turn of the event loop: they share a batch. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  #pump(): void {
    const core = this.#core
    if (core === null) return
    if (core.canPropose && this.#executor.hasBatch) {
      const batch = this.#executor.takeBatch(Date.now())
      if (batch !== null) this.#step({ type: 'propose', ...batch })
    }
    if (this.#executor.wantsRound && !core.awaitsRound) this.#step({ type: 'confirm' })
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
