import { randomInt, randomUUID } from 'node:crypto'
import { warmUp } from '../lang/index.ts'
import type { ApiHandler, NodeStatus } from './api/index.ts'
import type { CoreOptions, NodeId } from './core/index.ts'
import type { NearReport } from './distance/index.ts'
import { Engine, TICK_MS } from './engine.ts'
import type { ExecutorOptions, Request, Respond } from './exec/index.ts'
import { checkMembership, newIdentity, sha256 } from './identity.ts'
import { ParserThread } from './parser/index.ts'
import type { PeerTransport, PeerTransportFactory } from './peer/index.ts'
import type { Store } from './store/index.ts'
import type { Log } from './story.ts'
import { VERSION } from './version.ts'

export type { Log } from './story.ts'

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
  /** The leader is to be where the mean latency of its callers is least: they are asked where they are. Default false. */
  readonly isPlacing?: boolean
}

/** Encoded rows of one piece of a snapshot: small enough to be read, sent and merged between two heartbeats. */
const CHUNK_BYTES = 512 * 1024
/** How long a stopping leader waits for its last decree and for its successor. */
const HANDOFF_MS_MAX = 1_000
/** Between looks at whether that one leads. */
const HANDOFF_POLL_MS = 5
/** Between the steps that warm the parser: it takes three seconds or so. A node that has just started has more urgent work. */
const WARM_PAUSE_MS = 100
/**
 * Ticks that one turn of the timer makes up for at most. Timers of a busy process come late, each by a little: not made
 * up for, suspicion would take the longer the busier the node is. A stall of the event loop is longer than that, and
 * counts as hardly any time: what came meanwhile is heard before anybody is suspected.
 */
const TICKS_AT_ONCE_MAX = 2

/** Of this process: its nodes share what the language has compiled to. */
let isParserWarm = false

/** One running node: an engine on a store, a transport and the event loop. */
export class Node implements ApiHandler {
  readonly #options: NodeOptions
  readonly #id: NodeId
  readonly #store: Store
  readonly #engine: Engine
  readonly #transport: PeerTransport
  readonly #parser: ParserThread
  readonly #timer: NodeJS.Timeout
  #tickedAtMs = performance.now()
  #hasFailed = false
  #stopping: Promise<void> | null = null

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
    return new Node(options, id)
  }

  private constructor(options: NodeOptions, id: NodeId) {
    const { address, addresses, store, log, core, executor, isPlacing } = options
    this.#options = options
    this.#id = id
    this.#store = store
    this.#parser = new ParserThread((error) => log.error({ err: error }, 'the parser of large programs died'))
    const { restored, view } = store
    this.#engine = new Engine(
      {
        id,
        address,
        addresses,
        restored,
        view,
        log,
        core,
        executor,
        isPlacing,
        seed: randomInt(2 ** 32),
        hash: sha256,
      },
      {
        write: (writes, durable) => {
          store.write(writes).then(durable, (error: unknown) => this.#fail('the disk failed', error))
        },
        send: (to, message) => this.#transport.send(to, message),
        serve: ({ after: above, cursor }, done) => {
          store.chunk(above, cursor, CHUNK_BYTES).then(done, (error: unknown) => {
            if (this.#stopping === null) this.#fail('reading a snapshot failed', error)
          })
        },
        soon: (run) => setImmediate(run),
        later: (ms, run) => setTimeout(run, Math.ceil(ms)),
        nowMs: () => this.nowMs(),
        wallClockMs: () => Date.now(),
        uuid: () => randomUUID(),
        parse: (job, done) => this.#parser.parse(job, done),
        fatal: (why, error) => this.#fail(why, error),
      },
    )
    this.#transport = options.peers(address, {
      received: (message) => this.#engine.receive(message),
      unreachable: (peer) => this.#engine.unreachable(peer),
      misbehaved: (peer, why) => log.error({ peer }, why),
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#engine.begin()
    if (!isParserWarm) this.#warmParser(warmUp())
    isParserWarm = true
  }

  get id(): NodeId {
    return this.#id
  }

  get stopping(): boolean {
    return this.#stopping !== null
  }

  /** The node that leads, as far as this one knows; it may be itself. */
  get leader(): { readonly id: NodeId; readonly address: string } | null {
    return this.#engine.leader
  }

  get measured(): readonly string[] {
    if (this.#options.isPlacing !== true) return []
    return this.#engine.config?.members.map(({ address }) => address) ?? []
  }

  /** A caller has told how far it is from the nodes. */
  near(report: NearReport): void {
    this.#engine.near(report)
  }

  nowMs(): number {
    return performance.now()
  }

  submit(request: Request, respond: Respond): void {
    this.#engine.submit(request, respond)
  }

  async status(wantsHash: boolean): Promise<NodeStatus> {
    const { core, config } = this.#engine
    const state = core?.state
    const hashed = wantsHash && !this.#hasFailed ? await this.#store.hash() : null
    return {
      version: VERSION,
      id: this.#id,
      address: this.#options.address,
      role: core?.role ?? (config === null ? 'forming' : 'follower'),
      leader: state?.leader ?? null,
      ballot: state?.promised.counter ?? 0,
      applied: state?.marks.applied ?? 0,
      complete: state?.durableComplete ?? 0,
      revision: this.#store.view.revision,
      programs: this.#engine.programs,
      members: config?.members ?? [],
      cluster: config?.cluster ?? '',
      state: hashed,
    }
  }

  /**
   * Lets another node lead, if this one does and there is one that can. Meanwhile requests are taken, and told who leads
   * when that is known: nobody has to look for the next leader before there is one.
   */
  async handOff(): Promise<void> {
    this.#engine.handOff()
    const deadlineMs = this.nowMs() + HANDOFF_MS_MAX
    while (this.#engine.isHandingOver && this.nowMs() < deadlineMs) await after(HANDOFF_POLL_MS)
  }

  /** Hands over if it leads, answers what it can, makes everything durable. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#engine.handOff()
    const deadlineMs = this.nowMs() + HANDOFF_MS_MAX
    while (this.#engine.isBusy && this.nowMs() < deadlineMs) await after(HANDOFF_POLL_MS)
    this.#end()
    await Promise.all([this.#transport.close(), this.#parser.close()])
    if (!this.#hasFailed) await this.#store.close()
    this.#options.log.info({}, 'stopped')
  }

  /** A little now and then, so that neither the first programs nor this hold the event loop, or a processor, for long. */
  #warmParser(steps: Iterator<unknown>): void {
    setTimeout(() => {
      if (!this.#hasFailed && this.#stopping === null && steps.next().done !== true) this.#warmParser(steps)
    }, WARM_PAUSE_MS).unref()
  }

  #tick(): void {
    const nowMs = this.nowMs()
    const due = Math.round((nowMs - this.#tickedAtMs) / TICK_MS)
    this.#tickedAtMs = due > TICKS_AT_ONCE_MAX ? nowMs : this.#tickedAtMs + due * TICK_MS
    for (let count = Math.min(due, TICKS_AT_ONCE_MAX); count > 0; count -= 1) this.#engine.tick()
  }

  #end(): void {
    clearInterval(this.#timer)
    this.#engine.end()
  }

  #fail(why: string, error?: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#end()
    this.#options.onFatal(why, error)
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
