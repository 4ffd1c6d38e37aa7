import { decodePatch } from '../../store/index.ts'
import { Executor } from '../executor.ts'
import type { ExecutorHost } from '../host.ts'
import type { Request, Response } from '../requests.ts'
import { MergedView } from './merged-view.ts'
import { PARSED, Toys } from './toys.ts'

/** One delivery of a request to one node. */
export interface Delivery {
  readonly request: Request
  readonly responses: Response[]
  /** The highest revision that any answer had told when the request arrived. */
  readonly knownBefore: number
}

interface Decree {
  readonly slot: number
  readonly body: Uint8Array
  /** Chosen in the ballot of this proposal; the proposer may not have heard yet. */
  decided: boolean
}

interface Rival {
  readonly parser: { isBusy: boolean }
  readonly executor: Executor
  readonly view: MergedView
  /** Believes that it leads. */
  leads: boolean
  isEstablished: boolean
  /** The last slot that it knows to be chosen in its ballot. */
  heard: number
  /** What it has in flight. */
  flight: Decree | null
  /** Rounds started in its present term; `passed`: a majority has answered. */
  rounds: { readonly round: number; passed: boolean }[]
}

/**
 * Executors that succeed each other, with consensus played by rules C, D and E: a node that was superseded goes on
 * believing that it leads until it is told; a decree that was not chosen may be lost, or come back later; who has
 * promised a higher ballot answers no round and accepts nothing of a lower one.
 */
export class RivalNodes {
  readonly rivals: readonly Rival[]
  readonly deliveries: Delivery[] = []
  /** Bodies by slot - 1. */
  readonly chosen: Uint8Array[] = []
  knownRevision = 0
  wallClockMs = 1_700_000_000_000
  /** Who has the highest ballot. */
  #leader = -1
  /** Undecided decrees of the next slot that somebody may have accepted. */
  #ghosts: Decree[] = []
  #round = 0

  constructor(count: number) {
    this.rivals = Array.from({ length: count }, () => {
      const view = new MergedView()
      const parser = { isBusy: false }
      const host: ExecutorHost = {
        wallClockMs: () => this.wallClockMs,
        uuid: () => 'uuid',
        parse: () => {
          if (parser.isBusy) throw new Error('a parser was given a second job')
          parser.isBusy = true
        },
      }
      const executor = new Executor(view, host, { batchBytesMax: 600, drainMax: 3, readsMax: 3 }, new Toys())
      return { parser, executor, view, leads: false, isEstablished: false, heard: 0, flight: null, rounds: [] }
    })
  }

  submit(node: number, request: Request): Delivery {
    const responses: Response[] = []
    const delivery = { request, responses, knownBefore: this.knownRevision }
    this.deliveries.push(delivery)
    this.#rival(node).executor.submit(
      request,
      (response) => {
        responses.push(response)
        const revision = revisionOf(response)
        this.knownRevision = Math.max(this.knownRevision, revision)
      },
      0,
    )
    return delivery
  }

  /** `node` prepares, wins, completes itself; of the undecided decrees it meets number `ghost`, if there are so many. */
  elect(node: number, ghost: number): void {
    const rival = this.#rival(node)
    if (rival.leads) this.depose(node)
    this.#leader = node
    // When nothing was accepted after it, the last chosen decree is re-proposed.
    const met = this.#ghosts[ghost] ?? this.#last()
    rival.flight = met === null ? null : { slot: met.slot, body: met.body, decided: false }
    const slot = met?.slot ?? 1
    this.#mergeThrough(rival, slot - 1)
    rival.leads = true
    rival.isEstablished = false
    rival.executor.candidate()
    rival.executor.leading(slot, met?.body ?? null)
    if (met === null) this.#establish(rival)
  }

  /** Its parser ends what it is at, well or not. */
  parsed(node: number, isWell: boolean): void {
    const { parser, executor } = this.#rival(node)
    if (!parser.isBusy) return
    parser.isBusy = false
    executor.parsed(isWell ? PARSED : null, 0)
  }

  depose(node: number): void {
    const rival = this.#rival(node)
    if (!rival.leads) return
    rival.leads = false
    rival.flight = null
    rival.rounds = []
    rival.executor.deposed(null)
  }

  /** Also one that was superseded proposes; its decree may be accepted by a node that has promised nothing higher. */
  propose(node: number): void {
    const rival = this.#rival(node)
    if (!rival.leads || !rival.isEstablished || rival.flight !== null) return
    const batch = rival.executor.takeBatch()
    if (batch === null) return
    const slot = rival.heard + 1
    rival.flight = { slot, body: batch.body, decided: false }
    if (slot === this.chosen.length + 1) this.#ghosts.push(rival.flight)
    rival.executor.proposed(slot)
  }

  /** A majority accepts what the rightful leader has in flight. */
  decide(): void {
    const flight = this.rivals[this.#leader]?.flight ?? null
    if (flight === null || flight.decided) return
    flight.decided = true
    if (flight.slot <= this.chosen.length) return
    this.chosen.push(flight.body)
    this.#ghosts = []
  }

  /** A node hears that what it has in flight is chosen. */
  hear(node: number): void {
    const rival = this.#rival(node)
    const { flight } = rival
    if (!rival.leads || flight?.decided !== true) return
    if (!rival.isEstablished) return this.#establish(rival)
    rival.flight = null
    rival.heard = flight.slot
    rival.executor.chosen(flight.slot)
  }

  merge(node: number, count: number): void {
    const rival = this.#rival(node)
    const { view, executor } = rival
    // A leader merges what it knows to be chosen in its ballot.
    this.#mergeThrough(rival, Math.min(view.applied + count, rival.leads ? rival.heard : this.chosen.length))
    executor.merged(view.applied)
  }

  /** Also unasked, as heartbeats do. */
  startRound(node: number): void {
    const rival = this.#rival(node)
    if (!rival.leads) return
    this.#round += 1
    rival.rounds.push({ round: this.#round, passed: false })
    rival.executor.roundStarted(this.#round)
  }

  /** A majority answers the rounds of the rightful leader. */
  passRounds(): void {
    for (const round of this.rivals[this.#leader]?.rounds ?? []) round.passed = true
  }

  hearRounds(node: number): void {
    const rival = this.#rival(node)
    const passed = rival.rounds.filter((round) => round.passed).at(-1)
    if (!rival.leads || passed === undefined) return
    rival.rounds = rival.rounds.filter(({ round }) => round > passed.round)
    rival.executor.confirmed(passed.round)
  }

  /** Goes on until everything that waits on `node`, which leads, is answered. */
  finish(node: number): void {
    const { executor } = this.#rival(node)
    for (let step = 0; step < 1_000; step++) {
      this.propose(node)
      this.decide()
      this.hear(node)
      this.merge(node, 100)
      if (executor.wantsRound) this.startRound(node)
      this.passRounds()
      this.hearRounds(node)
      executor.expire(0)
      this.parsed(node, true)
      if (this.#rival(node).parser.isBusy) continue
      if (!executor.hasBatch && !executor.wantsRound && this.#rival(node).flight === null) return
    }
    throw new Error('never comes to rest')
  }

  #rival(node: number): Rival {
    const rival = this.rivals[node]
    if (rival === undefined) throw new Error(`no node ${node}`)
    return rival
  }

  #last(): Decree | null {
    const body = this.chosen.at(-1)
    return body === undefined ? null : { slot: this.chosen.length, body, decided: true }
  }

  #establish(rival: Rival): void {
    rival.isEstablished = true
    rival.heard = rival.flight?.slot ?? 0
    rival.flight = null
    rival.executor.established()
  }

  #mergeThrough({ view }: Rival, last: number): void {
    for (let slot = view.applied + 1; slot <= last; slot++) {
      view.merge(slot, this.chosen[slot - 1] ?? new Uint8Array())
    }
  }
}

function revisionOf(response: Response): number {
  if (response.type === 'committed') return response.revision
  return response.type === 'opened' ? response.session : 0
}

/** The results that a decree records, by `session/number`. */
export function recordedIn(body: Uint8Array): Map<string, Uint8Array> {
  const recorded = new Map<string, Uint8Array>()
  for (const [id, { results }] of decodePatch(body).sessions) {
    for (const [number, result] of results) recorded.set(`${id}/${number}`, result)
  }
  return recorded
}
