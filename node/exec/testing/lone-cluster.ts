import type { ParseJob, ParseOutcome } from '../../../lang/index.ts'
import { Executor } from '../executor.ts'
import type { ExecutorHost } from '../host.ts'
import type { ExecutorOptions } from '../options.ts'
import type { Request, Response } from '../requests.ts'
import { MergedView } from './merged-view.ts'
import { PARSED, Toys } from './toys.ts'

/** A request sent, with every response that came. */
export interface Sent {
  readonly request: Request
  readonly responses: Response[]
}

/** An executor on a store, with consensus played by the test: it says what is proposed, chosen, lost. */
export class LoneCluster {
  readonly view = new MergedView()
  readonly executor: Executor
  readonly faults: unknown[] = []
  nowMs = 1_000
  wallClockMs = 1_700_000_000_000
  /** The slot of the last batch taken, and its body while it is not chosen. */
  slot = 0
  inFlight: Uint8Array | null = null
  /** What the parser has, and has not done. */
  readonly jobs: ParseJob[] = []
  readonly #unmerged: { readonly slot: number; readonly body: Uint8Array }[] = []
  #round = 0

  constructor(options: Partial<ExecutorOptions> = {}) {
    const onRespondError = (error: unknown): void => void this.faults.push(error)
    let uuids = 0
    const host: ExecutorHost = {
      wallClockMs: () => this.wallClockMs,
      uuid: () => `uuid ${++uuids}`,
      parse: (job) => void this.jobs.push(job),
    }
    this.executor = new Executor(this.view, host, { onRespondError, ...options }, new Toys())
  }

  /** Wins a ballot in which nothing is re-proposed. */
  lead(): this {
    this.executor.candidate()
    this.executor.leading(this.slot + 1, null)
    this.executor.established()
    return this
  }

  /** Loses the ballot and wins another one; the decree in flight survives, or was accepted by too few. */
  leadAgain(survives: boolean): void {
    this.executor.deposed(null)
    this.mergeAll()
    if (!survives && this.inFlight !== null) {
      this.inFlight = null
      this.slot -= 1
    }
    this.executor.candidate()
    this.executor.leading(this.inFlight === null ? this.slot + 1 : this.slot, this.inFlight)
    if (this.inFlight === null) this.executor.established()
  }

  run(
    session: string,
    number: number,
    text: string,
    more: Partial<Request> & { parameters?: Map<string, string> } = {},
  ): Sent {
    const { parameters = new Map(), ...rest } = more
    return this.submit({ session, number, ...rest, kind: { type: 'program', text, parameters } })
  }

  outcome(session: string, number: number): Sent {
    return this.submit({ session, number: 0, kind: { type: 'outcome', number } })
  }

  open(): Sent {
    return this.submit({ session: '', number: 0, kind: { type: 'open' } })
  }

  /** Opens a session by a decree of its own; its id. */
  opened(): string {
    const sent = this.open()
    this.decree()
    const [response] = sent.responses
    if (response?.type !== 'opened') throw new Error('not opened')
    return `s${response.session}`
  }

  submit(partial: Pick<Request, 'session' | 'number' | 'kind'> & Partial<Request>): Sent {
    const request: Request = { acked: 0, deadlineMs: this.nowMs + 5_000, ...partial }
    const responses: Response[] = []
    this.executor.submit(request, (response) => void responses.push(response), this.nowMs)
    return { request, responses }
  }

  /** Proposes what has been built; false if there was nothing. */
  propose(): boolean {
    const batch = this.executor.takeBatch()
    if (batch === null) return false
    this.slot += 1
    this.inFlight = batch.body
    this.executor.proposed(this.slot)
    return true
  }

  /** The decree in flight is chosen, and not merged yet. */
  choose(): void {
    if (this.inFlight === null) throw new Error('nothing is in flight')
    this.#unmerged.push({ slot: this.slot, body: this.inFlight })
    this.inFlight = null
    this.executor.chosen(this.slot)
  }

  mergeAll(): void {
    this.merge(this.#unmerged.length)
  }

  /** Merges the next `count` chosen decrees. */
  merge(count: number): void {
    for (const { slot, body } of this.#unmerged.splice(0, count)) this.view.merge(slot, body)
    this.executor.merged(this.view.applied)
  }

  /** Proposes, chooses and merges what has been built. */
  decree(): void {
    if (!this.propose()) throw new Error('nothing to propose')
    this.choose()
    this.mergeAll()
  }

  /** The parser ends its job. */
  parsed(outcome: ParseOutcome | null = PARSED): void {
    if (this.jobs.shift() === undefined) throw new Error('nothing is being parsed')
    this.executor.parsed(outcome, this.nowMs)
  }

  startRound(): number {
    this.#round += 1
    this.executor.roundStarted(this.#round)
    return this.#round
  }

  /** A whole round. */
  confirm(): void {
    this.executor.confirmed(this.startRound())
  }
}
