import type { Request, Response } from '../../node/exec/index.ts'
import { decodeResult } from '../../node/exec/results.ts'
import { decodePatch, type Patch, type ReadView } from '../../node/store/index.ts'
import { Failure } from './failure.ts'

/** What the executors of a run were told. */
export interface DecreeBounds {
  readonly batchBytesMax: number
  readonly sessionIdleMs: number
}

/** A session of one request is kept for so long, ms. */
const ONE_SHOT_IDLE_MS = 600_000

/** What the chosen decrees say, in the order of their slots: what was written and recorded, and that it makes sense. */
export class Decrees {
  readonly #bounds: DecreeBounds
  readonly #results = new Map<string, Response>()
  /** By key: the slots and revisions that wrote it. */
  readonly #written = new Map<string, { readonly slot: number; readonly revision: number }[]>()
  readonly #versions = new Map<string, number>()
  readonly #acked = new Map<string, number>()
  /** Requests whose result was settled by the very batch that may have executed them. */
  readonly #untold = new Set<string>()
  /** By session: the time of the decree that changed it last. */
  readonly #touched = new Map<string, number>()
  #revision = 0
  #timeMs = 0

  constructor(bounds: DecreeBounds) {
    this.#bounds = bounds
  }

  /** The decree of `slot` is chosen; those of all lower slots were before. */
  add(slot: number, body: Uint8Array): void {
    if (body.byteLength > this.#bounds.batchBytesMax) fail(`the body of slot ${slot} has ${body.byteLength} bytes`)
    const patch = decodePatch(body)
    const { revision, timeMs } = patch
    if (timeMs < this.#timeMs) fail(`the time of slot ${slot} went back by ${this.#timeMs - timeMs} ms`)
    if (revision < this.#revision) fail(`slot ${slot} ends at revision ${revision}, after ${this.#revision}`)
    this.#checkClock(slot, patch)
    this.#timeMs = timeMs
    this.#addEntries(slot, patch)
    this.#addSessions(slot, patch)
    this.#revision = revision
  }

  /** How a numbered request ended, by the record that its decree holds of it; null: it was not executed; undefined: unknown. */
  resultOf(session: string, number: number): Response | null | undefined {
    const request = `${session}/${number}`
    return this.#results.get(request) ?? (this.#untold.has(request) ? undefined : null)
  }

  /**
   * What is answered, be it a write or a read, rests on chosen decrees only. `isRecorded`: the request is one that leaves a
   * record however it ends.
   */
  checkAnswer(node: string, { session, number }: Request, isRecorded: boolean, response: Response): void {
    if (isRecorded && response.type === 'failed' && response.code === 'type_error') {
      const result = this.resultOf(session, number)
      if (result === null) fail(`${node} answered ${response.code} to ${session}/${number}, of which nothing is chosen`)
    }
    const revision =
      response.type === 'committed' ? response.revision : response.type === 'opened' ? response.session : 0
    if (revision > this.#revision) fail(`${node} answered at revision ${revision}; ${this.#revision} is chosen`)
  }

  /** Who says that it has merged everything up to `complete` shows no entry older than the last one written by then. */
  checkComplete(node: string, complete: number, view: ReadView): void {
    for (const [key, written] of this.#written) {
      let revision = 0
      for (const one of written) if (one.slot <= complete) revision = Math.max(revision, one.revision)
      const held = view.get(key)?.revision ?? 0
      if (held < revision) {
        fail(`${node} says that it is complete up to ${complete} and holds ${key} of ${held}, not of ${revision}`)
      }
    }
  }

  /** What a transaction was told by `now()` lies within the time of its decree. */
  #checkClock(slot: number, { timeMs, entries }: Patch): void {
    for (const [key, { value }] of entries) {
      if (key !== 'clock' && !key.startsWith('uuid ')) continue
      const toldMs = Number(value)
      if (toldMs < this.#timeMs || toldMs > timeMs) {
        fail(`slot ${slot} tells the time ${toldMs}; its decree is of ${timeMs}, the one before of ${this.#timeMs}`)
      }
    }
  }

  #addEntries(slot: number, { revision: last, entries }: Patch): void {
    for (const [key, { revision, version, value }] of entries) {
      if (revision <= this.#revision || revision > last) fail(`slot ${slot} writes ${key} at revision ${revision}`)
      const before = this.#versions.get(key) ?? -1
      const isNext = version > before && version - before <= last - this.#revision
      // A key that is deleted begins anew; only some workloads delete.
      const mayBeginAnew = key.startsWith('mixed') || key.startsWith('team')
      if (value !== null && !isNext && !mayBeginAnew) fail(`version ${version} of ${key} follows ${before}`)
      if (value !== null) this.#versions.set(key, version)
      const written = this.#written.get(key) ?? []
      written.push({ slot, revision })
      this.#written.set(key, written)
    }
  }

  #addSessions(slot: number, { timeMs, sessions }: Patch): void {
    for (const [session, { dropped, acked, results }] of sessions) {
      if (dropped) this.#checkIdle(slot, session, acked > 0 || results.size > 0, timeMs)
      this.#touched.set(session, timeMs)
      for (const [number, result] of results) {
        const request = `${session}/${number}`
        if (this.#results.has(request)) fail(`request ${request} was executed twice, the second time in slot ${slot}`)
        this.#results.set(request, decodeResult(result))
      }
      // A result that the same batch settles is not kept: such a request was executed just now, or never.
      for (let number = this.#acked.get(session) ?? 1; number < acked; number += 1) {
        if (!this.#results.has(`${session}/${number}`)) this.#untold.add(`${session}/${number}`)
      }
      this.#acked.set(session, Math.max(acked, this.#acked.get(session) ?? 1))
    }
  }

  #checkIdle(slot: number, session: string, isUsed: boolean, timeMs: number): void {
    if (isUsed) fail(`slot ${slot} drops ${session}, which it uses`)
    const idleMs = timeMs - (this.#touched.get(session) ?? timeMs)
    const idleMsMin = session.startsWith('s') ? this.#bounds.sessionIdleMs : ONE_SHOT_IDLE_MS
    if (idleMs <= idleMsMin) fail(`slot ${slot} drops ${session} after ${idleMs} ms`)
  }
}

function fail(what: string): never {
  throw new Failure('invariants', what)
}
