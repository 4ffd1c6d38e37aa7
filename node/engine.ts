import type { CacheStats, ParseOutcome } from '../lang/index.ts'
import { type Config, Core, type Effects, type Event, type NodeId, type Notice } from './core/index.ts'
import { Distances, type NearReport } from './distance/index.ts'
import type { EngineHost, EngineOptions, Serve } from './engine-host.ts'
import { Executor, type Leader, type Request, type Respond } from './exec/index.ts'
import { Founding } from './founding.ts'
import type { PeerMessage, PingMessage } from './peer/index.ts'
import { Story } from './story.ts'

export type { EngineHost, EngineOptions, Serve } from './engine-host.ts'

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
  readonly #distances: Distances
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
  /** When a slot that waits for callers is to begin, by the host's clock. */
  #beginAtMs = 0
  #hasEnded = false

  /** Call `begin` next. */
  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options
    this.#host = host
    this.#story = new Story(options.log)
    const ping = (message: PingMessage): void => {
      const address = this.#addressOf.get(message.to)
      if (address !== undefined) host.send(address, { type: 'ping', ping: message })
    }
    this.#distances = new Distances(options.id, ping, options.isPlacing ?? false)
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

  /** The node that leads, as far as this one knows; it may be itself. */
  get leader(): Leader | null {
    return this.#leader(this.#core?.state.leader ?? null)
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
    this.#tickDistances()
    if (this.#core !== null) this.#story.tick(this.#core.state)
  }

  #tickDistances(): void {
    if (this.#core === null || this.#config === null) return
    const to = this.#distances.tick(this.#config, this.#core.role === 'leader', this.#host.nowMs())
    if (to !== null) this.handOff(to)
  }

  /** A client's request; answered once, at any later time, also from within. */
  submit(request: Request, respond: Respond): void {
    const answer = this.#distances.timing.isOn
      ? this.#distances.timing.watch(request.session, respond, this.#nowMs)
      : respond
    this.#guarded(() => this.#executor.submit(request, answer, this.#host.nowMs()))
    this.#pumpSoon()
  }

  readonly #nowMs = (): number => this.#host.nowMs()

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
    if (message.type === 'ping') {
      if (this.#config === null) return
      return this.#distances.hear(message.ping, this.#config, this.#host.nowMs())
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

  /** Lead no longer: this node is about to stop, or `to` should lead. */
  handOff(to?: NodeId): void {
    this.#step(to === undefined ? { type: 'handoff' } : { type: 'handoff', to })
  }

  /** A caller has told how far it is from the nodes. */
  near(report: NearReport): void {
    if (this.#config !== null) this.#distances.near(report, this.#config)
  }

  /** Whether it leads, and has a decree on its way or waits for somebody to take over. */
  get isBusy(): boolean {
    const phase = this.#core?.state.phase
    if (phase?.type !== 'leading') return false
    return phase.handoff !== null || phase.inFlight !== null || this.#executor.hasBatch
  }

  /** Whether another node was asked to lead in its place, and does not yet. */
  get isHandingOver(): boolean {
    const phase = this.#core?.state.phase
    return phase?.type === 'leading' && phase.handoff !== null
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
        if (this.#distances.timing.isOn) this.#distances.timing.began(this.#host.nowMs())
        return executor.proposed(notice.slot)
      case 'chosen':
        if (!this.#distances.timing.isOn) return executor.chosen(notice.slot)
        return this.#distances.timing.ended(this.#host.nowMs(), () => executor.chosen(notice.slot))
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
    if (core.canPropose && this.#executor.hasBatch && !this.#waitsForCallers()) {
      const batch = this.#executor.takeBatch()
      if (batch !== null) this.#step({ type: 'propose', ...batch })
    }
    if (this.#executor.wantsRound && !core.awaitsRound) this.#step({ type: 'confirm' })
    if (this.#executor.wantsTurn) this.#pumpSoon()
  }

  /** Whether the next slot is not to begin yet; then it is pumped again in time. */
  #waitsForCallers(): boolean {
    if (!this.#distances.timing.isOn) return false
    const nowMs = this.#host.nowMs()
    const beginAtMs = this.#distances.timing.beginAtMs(nowMs)
    if (beginAtMs <= nowMs) return false
    if (beginAtMs !== this.#beginAtMs) {
      this.#beginAtMs = beginAtMs
      this.#host.later(beginAtMs - nowMs, () => {
        this.#beginAtMs = 0
        this.#guarded(() => this.#pump())
      })
    }
    return true
  }
}
