import type { Call } from './call.ts'
import type { Calls } from './calls.ts'
import { LIMITS } from './limits.ts'
import type { Routes } from './routes.ts'
import { isMoreUrgent, isSilent } from './silence.ts'
import type { Stream } from './stream.ts'

/** What a watch has done. */
export interface Watched {
  /** The call's deadline is past. */
  isOver(call: Call): void
  /** The call is to ask another server. */
  ask(call: Call, stream: Stream): void
}

/** Looks every so often at the calls that wait: for deadlines, and for servers that have fallen silent. */
export class Watch {
  readonly #calls: Calls
  readonly #routes: Routes
  readonly #on: Watched
  #timer: NodeJS.Timeout | undefined
  /** When a silent server's calls last asked another one, by `performance.now()`. */
  #probedAtMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(calls: Calls, routes: Routes, on: Watched) {
    this.#calls = calls
    this.#routes = routes
    this.#on = on
  }

  /** Goes on for as long as there are calls. */
  begin(): void {
    if (this.#timer === undefined && !this.#closed) this.#timer = setTimeout(() => this.#look(), LIMITS.sweepMs)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    let waiting: Call | undefined
    for (const call of this.#calls) {
      if (now >= call.deadlineMs) this.#on.isOver(call)
      else if (call.isUnderWay && (waiting === undefined || isMoreUrgent(call, waiting, now))) waiting = call
    }
    if (waiting !== undefined) this.#probe(waiting, now)
    if (this.#calls.size > 0) this.begin()
  }

  /** Where a server has fallen silent, the call that has waited longest asks another one, on behalf of all. */
  #probe(call: Call, now: number): void {
    const silent = isSilent(call, now)
    if (!silent && now - call.sentAtMs < LIMITS.patienceMs) return
    if (now - this.#probedAtMs < (silent ? LIMITS.probeMs : LIMITS.patienceMs)) return
    const { leader } = this.#routes
    if (call.isAskedOn(leader)) this.#routes.leave(leader)
    const other = this.#routes.another(call.askedOn)
    if (other === undefined) return
    this.#probedAtMs = now
    this.#on.ask(call, other)
  }
}
