import type { Respond } from '../exec/index.ts'

/** Between members that are nearer to each other than this, ms, nobody is waited for: a slot is over as soon. */
const DISTANCE_MS_MIN = 5
/** Callers whose habits are remembered; those that were answered longest ago are forgotten first. */
const CALLERS_MAX = 1_024
/** Parts of a new measure that go into the smoothed one, and into its mean deviation (as TCP does, RFC 6298). */
const GAIN = 1 / 8
const SPREAD_GAIN = 1 / 4
/** So many mean deviations later than usual a caller is no longer waited for. */
const SPREADS = 2
/** Nor later than this, if it always comes at the same time, ms. */
const LATE_MS_MIN = 0.5

/** A session that has been answered when a slot was chosen. */
interface Caller {
  /** When it was answered last, and has not asked since; null: it has. */
  answeredAtMs: number | null
  /** From its answer to its next request, usually; null: not known yet. */
  gapMs: number | null
  /** Mean deviation from that. */
  spreadMs: number
}

/**
 * When the leader begins its next slot, where nodes are far from each other.
 *
 * Slots come one at a time, so that who asks just after one has begun waits for the whole of it. A caller that has just
 * been answered is back after its own round trip: usually some moments after a slot begun at once. Where that is known
 * of callers, the next slot waits for as many of them as make the sum of all waits the least: each one saves a slot, and
 * each of those who are here already, or are waited for, pays the moments. It never waits longer than half a slot.
 *
 * Where nodes are near, nothing is measured and nothing waits. It knows no clock: times are monotonic, in ms.
 */
export class SlotTiming {
  readonly #callers = new Map<string, Caller>()
  #isOn = false
  #isChoosing = false
  /** Slots begun. */
  #slots = 0
  #begunAtMs = 0
  #endedAtMs = 0
  /** How long a slot takes, smoothed. */
  #slotMs = 0
  /** Requests that have come since the last slot began, and are not answered. */
  #waiting = 0
  /** Until when the next slot waits, and for how many callers. */
  #untilMs = 0
  #awaited = 0

  /** Whether anything is to be told to it. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** The time that a majority of the members takes to be heard; null: it is not known. */
  set distanceMs(distanceMs: number | null) {
    const isOn = distanceMs !== null && distanceMs >= DISTANCE_MS_MIN
    if (isOn === this.#isOn) return
    this.#isOn = isOn
    this.#callers.clear()
    this.#slotMs = distanceMs ?? 0
    this.#waiting = 0
  }

  /** A request has come. Gives what is to be called with its answer. `nowMs`: the time, then too. */
  watch(session: string, respond: Respond, nowMs: () => number): Respond {
    // Others than the library's sessions make one request, and never come back.
    const isCaller = session.startsWith('s')
    if (isCaller) this.#returned(session, nowMs())
    const slots = this.#slots
    this.#waiting += 1
    return (response) => {
      if (slots === this.#slots) this.#waiting -= 1
      if (isCaller && this.#isChoosing && this.#isOn) this.#answered(session, nowMs())
      respond(response)
    }
  }

  /** A slot begins. */
  began(nowMs: number): void {
    this.#slots += 1
    this.#begunAtMs = nowMs
    this.#waiting = 0
    this.#awaited = 0
    this.#untilMs = 0
  }

  /** The slot is chosen; `answer` gives the answers of those who waited for that. */
  ended(nowMs: number, answer: () => void): void {
    this.#endedAtMs = nowMs
    this.#slotMs += (nowMs - this.#begunAtMs - this.#slotMs) * GAIN
    this.#isChoosing = true
    try {
      answer()
    } finally {
      this.#isChoosing = false
    }
  }

  /** When the next slot is to begin, as far as is known now; not later than `nowMs`: at once. */
  beginAtMs(nowMs: number): number {
    if (this.#awaited === 0 || this.#untilMs <= nowMs) this.#decide(nowMs)
    return this.#untilMs
  }

  #decide(nowMs: number): void {
    const latestMs = this.#endedAtMs + this.#slotMs / 2
    const dueMs: number[] = []
    for (const caller of this.#callers.values()) {
      const backAtMs = backAt(caller)
      if (backAtMs !== null && backAtMs > nowMs && backAtMs <= latestMs) dueMs.push(backAtMs)
    }
    dueMs.sort((a, b) => a - b)
    this.#untilMs = nowMs
    this.#awaited = 0
    const all = this.#waiting + dueMs.length
    let saved = 0
    for (const [index, backAtMs] of dueMs.entries()) {
      const saves = (index + 1) * this.#slotMs - all * (backAtMs - nowMs)
      if (saves <= saved) continue
      saved = saves
      this.#untilMs = backAtMs
      this.#awaited = index + 1
    }
  }

  #answered(session: string, nowMs: number): void {
    const caller = this.#callers.get(session) ?? { answeredAtMs: null, gapMs: null, spreadMs: 0 }
    caller.answeredAtMs = nowMs
    // The last one to be forgotten.
    this.#callers.delete(session)
    this.#callers.set(session, caller)
    if (this.#callers.size <= CALLERS_MAX) return
    for (const oldest of this.#callers.keys()) {
      this.#callers.delete(oldest)
      return
    }
  }

  #returned(session: string, nowMs: number): void {
    const caller = this.#callers.get(session)
    if (caller === undefined || caller.answeredAtMs === null) return
    const backAtMs = backAt(caller)
    if (this.#awaited > 0 && backAtMs !== null && backAtMs <= this.#untilMs) this.#awaited -= 1
    learn(caller, nowMs - caller.answeredAtMs)
    caller.answeredAtMs = null
  }
}

/** When the caller can be expected to have asked again; null: that is not known, or it has. */
function backAt({ answeredAtMs, gapMs, spreadMs }: Caller): number | null {
  return answeredAtMs === null || gapMs === null
    ? null
    : answeredAtMs + gapMs + Math.max(LATE_MS_MIN, SPREADS * spreadMs)
}

function learn(caller: Caller, gapMs: number): void {
  if (caller.gapMs === null) {
    caller.gapMs = gapMs
    caller.spreadMs = gapMs * GAIN
    return
  }
  caller.spreadMs += (Math.abs(gapMs - caller.gapMs) - caller.spreadMs) * SPREAD_GAIN
  caller.gapMs += (gapMs - caller.gapMs) * GAIN
}
