import type { Failed, Program, Redirect, Response } from '../proto/gen/decree/v1/store.ts'
import { checkTimeout } from './arguments.ts'
import {
  type Answer,
  Call,
  type CallOptions,
  type CallStart,
  checkStart,
  failureOf,
  outcomeOf,
  programBytes,
  requestIdOf,
  timeoutOf,
} from './call.ts'
import { Calls } from './calls.ts'
import { onAbort } from './cancellation.ts'
import type { Dial, Ending } from './channel.ts'
import { Deadline } from './deadline.ts'
import { type Conclusion, concluding, Doubts, isDoubtful, type RequestName, stillUnknown } from './doubts.ts'
import { DecreeError, type ErrorCode, errorCode } from './errors.ts'
import { endOf, isRefusal } from './failure.ts'
import { tooMany } from './flow.ts'
import { dialGrpc } from './grpc.ts'
import { LIMITS } from './limits.ts'
import { Pause } from './pause.ts'
import { Routes } from './routes.ts'
import { isHeard, isSilent } from './silence.ts'
import type { Stream, StreamOwner } from './stream.ts'
import { Watch } from './watch.ts'
import { Window } from './window.ts'

/** Redirects that are followed without a pause: more in a row mean that nobody leads yet. */
const HOPS_AT_ONCE = 2

/**
 * A client's session with the cluster: numbers the calls, finds the leader, sends a call again, under the same
 * number, as often as it takes. When a session has expired a new one takes its place; numbers go on.
 *
 * `hear` is called when a server takes up a stream, and, with the error, when one is found that can never be spoken with.
 * `note` is told what a curious user may want to know: redirects, streams that end.
 * `dial` makes the ways to servers; over the network unless given.
 */
export class Session implements StreamOwner {
  readonly routes: Routes
  readonly #hear: (error?: DecreeError) => void
  readonly #note: (what: string) => void
  readonly #calls = new Calls()
  readonly #window = new Window()
  readonly #pause = new Pause(
    (call) => this.#sendAgain(call),
    () => !this.routes.isLeaderKnown,
  )
  readonly #watch: Watch
  /** Calls whose callers have given up, while it is asked how they have ended. */
  readonly #doubtful = new Set<Call>()
  readonly #doubts = new Doubts()
  /** Every session that was opened here. */
  readonly #ids = new Set<number>()
  /** 0: there is none yet. */
  #id = 0
  #opening: Call | undefined
  #closed = false

  constructor(
    addresses: readonly string[],
    hear: (error?: DecreeError) => void,
    note: (what: string) => void = () => {},
    dial: Dial = dialGrpc,
  ) {
    this.#hear = hear
    this.#note = note
    this.routes = new Routes(addresses, dial, this)
    this.#watch = new Watch(this.#calls, this.routes, {
      isOver: (call) => this.#timedOut(call),
      ask: (call, stream) => this.#send(call, stream),
    })
    this.#open()
  }

  /** Runs a program. Rejects with a `DecreeError`; an abort is an answer. */
  execute(program: Program, mayWrite: boolean, options: CallOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const kind = { $case: 'program', value: program } as const
      this.#begin({ kind, bytes: programBytes(program), mayWrite, resolve, reject }, options)
    })
  }

  /**
   * How an earlier request ended, of any client's session. One that was not executed never will be. Rejects with a
   * `DecreeError` where that cannot be found out, or no longer.
   */
  outcome({ session, number }: RequestName, options: CallOptions = {}): Promise<Conclusion> {
    const requestId = `${session}/${number}`
    const known = this.#doubts.find(requestId)
    if (known === undefined || this.#closed) {
      return new Promise((resolve, reject) => {
        const kind = { $case: 'outcome', value: { number } } as const
        this.#begin({ kind, bytes: 32, mayWrite: false, session, ...concluding(resolve), reject }, options)
      })
    }
    return new Deadline(options).wait(
      () => known,
      (error) => stillUnknown(requestId, error),
    )
  }

  /** Ends every call that is not settled with `closed`, and every stream. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watch.close()
    for (const call of this.#calls) this.#fail(call, failureOf(call, 'closed', 'the connection was closed'))
    this.#pause.close()
    this.routes.close()
  }

  acked(session: number): number {
    // Of others' sessions it is not known.
    if (session !== 0 && !this.#ids.has(session)) return 0
    return this.#calls.settledBelow
  }

  greeted(): void {
    this.#hear()
  }

  answered(stream: Stream, response: Response): void {
    const call = this.#calls.get(response.number)
    // A copy's answer, after another's.
    if (call === undefined) return
    call.answered(stream)
    const { kind } = response
    switch (kind?.$case) {
      case 'committed':
      case 'aborted':
        this.#leads(stream)
        this.#window.answered(call)
        this.#settle(call)
        call.resolve(kind)
        break
      case 'opened':
        this.#opened(call, stream, kind.value.session)
        break
      case 'failed':
        this.#failed(call, stream, kind.value)
        break
      case 'redirect':
        this.#redirected(call, stream, kind.value)
        break
      case undefined:
        this.#fail(call, failureOf(call, 'protocol_error', `${stream.address} gave an answer of no known kind`))
        break
      default:
        kind satisfies never
    }
  }

  broke(stream: Stream, { error, fatal, arrived }: Ending): void {
    this.#note(error.message)
    this.routes.leave(stream)
    for (const call of this.#calls) {
      if (!call.answered(stream)) continue
      if (!arrived) this.#forgetCopy(call)
      if (fatal) this.#fail(call, failureOf(call, error.code, error.message, error))
      else if (!call.isUnderWay) this.#sendLater(call)
    }
    if (fatal) this.#hear(error)
  }

  /** Throws what the caller's promise is rejected with. */
  #begin(start: CallStart, { timeoutMs = LIMITS.timeoutMs, signal }: CallOptions): void {
    checkTimeout(timeoutMs)
    if (this.#closed) throw new DecreeError('closed', 'the connection is closed')
    checkStart(start.bytes, signal)
    const cancel = () => this.#fail(call, failureOf(call, 'cancelled', 'the call was cancelled', signal?.reason))
    const release = signal === undefined ? undefined : onAbort(signal, cancel)
    const call = this.#create(start, timeoutMs, release)
    if (this.#id !== 0 && this.#window.enter(call)) return this.#send(call, this.routes.leader)
    this.#calls.enrol(call)
    this.#enqueue(call)
  }

  #create(start: CallStart, allowedMs: number, release?: () => void): Call {
    this.#watch.begin()
    return new Call(start, allowedMs, release)
  }

  /** Asks for a session, until there is one. */
  #open(): void {
    if (this.#opening !== undefined) return
    const reject = (error: DecreeError) => {
      if (this.#closed) return
      // Nothing can be sent without a session: whoever waits for it fails alike, and the next call asks again. None is
      // left waiting while others fail, or a session would be asked for on its behalf.
      for (const call of this.#window.takeWaiting()) this.#fail(call, failureOf(call, error.code, error.message, error))
      this.#hear(error)
    }
    const start = { kind: { $case: 'open', value: {} }, bytes: 32, mayWrite: false, resolve: () => {}, reject } as const
    this.#opening = this.#create(start, Number.POSITIVE_INFINITY)
    this.#send(this.#opening, this.routes.leader)
  }

  #opened(call: Call, stream: Stream, session: number): void {
    if (call !== this.#opening || session < 1) {
      return this.#fail(call, failureOf(call, 'protocol_error', `the server opened session ${session} unasked`))
    }
    this.#id = session
    this.#ids.add(session)
    this.#leads(stream)
    this.#settle(call)
    this.routes.connect()
  }

  /** Sends what waits, as far as there is a session and room. */
  #pump(): void {
    if (this.#closed || this.#window.isEmpty) return
    if (this.#id === 0) return this.#open()
    for (let call = this.#window.next(); call !== undefined; call = this.#window.next()) {
      this.#send(call, this.routes.leader)
    }
    for (const call of this.#window.takeLate()) this.#tooMany(call)
  }

  #send(call: Call, stream: Stream): void {
    if (call !== this.#opening && call.session === undefined) {
      if (this.#id === 0) return this.#enqueue(call)
      call.session = this.#id
    }
    this.#calls.number(call)
    const now = performance.now()
    if (!call.isUnderWay) call.sentAtMs = now
    call.uncertain++
    call.asked(stream)
    const leftMs = Math.max(1, Math.ceil(call.deadlineMs - now))
    const timeoutMs = call === this.#opening ? LIMITS.timeoutMs : Math.min(leftMs, LIMITS.serverTimeoutMsMax)
    const request = { number: call.number, timeoutMs, kind: call.kind }
    stream.send({ session: call.session ?? 0, request, bytes: call.bytes })
  }

  /** False: the call is settled, or is not worth sending any more. */
  #sendAgain(call: Call): boolean {
    if (!this.#calls.has(call)) return false
    const isLate = this.#window.isLate(call)
    if (!isLate) this.#send(call, this.routes.leader)
    else if (this.#window.isCut) this.#tooMany(call)
    else if (this.#window.remove(call)) this.#pump()
    return !isLate
  }

  /** Sends the call to the believed leader after a short pause. */
  #sendLater(call: Call): void {
    if (this.#closed) return
    call.tries++
    this.#letWait(call)
    this.#pause.add(call)
  }

  /** Not before the server wants to hear of it again; where that would be too late, the call has failed. */
  #sendAfter(call: Call, code: ErrorCode, { message, retryAfterMs }: Failed): void {
    this.#window.overloaded(call)
    const leftMs = call.deadlineMs - performance.now() - LIMITS.lastSendMs
    if (leftMs < retryAfterMs && outcomeOf(call) === 'none') {
      return this.#fail(call, new DecreeError(code, `${message}; it had no effect`, { retryAfterMs }))
    }
    call.tries++
    this.#letWait(call)
    // While it rests, others may go.
    const isAdmitted = this.#window.remove(call)
    this.#pause.addFor(call, retryAfterMs, Math.max(retryAfterMs, leftMs), () => {
      if (isAdmitted && this.#calls.has(call)) this.#enqueue(call)
      else this.#sendAgain(call)
    })
    this.#pump()
  }

  #tooMany(call: Call): void {
    this.#fail(call, tooMany(call, this.#window.answerMs))
  }

  #timedOut(call: Call): void {
    // Of a leader that answers others: one that is silent is not overloaded, but gone.
    if (call.isAdmitted && this.routes.isLeaderKnown && isHeard(call, performance.now())) this.#window.overloaded(call)
    this.#fail(call, timeoutOf(call, this.routes.all))
  }

  #enqueue(call: Call): void {
    this.#letWait(call)
    this.#window.enqueue(call)
    this.#pump()
  }

  /** While nothing of it may be executed the call needs no number; a doubt keeps that of the call whose place it took. */
  #letWait(call: Call): void {
    if (call.isUnderWay || this.#doubtful.has(call)) return
    if (call.kind.$case === 'program' && outcomeOf(call) === 'unknown') return
    // What writes nothing begins anew, whatever became of earlier copies.
    call.uncertain = 0
    this.#calls.wait(call)
  }

  #redirected(call: Call, stream: Stream, { address, proposed }: Redirect): void {
    // What was proposed may have been executed even so; what was not certainly is not.
    if (!proposed) this.#forgetCopy(call)
    if (address === '' || address === stream.address || this.routes.find(address)?.isBroken) {
      this.routes.leave(stream)
      if (!call.isUnderWay) this.#sendLater(call)
      return
    }
    this.#note(`${stream.address} says that ${address} leads`)
    const leader = this.#follow(address)
    if (call.isAskedOn(leader)) return
    if (call.tries++ < HOPS_AT_ONCE) this.#send(call, leader)
    else if (!call.isUnderWay) this.#sendLater(call)
  }

  /** The server has given an answer that only a leader can give. */
  #leads(stream: Stream): void {
    this.#pause.succeeded()
    if (!this.routes.isLeaderKnown || this.routes.leader !== stream) this.#follow(stream.address)
  }

  /** It leads: where that is news, whatever rests, or waits for a silent server, is sent there too. */
  #follow(address: string): Stream {
    const before = this.routes.isLeaderKnown ? this.routes.leader : undefined
    const leader = this.routes.follow(address)
    if (leader === before) return leader
    this.#pause.wakeAll()
    const now = performance.now()
    for (const call of this.#calls) {
      if (call.isUnderWay && !call.isAskedOn(leader) && isSilent(call, now)) this.#send(call, leader)
    }
    return leader
  }

  #failed(call: Call, stream: Stream, failed: Failed): void {
    const code = errorCode(failed.code)
    if (code === 'session_expired') return this.#expired(call, failed.message)
    if (!failed.unknown) this.#forgetCopy(call)
    if (isRefusal(code, failed) || (code === 'timeout' && call === this.#opening)) {
      if (code === 'closed') this.routes.leave(stream)
      if (call.isUnderWay) return
      return failed.retryAfterMs > 0 ? this.#sendAfter(call, code, failed) : this.#sendLater(call)
    }
    const { error, isRecord } = endOf(call, code, failed)
    if (!isRecord || call.recorded === undefined) return this.#fail(call, error)
    this.#settle(call)
    call.recorded(error)
  }

  /** The server does not know the session that the call was sent in, and did not execute this copy. */
  #expired(call: Call, message: string): void {
    if (call.session === this.#id) this.#id = 0
    this.#forgetCopy(call)
    if (outcomeOf(call) === 'unknown') return this.#fail(call, failureOf(call, 'session_expired', message))
    call.session = undefined
    if (call.isUnderWay || this.#pause.has(call)) return
    this.#enqueue(call)
  }

  /** A copy was certainly not executed; without any that may have been, the call is free to change its session. */
  #forgetCopy(call: Call): void {
    call.uncertain = Math.max(0, call.uncertain - 1)
    if (call.uncertain === 0 && call.kind.$case !== 'outcome') call.session = undefined
  }

  #fail(call: Call, error: DecreeError): void {
    if (!this.#calls.has(call)) return
    if (isDoubtful(call, error) && !this.#closed) this.#doubt(call)
    else this.#settle(call)
    call.reject(error)
  }

  /**
   * The caller gives up, and it is asked how the call ends, under its own number: until that is known, or nobody would
   * want to know it any more, the call is not settled, and the cluster keeps its result.
   */
  #doubt(call: Call): void {
    const kind = { $case: 'outcome', value: { number: call.number } } as const
    const conclusion = new Promise<Conclusion>((resolve, reject) => {
      const start = { kind, bytes: call.bytes, mayWrite: false, session: call.session, ...concluding(resolve), reject }
      const doubt = new Call(start, LIMITS.doubtMs)
      this.#leave(call)
      this.#calls.replace(call, doubt)
      this.#doubtful.add(doubt)
      this.#sendLater(doubt)
    })
    this.#doubts.add(requestIdOf(call), conclusion)
    this.#pump()
    const [oldest] = this.#doubtful
    if (oldest === undefined || this.#doubtful.size <= LIMITS.doubtsMax) return
    this.#fail(oldest, failureOf(oldest, 'overloaded', 'too many calls have ended without an answer'))
  }

  /** Takes the call out of everything. False if it already was. */
  #settle(call: Call): boolean {
    if (!this.#calls.delete(call)) return false
    this.#doubtful.delete(call)
    this.#leave(call)
    const opened = call !== this.#opening || this.#id !== 0
    if (call === this.#opening) this.#opening = undefined
    if (opened) this.#pump()
    return true
  }

  /** Nothing is done for the call any more. */
  #leave(call: Call): void {
    this.#window.remove(call)
    this.#pause.remove(call)
    call.release?.()
  }
}
