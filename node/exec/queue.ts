import type { Program } from '../../lang/index.ts'
import type { Request, Respond } from './requests.ts'

/** A request that can be executed: its program, if it is one, has been compiled. */
export interface Work {
  readonly request: Request
  readonly respond: Respond
  readonly program: Program | null
}

export interface QueuedWork extends Work {
  /** What it takes in memory, roughly. */
  readonly bytes: number
}

/** Requests that wait to be executed, first in, first out, bounded in number and bytes. */
export class WorkQueue {
  readonly #lengthMax: number
  readonly #bytesMax: number
  #items: QueuedWork[] = []
  /** Where in `#items` the first is. */
  #head = 0
  #bytes = 0
  /** No deadline of an item is before this. */
  #earliestMs = Number.POSITIVE_INFINITY

  constructor(lengthMax: number, bytesMax: number) {
    this.#lengthMax = lengthMax
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** False: there is no room. `bytes`: what the request takes, roughly; one alone may be larger than the bound. */
  push(work: Work, bytes: number): boolean {
    if (this.length >= this.#lengthMax) return false
    if (this.length > 0 && this.#bytes + bytes > this.#bytesMax) return false
    const { request, respond, program } = work
    this.#items.push({ request, respond, program, bytes })
    this.#bytes += bytes
    this.#earliestMs = Math.min(this.#earliestMs, request.deadlineMs)
    return true
  }

  removeFirst(): QueuedWork | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#bytes -= item.bytes
    this.#head += 1
    if (this.#head === this.#items.length || this.#head >= COMPACT_AT) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    if (this.#items.length === 0) this.#earliestMs = Number.POSITIVE_INFINITY
    return item
  }

  /** Undoes `removeFirst`. */
  putBack(item: QueuedWork): void {
    this.#items = [item, ...this.#items.slice(this.#head)]
    this.#head = 0
    this.#bytes += item.bytes
    this.#earliestMs = Math.min(this.#earliestMs, item.request.deadlineMs)
  }

  /** Takes those whose deadline is before `nowMs`. */
  takeExpired(nowMs: number): readonly Work[] {
    if (nowMs <= this.#earliestMs) return []
    const expired: Work[] = []
    const all = this.takeAll()
    for (const item of all) {
      if (item.request.deadlineMs < nowMs) expired.push(item)
      else this.push(item, item.bytes)
    }
    return expired
  }

  takeAll(): readonly QueuedWork[] {
    const all = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    this.#bytes = 0
    this.#earliestMs = Number.POSITIVE_INFINITY
    return all
  }
}

/** Taken items are cut off in pieces: one by one would cost a copy each. */
const COMPACT_AT = 1_024
