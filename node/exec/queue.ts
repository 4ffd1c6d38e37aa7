import type { ParseJob, ParseOutcome, Program } from '../../lang/index.ts'
import type { Request, Respond } from './requests.ts'

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

/** Bounds what waits, whatever it waits for, in number and bytes. */
export class WaitingRoom {
  readonly #countMax: number
  readonly #bytesMax: number
  #count = 0
  #bytes = 0

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  /** False: there is no room. One alone may be larger than the bound. */
  enter(bytes: number): boolean {
    if (this.#count >= this.#countMax) return false
    if (this.#count > 0 && this.#bytes + bytes > this.#bytesMax) return false
    this.enterAgain(bytes)
    return true
  }

  /** Undoes a `leave`. */
  enterAgain(bytes: number): void {
    this.#count += 1
    this.#bytes += bytes
  }

  leave(bytes: number): void {
    this.#count -= 1
    this.#bytes -= bytes
  }
}

/** Requests that wait to be executed, first in, first out. */
export class WorkQueue {
  readonly #room: WaitingRoom
  #items: WaitingWork[] = []
  /** Where in `#items` the first is. */
  #head = 0
  /** No deadline of an item is before this. */
  #earliestMs = Number.POSITIVE_INFINITY

  /** `room`: all that waits here is in it. */
  constructor(room: WaitingRoom) {
    this.#room = room
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** It has entered the room; when it is taken, it leaves. */
  push(item: WaitingWork): void {
    this.#items.push(item)
    this.#earliestMs = Math.min(this.#earliestMs, item.request.deadlineMs)
  }

  removeFirst(): WaitingWork | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#room.leave(item.bytes)
    this.#head += 1
    if (this.#head === this.#items.length || this.#head >= COMPACT_AT) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    if (this.#items.length === 0) this.#earliestMs = Number.POSITIVE_INFINITY
    return item
  }

  /** Undoes `removeFirst`. */
  putBack(item: WaitingWork): void {
    this.#items = [item, ...this.#items.slice(this.#head)]
    this.#head = 0
    this.#room.enterAgain(item.bytes)
    this.#earliestMs = Math.min(this.#earliestMs, item.request.deadlineMs)
  }

  /** Takes those whose deadline is before `nowMs`. */
  takeExpired(nowMs: number): readonly WaitingWork[] {
    if (nowMs <= this.#earliestMs) return []
    const expired: WaitingWork[] = []
    for (const item of this.takeAll()) {
      if (item.request.deadlineMs < nowMs) {
        expired.push(item)
        continue
      }
      this.#room.enterAgain(item.bytes)
      this.push(item)
    }
    return expired
  }

  takeAll(): readonly WaitingWork[] {
    const all = this.#items.slice(this.#head)
    for (const { bytes } of all) this.#room.leave(bytes)
    this.#items = []
    this.#head = 0
    this.#earliestMs = Number.POSITIVE_INFINITY
    return all
  }
}

/** Taken items are cut off in pieces: one by one would cost a copy each. */
const COMPACT_AT = 1_024
