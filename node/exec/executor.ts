import { type CacheStats, type ParseJob, type ParseOutcome, type Program, ProgramCache } from '../../lang/index.ts'
import type { ReadView } from '../store/index.ts'
import { refusalByPace } from './admission.ts'
import { Compiler, type Programs } from './compiler.ts'
import { execute, type Surroundings } from './execute.ts'
import type { Batch, ExecutorHost } from './host.ts'
import type { Answer } from './layers.ts'
import { DEFAULT_EXECUTOR_OPTIONS, type ExecutorOptions } from './options.ts'
import { ParkedWork } from './parking.ts'
import { type WaitingWork, type Work, WorkQueue } from './queue.ts'
import { type Leader, overloaded, redirect, refusalOf, UNPARSED } from './refusals.ts'
import type { Request, Respond } from './requests.ts'
import { WaitingRoom } from './room.ts'
import { failed, requestBytes } from './run.ts'
import { dropIdleSessions } from './sessions.ts'
import { Term } from './term.ts'
import { Turn } from './turn.ts'

type Mode =
  | { readonly type: 'follower'; readonly leader: Leader | null }
  | { readonly type: 'candidate' }
  | { readonly type: 'leading'; readonly term: Term }

/**
 * Executes requests for the node that leads, and redirects them on one that does not. Each `Respond` is called
 * exactly once, never before what it says is certain (rules C and E of the protocol).
 *
 * Synchronous and deterministic: the time is what the calls and the host say. The host reports what consensus does, in
 * the order of its notices, and after each call looks at `hasBatch`, `wantsRound` and `wantsTurn`. A `Respond` may call
 * `submit` again.
 *
 * Programs that do not compile, and parameters that do not fit, are answered at once by a node that leads or tries to:
 * such an answer rests on no state. Other nodes redirect before they compile: a long program costs one node only.
 *
 * However many requests arrive together, a turn of the event loop compiles and executes only so much; the others wait,
 * and sessions take turns. What would wait for too long is refused when it comes.
 *
 * A program whose shape is new and large is parsed elsewhere, and its request waits. Others do not wait for it, those of
 * its own session included: requests that are under way together may be executed in any order.
 */
export class Executor {
  readonly #view: ReadView
  readonly #host: ExecutorHost
  readonly #options: ExecutorOptions
  readonly #turn: Turn
  readonly #compiler: Compiler
  readonly #room: WaitingRoom
  readonly #queue: WorkQueue
  readonly #parked: ParkedWork
  readonly #surroundings: Surroundings
  #mode: Mode = { type: 'follower', leader: null }
  /** The latest monotonic time that a call has told. */
  #nowMs = Number.NEGATIVE_INFINITY
  #isDraining = false

  /** `view`: the merged state of this node's store. `programs`: what compiles; the language's cache unless given. */
  constructor(view: ReadView, host: ExecutorHost, options: Partial<ExecutorOptions> = {}, programs?: Programs) {
    this.#view = view
    this.#host = host
    this.#options = { ...DEFAULT_EXECUTOR_OPTIONS, ...options }
    this.#turn = new Turn(this.#options.turnCostMax, this.#options.turnMsMax)
    this.#compiler = new Compiler(programs ?? new ProgramCache(this.#options.programCacheBytes), this.#turn)
    this.#room = new WaitingRoom(this.#options.queueMax, this.#options.queueBytesMax)
    this.#queue = new WorkQueue(this.#room)
    this.#parked = new ParkedWork(this.#room)
    this.#surroundings = {
      options: this.#options,
      answer: (respond, response) => this.#answer({ respond, response }),
      wallClockMs: () => host.wallClockMs(),
      uuid: () => host.uuid(),
      spend: (units) => this.#turn.spend(units),
    }
  }

  /** Of the programs compiled so far. */
  get programs(): CacheStats {
    return this.#compiler.stats
  }

  /** A client's request. `nowMs`: the monotonic time, ms, by which its deadline is meant. */
  submit(request: Request, respond: Respond, nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const mode = this.#mode
    // Before anything is compiled: a program that many nodes must look at costs each of them only once.
    if (mode.type === 'follower') return this.#answer({ respond, response: redirect(mode.leader, false) })
    if (mode.type === 'leading') {
      const refusal = refusalByPace(mode.term, this.#queue, request, this.#options.waitMsMax, this.#nowMs)
      if (refusal !== null) return this.#answer({ respond, response: refusal })
    }
    this.#turn.requestAt(this.#nowMs)
    if (this.#turn.isOver && request.kind.type === 'program') return this.#enqueue({ request, respond, program: null })
    const work = this.#ready(request, respond)
    if (work === null) return
    if (mode.type === 'leading' && this.#queue.length === 0 && this.#canExecute(mode.term)) {
      if (execute(mode.term, work, this.#nowMs, this.#surroundings)) return
      mode.term.full = true
    }
    this.#enqueue(work)
    if (mode.type === 'leading') this.#drain(mode.term)
  }

  /**
   * A new turn of the event loop: goes on with what the last one left. `nowMs`: the monotonic time. To be called in a
   * later turn than each `submit`, and while there is `wantsTurn`.
   */
  turn(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#turn.begin()
    if (this.#term !== null) this.#drain(this.#term)
  }

  /** Requests wait for nothing but a turn. */
  get wantsTurn(): boolean {
    return this.#term !== null && this.#queue.length > 0 && this.#hasRoom(this.#term)
  }

  /**
   * The job that the host was given has ended: this came of it; null: its parser died. `nowMs`: the monotonic time.
   */
  parsed(outcome: ParseOutcome | null, nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const { job, text, waiting } = this.#parked.end()
    this.#parse()
    if (outcome === null) {
      for (const { request, bytes } of waiting) this.#room.leave(request.session, bytes)
      for (const { respond } of waiting) this.#answer({ respond, response: UNPARSED })
      return
    }
    // At once, and also if nobody waits any more: it is remembered, so that no other request has to wait for it.
    const first = this.#compiler.finish(text, job, outcome)
    const parsed = { job, outcome }
    for (const { request, respond, text: own, bytes } of waiting) {
      const program = own === text && !('code' in first) ? first : null
      this.#queue.push({ request, respond, program, bytes, parsed })
    }
    if (this.#term !== null) this.#drain(this.#term)
  }

  /** This node is trying to lead: requests wait. */
  candidate(): void {
    // A term ends by `deposed`; until then its requests wait for it, also while it is not yet established.
    if (this.#mode.type === 'follower') this.#mode = { type: 'candidate' }
  }

  /**
   * This node has won a ballot; the view is complete up to the slot before `slot`. `reproposed`: the body of the
   * decree that is re-proposed for `slot`; null: none is. Executes ahead on it, and answers nothing yet.
   */
  leading(slot: number, reproposed: Uint8Array | null): void {
    if (this.#mode.type === 'leading') this.#endTerm(this.#mode.term, null)
    const term = new Term(this.#view, slot, reproposed, this.#nowMs)
    this.#mode = { type: 'leading', term }
    this.#drain(term)
  }

  /** The re-proposed slot is chosen in this ballot, or there was none: answers may leave. */
  established(): void {
    const term = this.#term
    if (term === null || term.established) return
    term.established = true
    const { held } = term
    term.held = []
    if (term.layers.flight === null) this.#settle(term)
    else this.#choose(term)
    for (const answer of held) this.#answer(answer)
    this.#drain(term)
  }

  /** Whether `takeBatch` has something to give. */
  get hasBatch(): boolean {
    const term = this.#term
    return term?.established === true && term.layers.flight === null && term.layers.building.count > 0
  }

  /**
   * Seals the batch that has been built; null if there is none, or one is in flight. The host hands it to consensus
   * at once and reports `proposed`. Where the wall clock went back, the time of decrees does not.
   */
  takeBatch(): Batch | null {
    const term = this.#term
    if (term === null || !this.hasBatch) return null
    const { building } = term.layers
    building.timeMs = Math.max(building.timeMs, this.#host.wallClockMs())
    dropIdleSessions(term.layers, this.#options)
    building.readsBefore = term.reads.arrived
    const body = building.encode()
    term.layers.seal()
    term.full = false
    return { body, count: building.count }
  }

  /** The sealed batch is proposed for `slot`. Goes on with the requests that did not fit. */
  proposed(slot: number): void {
    const term = this.#term
    if (term === null) return
    const { flight } = term.layers
    if (flight === null || (flight.slot ?? slot) !== slot) {
      throw new Error(`slot ${slot} was proposed while the batch in flight has slot ${flight?.slot ?? 'none'}`)
    }
    flight.slot = slot
    this.#drain(term)
  }

  /** `slot` is chosen in this ballot: its requests are answered, and the reads that it serves. */
  chosen(slot: number): void {
    const term = this.#term
    if (term === null || slot <= term.chosenSlot) return
    const { flight } = term.layers
    if (flight?.slot !== slot) throw new Error(`slot ${slot} was chosen while ${flight?.slot ?? 'none'} is in flight`)
    // The choice of the re-proposed slot is what establishes a term.
    if (!term.established) return this.established()
    this.#choose(term)
    this.#drain(term)
  }

  /** The view holds every slot up to `appliedSlot`: their layers are not needed any more. */
  merged(appliedSlot: number): void {
    this.#term?.layers.merged(appliedSlot)
  }

  /** Another node leads, or none that is known. What is not known to be chosen is redirected; so is everything that waits. */
  deposed(leader: Leader | null): void {
    const mode = this.#mode
    this.#mode = { type: 'follower', leader }
    if (mode.type === 'leading') this.#endTerm(mode.term, leader)
    const waiting = [...this.#queue.takeAll(), ...this.#parked.takeAll()]
    for (const { respond } of waiting) this.#answer({ respond, response: redirect(leader, false) })
  }

  /** Confirming round `round` starts now. */
  roundStarted(round: number): void {
    const term = this.#term
    if (term === null) return
    term.reads.roundStarted(round)
    this.#drain(term)
  }

  /** Round `round` has shown that nobody else led when it started. */
  confirmed(round: number): void {
    const term = this.#term
    if (term === null) return
    term.reads.roundConfirmed(round)
    this.#settle(term)
    this.#drain(term)
  }

  /** Reads wait that no round under way and no slot in flight or about to be proposed will serve. */
  get wantsRound(): boolean {
    const term = this.#term
    if (term === null || !term.established || term.layers.building.count > 0) return false
    return term.reads.isUncovered(term.layers.flight)
  }

  /** Answers requests that wait to be executed and whose deadline is past. To be called every so often. */
  expire(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#turn.begin()
    for (const { respond } of [...this.#queue.takeExpired(this.#nowMs), ...this.#parked.takeExpired(this.#nowMs)]) {
      this.#answer({ respond, response: failed('timeout', 'the deadline passed before the request was executed') })
    }
    if (this.#term !== null) this.#drain(this.#term)
  }

  get #term(): Term | null {
    return this.#mode.type === 'leading' ? this.#mode.term : null
  }

  /** It waits until its program's shape is parsed. */
  #park(request: Request, respond: Respond, text: string, job: ParseJob): void {
    const bytes = requestBytes(request) + job.shape.length
    if (!this.#room.enter(request.session, bytes)) return this.#refuse(respond)
    this.#parked.park({ request, respond, text, bytes }, job)
    this.#parse()
  }

  /** Gives the parser its next job, if it has none. */
  #parse(): void {
    const job = this.#parked.begin()
    if (job !== null) this.#host.parse(job)
  }

  #enqueue(work: Work): void {
    const bytes = requestBytes(work.request)
    if (!this.#room.enter(work.request.session, bytes)) return this.#refuse(work.respond)
    this.#queue.push({ ...work, bytes, parsed: null })
  }

  /** There is no room in which it could wait. */
  #refuse(respond: Respond): void {
    const waitMs = this.#term?.pace.expectedMs(this.#queue.length) ?? 0
    this.#answer({ respond, response: overloaded('too many requests are waiting on this node', waitMs) })
  }

  #canExecute(term: Term): boolean {
    return !this.#turn.isOver && this.#hasRoom(term)
  }

  #hasRoom({ reads, full }: Term): boolean {
    return !full && reads.size < this.#options.readsMax && reads.bytes < this.#options.readsBytesMax
  }

  /** Executes what waits, as far as it fits. */
  #drain(term: Term): void {
    // An answer may bring a request, and that one a call of this: the outer call goes on with it.
    if (this.#isDraining) return
    this.#isDraining = true
    try {
      for (let left = this.#options.drainMax; left > 0 && this.#term === term && this.#canExecute(term); left--) {
        const waiting = this.#queue.removeFirst()
        if (waiting === undefined) break
        const work = this.#compiled(waiting)
        if (work === null || execute(term, work, this.#nowMs, this.#surroundings)) continue
        this.#queue.putBack({ ...work, bytes: waiting.bytes, parsed: null })
        term.full = true
      }
    } finally {
      this.#isDraining = false
    }
  }

  /** Ready to be executed; null: it has been answered, or waits for the parser. */
  #ready(request: Request, respond: Respond): Work | null {
    const { kind } = request
    let program: Program | null = null
    if (kind.type === 'program') {
      const prepared = this.#compiler.prepare(kind.text)
      if ('code' in prepared) this.#answer({ respond, response: prepared })
      else if ('shape' in prepared) this.#park(request, respond, kind.text, prepared)
      if ('code' in prepared || 'shape' in prepared) return null
      program = prepared
    }
    return this.#checked({ request, respond, program })
  }

  /** As `#ready`, of one that has waited. */
  #compiled(waiting: WaitingWork): Work | null {
    const { request, respond, program, parsed } = waiting
    const { kind } = request
    if (kind.type !== 'program' || (program !== null && parsed === null)) return waiting
    // It is not compiled for nothing.
    if (request.deadlineMs < this.#nowMs) return waiting
    if (parsed === null) return this.#ready(request, respond)
    const compiled = program ?? this.#compiler.finish(kind.text, parsed.job, parsed.outcome)
    if (!('code' in compiled)) return this.#checked({ request, respond, program: compiled })
    this.#answer({ respond, response: compiled })
    return null
  }

  #checked(work: Work): Work | null {
    const refusal = refusalOf(work.request, work.program)
    if (refusal === null) return work
    this.#answer({ respond: work.respond, response: refusal })
    return null
  }

  #choose(term: Term): void {
    const layer = term.layers.choose()
    if (layer === null) return
    term.chosenSlot = layer.slot ?? term.chosenSlot
    term.reads.layerChosen(layer)
    const { answers } = layer
    layer.answers = []
    for (const answer of answers) this.#answer(answer)
    this.#settle(term, answers.length)
  }

  /** Answers the reads that may be answered. `others`: requests answered just before. */
  #settle(term: Term, others = 0): void {
    if (!term.established) return
    let count = others
    for (let read = term.reads.next(); read !== undefined; read = term.reads.next()) {
      this.#answer(read)
      count += 1
    }
    term.pace.answered(count, term.underWay + this.#queue.length, this.#nowMs)
  }

  #endTerm(term: Term, leader: Leader | null): void {
    const { flight, building } = term.layers
    const maybe = [...(flight?.answers ?? []), ...term.held]
    const never = [...building.answers, ...term.reads.takeAll()]
    if (flight !== null) flight.answers = []
    building.answers = []
    term.held = []
    for (const { respond } of maybe) this.#answer({ respond, response: redirect(leader, true) })
    for (const { respond } of never) this.#answer({ respond, response: redirect(leader, false) })
  }

  #answer({ respond, response, encoded }: Answer): void {
    try {
      respond(response, encoded)
    } catch (error) {
      this.#options.onRespondError(error)
    }
  }
}
