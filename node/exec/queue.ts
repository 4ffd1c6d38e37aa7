import type { ParseJob, ParseOutcome, Program } from '../../lang/index.ts'
import { Fifo } from './fifo.ts'
import type { Request, Respond } from './requests.ts'
import type { WaitingRoom } from './room.ts'

/** A request that can be executed: its program, if it is one, has been compiled. */
export interface Work {
  readonly request: Request
  readonly respond: Respond
  readonly program: Program | null
}

/** What a parser elsewhere has made of a request's program. */
export interface Parsed {
  readonly job: ParseJob
  readonly outcome: ParseOutcome
}

export interface WaitingWork extends Work {
  /** What it takes in memory, roughly. */
  readonly bytes: number
  /** Null unless its program was parsed elsewhere: then it is still to be checked, and compiled if it is not there. */
  readonly parsed: Parsed | null
}

/**
 * Requests that wait to be executed. Sessions take turns, one request each, so that one with thousands waiting delays
 * another's only by one; within a session it is first in, first out.
 */
export class WorkQueue {
  readonly #room: WaitingRoom
  /** What waits of each session that is in the ring. */
  readonly #lanes = new Map<string, Fifo<WaitingWork>>()
  /** Sessions in the order of their turns. Only the first may have nothing left, while it `hadItsTurn`. */
  readonly #ring = new Fifo<string>()
  #hadItsTurn = false
  #length = 0
  /** Deadlines are not looked at before this: none is earlier, or they were looked at a moment ago. */
  #lookAtMs = Number.POSITIVE_INFINITY

  /** `room`: all that waits here is in it. */
  constructor(room: WaitingRoom) {
    this.#room = room
  }

  get length(): number {
    return this.#length
  }

  /** How many would be taken before one of this session that came now. */
  ahead(session: string): number {
    if (this.#length === 0) return 0
    const lane = this.#lanes.get(session)
    const others = this.#ring.length - (lane === undefined ? 0 : 1)
    const own = lane?.length ?? 0
    return Math.min(this.#length, own + (own + 1) * others)
  }

  /** It has entered the room; when it is taken, it leaves. */
  push(item: WaitingWork): void {
    const { session, deadlineMs } = item.request
    let lane = this.#lanes.get(session)
    if (lane === undefined) {
      lane = new Fifo()
      this.#lanes.set(session, lane)
      this.#ring.push(session)
    }
    lane.push(item)
    this.#length += 1
    this.#lookAtMs = Math.min(this.#lookAtMs, deadlineMs)
  }

  removeFirst(): WaitingWork | undefined {
    this.#passOn()
    const session = this.#ring.first
    const item = session === undefined ? undefined : this.#lanes.get(session)?.removeFirst()
    if (item === undefined) return undefined
    this.#hadItsTurn = true
    this.#length -= 1
    this.#room.leave(item.request.session, item.bytes)
    if (this.#length === 0) this.#clear()
    return item
  }

  /** Undoes `removeFirst`: it comes before all others. */
  putBack(item: WaitingWork): void {
    const { session, deadlineMs } = item.request
    let lane = this.#lanes.get(session)
    if (lane === undefined) {
      lane = new Fifo()
      this.#lanes.set(session, lane)
      this.#ring.putBack(session)
    }
    lane.putBack(item)
    this.#hadItsTurn = false
    this.#length += 1
    this.#room.enterAgain(session, item.bytes)
    this.#lookAtMs = Math.min(this.#lookAtMs, deadlineMs)
  }

  /**
   * Takes those whose deadline is before `nowMs`. It looks at all, so that it does not where it has looked shortly before:
   * the more there are, the longer ago that must be.
   */
  takeExpired(nowMs: number): readonly WaitingWork[] {
    if (nowMs <= this.#lookAtMs) return []
    const againMs = nowMs + this.#length / LOOKS_PER_MS
    const expired: WaitingWork[] = []
    for (const item of this.takeAll()) {
      if (item.request.deadlineMs < nowMs) {
        expired.push(item)
        continue
      }
      this.#room.enterAgain(item.request.session, item.bytes)
      this.push(item)
    }
    this.#lookAtMs = Math.max(this.#lookAtMs, againMs)
    return expired
  }

  /** By session, in the order of their turns. */
  takeAll(): readonly WaitingWork[] {
    this.#passOn()
    const all = this.#ring.takeAll().flatMap((session) => this.#lanes.get(session)?.takeAll() ?? [])
    for (const { request, bytes } of all) this.#room.leave(request.session, bytes)
    this.#length = 0
    this.#clear()
    return all
  }

  /** The session that had its turn goes behind the others, or out. */
  #passOn(): void {
    if (!this.#hadItsTurn) return
    this.#hadItsTurn = false
    const session = this.#ring.removeFirst()
    if (session === undefined) return
    if (this.#lanes.get(session)?.length) this.#ring.push(session)
    else this.#lanes.delete(session)
  }

  #clear(): void {
    this.#ring.takeAll()
    this.#lanes.clear()
    this.#hadItsTurn = false
    this.#lookAtMs = Number.POSITIVE_INFINITY
  }
}

/** Looking at deadlines takes some hundredths of the time at most: of so many requests once in a millisecond. */
const LOOKS_PER_MS = 500
