import type { Value } from '../../lang/index.ts'
import type { Request, Response } from '../../node/exec/index.ts'
import type { Random } from '../support/random.ts'
import type { Call } from '../workload/workload.ts'
import { Failure } from './failure.ts'
import { canWrite } from './programs.ts'
import type { World } from './world.ts'

/** How clients behave in a run. Rates are probabilities. */
export interface ClientManners {
  /** Between an answer and the next call, at most, ms. */
  thinkMs: number
  /** Silence after which a call is sent again, to another node, ms. */
  patienceMs: number
  /** A call goes to two nodes at once. */
  twice: number
  /** A call is given up before its answer: after `patienceMs`, not repeated. */
  givesUp: number
  /** Having given up, the client asks how the call ended. */
  asksOutcome: number
  /** A call is sent as a session of one request, as by LattiStore's contract. */
  oneShot: number
  /** A call goes to any node first, whoever is believed to lead: one that was deposed may not know it. */
  wanders: number
  /** Calls under way at once in a session, at most. */
  lanes: number
}

interface Open {
  readonly call: Call
  readonly number: number
  readonly process: string
  readonly canWrite: boolean
  /** The one-request session that it is sent in; null: the client's. */
  readonly oneShot: string | null
  readonly givesUp: boolean
  /** How often it was sent; duplicates of the network count as many. */
  copies: number
  /** A node was too busy for it. */
  isRefused: boolean
  /** The session that its copies were sent in. */
  session: string
  /** Asking how it ended, instead of sending it. */
  asks: boolean
  attempts: number
  /** Counts attempts; a timer of an earlier one does nothing. */
  turn: number
  readonly ended: () => void
}

/**
 * A simulated client: keeps the contract of sessions (numbers, `acked`) and is as impatient, forgetful and repetitive as
 * its manners say. What it attempts and learns goes into the world's history.
 */
export class Client {
  readonly name: string
  readonly #world: World
  readonly #manners: ClientManners
  readonly #random: Random
  readonly #open = new Map<number, Open>()
  /** Calls that were given up lately. */
  readonly #abandoned = new Set<number>()
  /** At what revision calls that have ended were committed. */
  readonly #committed = new Map<number, number>()
  #session: string | null = null
  #isOpening = false
  /** Its session holds too many results, as it was told after the last commit. */
  #isFull = false
  readonly #waitingForSession: (() => void)[] = []
  #nextNumber = 1
  #processes = 0
  #shots = 0
  #target: string
  /** Restless while the storm lasts; after it, calls are repeated until they are answered. */
  #isCalm = false

  constructor(name: string, world: World, manners: ClientManners, random: Random) {
    this.name = name
    this.#world = world
    this.#manners = manners
    this.#random = random
    this.#target = random.pick(world.machines).name
  }

  get underWay(): number {
    return this.#open.size
  }

  /** No more giving up. */
  calm(): void {
    this.#isCalm = true
  }

  /** Calls one after the other, in as many lanes as its manners say, until `next` gives none. */
  begin(next: () => Call | null): void {
    for (let lane = 0; lane < this.#manners.lanes; lane += 1) {
      const process = { name: this.#newProcess() }
      const go = (): void => {
        const call = next()
        if (call === null) return
        this.run(call, process.name, (isKnown) => {
          // Whoever does not know how its operation ended never operates again, under that name.
          if (!isKnown) process.name = this.#newProcess()
          this.#later(this.#random.fraction() * this.#manners.thinkMs, go)
        })
      }
      this.#later(this.#random.fraction() * this.#manners.thinkMs, go)
    }
  }

  /** Makes one call. `ended`: how it ended is known, or will never be. */
  run(call: Call, process: string, ended: (isKnown: boolean) => void): void {
    const number = this.#nextNumber++
    const isOneShot = !this.#isCalm && this.#random.chance(this.#manners.oneShot)
    this.#open.set(number, {
      call,
      number,
      process,
      canWrite: canWrite(call.program),
      oneShot: isOneShot ? `l${this.name.slice(1)}0${++this.#shots}` : null,
      givesUp: this.#random.chance(this.#manners.givesUp),
      copies: 0,
      isRefused: false,
      session: '',
      asks: false,
      attempts: 0,
      turn: 0,
      ended: () => ended(this.#world.history.isKnown(process)),
    })
    this.#world.history.invoke(process, call)
    this.#attempt(number)
  }

  #newProcess(): string {
    this.#processes += 1
    return `${this.name}.${this.#processes}`
  }

  #attempt(number: number): void {
    const open = this.#open.get(number)
    if (open === undefined) return
    if (open.oneShot === null && this.#session === null) return this.#openSession(() => this.#attempt(number))
    open.turn += 1
    open.attempts += 1
    const { turn } = open
    // A call keeps the session that it was first sent in: under another, it could run twice.
    if (open.session === '') open.session = open.oneShot ?? this.#session ?? ''
    const wanders = open.attempts === 1 && this.#random.chance(this.#manners.wanders)
    this.#send(open, wanders ? this.#random.pick(this.#world.machines).name : this.#target)
    if (this.#random.chance(this.#manners.twice)) this.#send(open, this.#random.pick(this.#world.machines).name)
    this.#later(this.#manners.patienceMs * this.#random.between(0.5, 1.5), () => {
      const still = this.#open.get(number)
      if (still !== open || open.turn !== turn) return
      if (open.givesUp && !this.#isCalm && open.attempts >= 1) return this.#giveUp(open)
      this.#target = this.#random.pick(this.#world.machines).name
      this.#attempt(number)
    })
  }

  #giveUp(open: Open): void {
    if (open.oneShot === null && this.#random.chance(this.#manners.asksOutcome)) {
      this.#world.witness.saw('outcome asked')
      open.asks = true
      return this.#attempt(open.number)
    }
    this.#end(open, { type: 'unknown' })
  }

  #send(open: Open, target: string): void {
    const { call, number, oneShot, session } = open
    open.copies += this.#world.network.manners.duplication > 0 ? 2 : 1
    const kind = open.asks
      ? ({ type: 'outcome', number } as const)
      : ({ type: 'program', text: call.program, parameters: parametersOf(call) } as const)
    const request: Omit<Request, 'deadlineMs'> = {
      session,
      number: oneShot === null ? number : 1,
      acked: oneShot === null ? this.#acked() : 1,
      kind,
    }
    this.#post(
      target,
      request,
      (response) => this.#answered(number, session, response),
      () => this.#again(number),
    )
  }

  /** Through the network to a node and back. Nothing may ever come. */
  #post(
    target: string,
    request: Omit<Request, 'deadlineMs'>,
    respond: (response: Response) => void,
    refused: () => void,
  ): void {
    const { network } = this.#world
    const machine = this.#world.machine(target)
    network.send(this.name, target, () =>
      machine.submit(
        { ...request, deadlineMs: 0 },
        this.#manners.patienceMs * 2,
        (response) => network.send(target, this.name, () => respond(response)),
        () => network.send(target, this.name, refused),
      ),
    )
  }

  /** Below it, everything is settled. */
  #acked(): number {
    let lowest = this.#nextNumber
    for (const number of this.#open.keys()) lowest = Math.min(lowest, number)
    for (const number of this.#abandoned) lowest = Math.min(lowest, number)
    return lowest
  }

  /** Soon, and elsewhere. */
  #again(number: number): void {
    const open = this.#open.get(number)
    if (open === undefined) return
    open.turn += 1
    const { turn } = open
    this.#target = this.#random.pick(this.#world.machines).name
    this.#later(this.#random.between(5, 50), () => {
      if (this.#open.get(number) === open && open.turn === turn) this.#attempt(number)
    })
  }

  #answered(number: number, session: string, response: Response): void {
    const open = this.#open.get(number)
    if (open === undefined) return this.#late(number, response)
    if (open.session !== session) return
    switch (response.type) {
      case 'committed':
        if (open.canWrite) this.#committed.set(number, response.revision)
        if (open.canWrite && this.#isFull && number === this.#acked()) {
          this.#world.witness.saw('oldest request executed in a full session')
        }
        this.#isFull = false
        if (!open.canWrite) this.#world.witness.saw('read confirmed by a round')
        return this.#end(open, { type: 'committed', response })
      case 'redirect':
        if (response.leader !== null && this.#world.hasMachineAt(response.leader.address)) {
          this.#target = this.#world.machineAt(response.leader.address).name
          open.turn += 1
          return this.#later(this.#random.between(0, 10), () => {
            if (this.#open.get(number) === open) this.#attempt(number)
          })
        }
        return this.#again(number)
      case 'failed':
        return this.#failed(open, response)
      case 'aborted':
        if (!open.call.program.includes('abort')) throw wrong(`${this.name} was answered aborted: ${open.call.program}`)
        this.#world.witness.saw('program aborted')
        return this.#end(open, { type: 'aborted', response })
      case 'opened':
        throw wrong(`${this.name} was answered ${response.type} for a program`)
      default:
        response satisfies never
    }
  }

  #failed(open: Open, response: Extract<Response, { type: 'failed' }>): void {
    switch (response.code) {
      // Of this copy only: another may have been executed.
      case 'overloaded':
        open.isRefused = true
        if (response.message.includes('too many results')) this.#isFull = true
        // Its only copy: whoever does not send it again knows that it never happens.
        if (open.givesUp && !this.#isCalm && open.copies === 1) {
          this.#world.witness.saw('overloaded request given up')
          return this.#end(open, { type: 'none', code: response.code })
        }
        return this.#again(open.number)
      case 'timeout':
      case 'unreachable':
      case 'closed':
        return this.#again(open.number)
      case 'session_expired':
        this.#world.witness.saw('session expired')
        if (open.session === this.#session) this.#session = null
        return this.#end(open, { type: 'unknown' })
      case 'cancelled':
        if (!open.asks) throw wrong(`${this.name} did not ask how ${open.number} ended, and was told that it never ran`)
        return this.#end(open, { type: 'none', code: response.code })
      case 'settled':
        throw wrong(`${this.name} was told that ${open.number} is settled, which it is not`)
      case 'internal':
        // A parser died. Nothing has happened to the request.
        if (response.message.includes('parser')) return this.#again(open.number)
        throw wrong(`${this.name} was answered ${response.code}: ${response.message}`)
      case 'protocol_error':
        throw wrong(`${this.name} was answered ${response.code}: ${response.message}`)
      default:
        if (!MAY_FAIL.includes(open.call.workload) && response.code !== 'limit_exceeded') {
          throw wrong(
            `${this.name} was answered ${response.code} to a program that cannot fail so: ${response.message}`,
          )
        }
        // The program itself failed: the same for every copy of it.
        return this.#end(open, { type: 'none', code: response.code })
    }
  }

  /** An answer to a call that has ended: to a copy of it, which must not have been executed again. */
  #late(number: number, response: Response): void {
    if (response.type === 'failed' && response.code === 'settled') this.#world.witness.saw('settled request refused')
    const revision = this.#committed.get(number)
    if (revision === undefined || response.type !== 'committed') return
    this.#world.witness.saw('copy answered from its record')
    if (response.revision !== revision) {
      throw wrong(`${this.name} was told that ${number} was committed at ${revision}, then at ${response.revision}`)
    }
  }

  #end(
    open: Open,
    how:
      | { readonly type: 'committed'; readonly response: Extract<Response, { type: 'committed' }> }
      | { readonly type: 'aborted'; readonly response: Extract<Response, { type: 'aborted' }> }
      | { readonly type: 'none'; readonly code: string }
      | { readonly type: 'unknown' },
  ): void {
    this.#open.delete(open.number)
    const { history } = this.#world
    if (how.type === 'committed' && open.canWrite && open.isRefused) {
      this.#world.witness.saw('overloaded request executed later')
    }
    if (how.type === 'committed') history.ok(open.process, open.call, how.response)
    if (how.type === 'aborted') history.aborted(open.process, how.response)
    if (how.type === 'none') history.fail(open.process, how.code)
    if (how.type === 'unknown') {
      this.#abandon(open.number)
      history.leave(open.process, open.session, open.oneShot === null ? open.number : 1)
    }
    open.ended()
  }

  /** Settled a little later: a result that is settled by the batch that it is in leaves no record, and would be a riddle. */
  #abandon(number: number): void {
    this.#abandoned.add(number)
    this.#later(ABANDONED_MS, () => this.#abandoned.delete(number))
  }

  #openSession(then: () => void): void {
    this.#waitingForSession.push(then)
    if (this.#isOpening) return
    this.#isOpening = true
    let turn = 0
    const attempt = (): void => {
      if (!this.#isOpening) return
      turn += 1
      const mine = turn
      const again = (): void => {
        if (mine === turn) this.#later(this.#random.between(5, 50), attempt)
      }
      const number = this.#nextNumber
      this.#post(
        this.#target,
        { session: '', number, acked: number, kind: { type: 'open' } },
        (response) => {
          if (!this.#isOpening) return
          if (response.type === 'opened') return this.#opened(`s${response.session}`)
          if (
            response.type === 'redirect' &&
            response.leader !== null &&
            this.#world.hasMachineAt(response.leader.address)
          ) {
            this.#target = this.#world.machineAt(response.leader.address).name
          } else this.#target = this.#random.pick(this.#world.machines).name
          again()
        },
        () => {
          this.#target = this.#random.pick(this.#world.machines).name
          again()
        },
      )
      this.#later(this.#manners.patienceMs, () => {
        if (mine !== turn || !this.#isOpening) return
        this.#target = this.#random.pick(this.#world.machines).name
        attempt()
      })
    }
    attempt()
  }

  #opened(session: string): void {
    this.#isOpening = false
    this.#session = session
    for (const then of this.#waitingForSession.splice(0)) then()
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.schedule.after(delayMs, run)
  }
}

function wrong(what: string): Failure {
  return new Failure('client', what)
}

const ABANDONED_MS = 500

/** Workloads with programs that fail. */
const MAY_FAIL: readonly string[] = ['random', 'large']

function parametersOf(call: Call): ReadonlyMap<string, Value> {
  return new Map(
    Object.entries(call.parameters).map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value]),
  )
}
