import type { CacheStats, ParseJob, ParseOutcome } from '../lang/index.ts'
import {
  type Config,
  Core,
  type CoreOptions,
  type Effects,
  type Event,
  type NodeId,
  type Notice,
  type Write,
} from './core/index.ts'
import { Executor, type ExecutorOptions, type Leader, type Programs, type Request, type Respond } from './exec/index.ts'
import { Founding } from './founding.ts'
import type { PeerMessage } from './peer/index.ts'
import type { IdentityWrite, ReadView, Restored } from './store/index.ts'
import { type Log, Story } from './story.ts'

/** A piece of a snapshot that a peer waits for: its rows are to be read from the store. */
export type Serve = Extract<Notice, { type: 'serve' }>

/** What an engine runs on. */
export interface EngineHost {
  /**
   * Makes the writes durable, all or none, after those of earlier calls. The view shows them when this returns;
   * `durable` is called later, never from within. A host whose disk fails ends the node instead.
   */
  write(writes: readonly (Write | IdentityWrite)[], durable: () => void): void
  /** May be lost. */
  send(address: string, message: PeerMessage): void
  /** Reads a piece of a snapshot that holds every write made so far, and gives it to `done` later. */
  serve(request: Serve, done: (piece: { readonly chunk: Uint8Array; readonly cursor: string }) => void): void
  /** Calls `run` after what this turn of the event loop still brings: the requests of one turn share a batch. */
  soon(run: () => void): void
  /** Monotonic time, ms, by which the deadlines of requests are meant. */
  nowMs(): number
  /** Since 1970, ms. */
  wallClockMs(): number
  /** A new one at each call, anywhere and at any time. */
  uuid(): string
  /**
   * Parses a large shape without holding the event loop, and gives what came of it to `done` later, never from within;
   * null: the parser died. It gets the next job only when it is done.
   */
  parse(job: ParseJob, done: (outcome: ParseOutcome | null) => void): void
  /** The node cannot go on. Called once; the engine has ended. */
  fatal(why: string, error?: unknown): void
}

export interface EngineOptions {
  /** Durable before the engine is made. */
  readonly id: NodeId
  readonly address: string
  /** Of the cluster's nodes; in a new cluster its initial members, sorted, this one included. */
  readonly addresses: readonly string[]
  readonly restored: Restored
  readonly view: ReadView
  readonly log: Log
  readonly core?: Partial<CoreOptions> | undefined
  readonly executor?: Partial<ExecutorOptions> | undefined
  /** What compiles programs; the language's cache unless given. */
  readonly programs?: Programs | undefined
  /** For the time-outs that are drawn: different in each life of each node. */
  readonly seed: number
  /** Hexadecimal digest of a text, the same on all nodes. */
  readonly hash: (text: string) => string
}

/** The unit of time: a host calls `tick` so often. */
export const TICK_MS = 10
/** Between tellings to those who have not formed a cluster yet. */
const FOUNDING_TICKS = 10
/** Addresses of no member that a formed node answers in its life. */
const FOREIGN_MAX = 16

/**
 * All that a node does, without clock, disk or network: founds its cluster, steps consensus, runs programs. Synchronous,
 * and the same calls always give the same effects. A node runs it on the event loop, the simulator on its own time.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #host: EngineHost
  readonly #executor: Executor
  readonly #story: Story
  readonly #addressOf = new Map<NodeId, string>()
  readonly #events: Event[] = []
  /** Addresses of no member that were answered. */
  readonly #foreign = new Set<string>()
  #core: Core | null = null
  #config: Config | null = null
  #founding: Founding | null = null
  #ticks = 0
  #isStepping = false
  #isPumpDue = false
  #hasEnded = false

  /** Call `begin` next. */
  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options
    this.#host = host
    this.#story = new Story(options.log)
    this.#executor = new Executor(
      options.view,
      {
        wallClockMs: () => host.wallClockMs(),
        uuid: () => host.uuid(),
        parse: (job) => host.parse(job, (outcome) => this.#parsed(outcome)),
      },
      {
        ...options.executor,
        onRespondError: (error) => options.log.error({ err: error }, 'answering a request failed'),
      },
      options.programs,
    )
  }

  /** Null while the cluster is not formed, and after the end. */
  get core(): Core | null {
    return this.#core
  }

  get config(): Config | null {
    return this.#config
  }

  /** Of the programs compiled so far. */
  get programs(): CacheStats {
    return this.#executor.programs
  }

  begin(): void {
    const { config } = this.#options.restored
    if (config !== null) this.#join(config)
    else this.#found()
  }

  /** `TICK_MS` have passed. */
  tick(): void {
    this.#ticks += 1
    if (this.#founding !== null && this.#ticks % FOUNDING_TICKS === 0) this.#founding.tell()
    if (this.#core === null) return
    this.#guarded(() => this.#executor.expire(this.#host.nowMs()))
    this.#step({ type: 'tick' })
    if (this.#core !== null) this.#story.tick(this.#core.state)
  }

  /** A client's request; answered once, at any later time, also from within. */
  submit(request: Request, respond: Respond): void {
    this.#guarded(() => this.#executor.submit(request, respond, this.#host.nowMs()))
    this.#pumpSoon()
  }

  #parsed(outcome: ParseOutcome | null): void {
    if (this.#hasEnded) return
    this.#guarded(() => this.#executor.parsed(outcome, this.#host.nowMs()))
    this.#pumpSoon()
  }

  receive(message: PeerMessage): void {
    this.#guarded(() => this.#receive(message))
  }

  #receive(message: PeerMessage): void {
    if (message.type === 'core') {
      const { cluster, from } = message.message
      if (this.#config !== null && cluster !== this.#config.cluster) return this.#story.stranger(from, cluster)
      this.#story.heard(this.#addressOf.get(from))
      this.#story.passed(message.message)
      return this.#step({ type: 'message', message: message.message })
    }
    const { form } = message
    if (form.formed !== null && this.#config !== null && form.formed.cluster !== this.#config.cluster) {
      this.#story.stranger(form.address, form.formed.cluster)
    }
    if (form.to !== null && form.to !== this.#options.id) return
    if (this.#founding !== null) return this.#founding.hear(form)
    if (this.#config === null || form.formed !== null || !this.#mayAnswer(form.address)) return
    // A formed node answers those who have not heard of it.
    const { id, address, addresses } = this.#options
    this.#host.send(form.address, {
      type: 'form',
      form: { to: form.from, from: id, address, addresses, pledge: null, formed: this.#config },
    })
  }

  /** Its own, and some others, who may have been started with a wrong list: not whoever names any address. */
  #mayAnswer(address: string): boolean {
    if (this.#options.addresses.includes(address)) return true
    if (this.#foreign.size < FOREIGN_MAX) this.#foreign.add(address)
    return this.#foreign.has(address)
  }

  /** The way to this peer broke, and cannot be opened again at present. */
  unreachable(address: string): void {
    if (this.#core !== null) this.#story.lost(address)
    for (const [id, known] of this.#addressOf) if (known === address) this.#step({ type: 'unreachable', node: id })
  }

  /** Lead no longer: this node is about to stop. */
  handOff(): void {
    this.#step({ type: 'handoff' })
  }

  /** Whether it leads, and has a decree on its way or waits for somebody to take over. */
  get isBusy(): boolean {
    const phase = this.#core?.state.phase
    if (phase?.type !== 'leading') return false
    return phase.handoff !== null || phase.inFlight !== null || this.#executor.hasBatch
  }

  /** Nothing happens any more. Those who wait are redirected. Idempotent. */
  end(): void {
    this.#hasEnded = true
    this.#core = null
    this.#founding = null
    this.#executor.deposed(null)
  }

  /** A failed assertion is a bug: this node stops rather than go on in a state that nobody has thought of. */
  #guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail('an internal error', error)
    }
  }

  #fail(why: string, error?: unknown): void {
    if (this.#hasEnded) return
    this.end()
    this.#host.fatal(why, error)
  }

  // --- First start ---

  #found(): void {
    const { id, address, addresses, hash, log, restored } = this.#options
    this.#founding = new Founding(
      { id, address, addresses, pledge: restored.pledge, hash },
      {
        tell: (to, message) => this.#host.send(to, message),
        write: (write, durable) =>
          this.#host.write([write], () => {
            if (!this.#hasEnded) this.#guarded(durable)
          }),
        formed: (config) => {
          if (this.#founding === null) return
          log.info({ cluster: config.cluster, members: config.members.length }, 'formed a cluster')
          this.#join(config)
        },
        trouble: (why) => log.warn({}, why),
        fatal: (why) => this.#fail(why),
      },
    )
    if (addresses.length > 1) log.info({ id, members: addresses }, 'waiting for the other nodes to form a cluster')
    this.#founding.begin()
  }

  #join(config: Config): void {
    const { id, restored, core, seed, log } = this.#options
    this.#founding = null
    this.#config = config
    for (const member of config.members) this.#addressOf.set(member.id, member.address)
    this.#core = new Core(id, { ...restored, config }, core, seed)
    const { applied, complete } = restored.marks
    log.debug({ id, cluster: config.cluster, applied, complete, ballot: restored.promised.counter }, 'started')
  }

  // --- The core's turns ---

  /** One event at a time, in order: effects that lead to further events only queue them. */
  #step(event: Event): void {
    this.#events.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    this.#guarded(() => {
      for (let next = this.#events.shift(); next !== undefined && this.#core !== null; next = this.#events.shift()) {
        this.#perform(this.#core.step(next))
        if (this.#events.length === 0) this.#pump()
      }
    })
    this.#isStepping = false
  }

  /** In the order that `Effects` asks for. */
  #perform({ persist, send, notices }: Effects): void {
    if (persist !== null) {
      const { token, writes } = persist
      this.#host.write(writes, () => this.#step({ type: 'persisted', token }))
      this.#executor.merged(this.#core?.state.marks.applied ?? 0)
    }
    for (const message of send) {
      this.#story.passed(message)
      const address = this.#addressOf.get(message.to)
      if (address !== undefined) this.#host.send(address, { type: 'core', message })
    }
    for (const notice of notices) this.#hear(notice)
  }

  #hear(notice: Notice): void {
    const executor = this.#executor
    switch (notice.type) {
      case 'role':
        if (notice.role === 'candidate') executor.candidate()
        if (notice.role === 'follower') executor.deposed(this.#leader(notice.leader))
        return this.#story.role(notice.role, this.#leader(notice.leader), this.#core?.state.promised.counter ?? 0)
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

  #serve(request: Serve): void {
    this.#host.serve(request, ({ chunk, cursor }) => {
      const address = this.#addressOf.get(request.to)
      if (address === undefined || this.#config === null || this.#hasEnded) return
      const { to, nonce, after, upTo, floor } = request
      const body = { type: 'syncChunk', nonce, after, cursor, upTo, floor, chunk } as const
      const message = { cluster: this.#config.cluster, from: this.#options.id, to, body }
      this.#guarded(() => this.#host.send(address, { type: 'core', message }))
    })
  }

  // --- Work for the core ---

  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    this.#host.soon(() => {
      this.#isPumpDue = false
      this.#guarded(() => {
        this.#executor.turn(this.#host.nowMs())
        this.#pump()
      })
    })
  }

  #pump(): void {
    const core = this.#core
    if (core === null) return
    if (core.canPropose && this.#executor.hasBatch) {
      const batch = this.#executor.takeBatch()
      if (batch !== null) this.#step({ type: 'propose', ...batch })
    }
    if (this.#executor.wantsRound && !core.awaitsRound) this.#step({ type: 'confirm' })
    if (this.#executor.wantsTurn) this.#pumpSoon()
  }
}
