import type { ParseJob } from '../../lang/index.ts'
import type { WaitingRoom } from './queue.ts'
import type { Request, Respond } from './requests.ts'

/** A request whose program is being parsed. */
export interface Parked {
  readonly request: Request
  readonly respond: Respond
  readonly text: string
  /** What it takes in memory, roughly. */
  readonly bytes: number
}

interface Shape {
  readonly job: ParseJob
  readonly waiting: Parked[]
}

/**
 * Requests whose programs are of a shape that is new and too large to be parsed here: however many wait for a shape, it
 * is parsed once, one shape after the other, in the order in which they were met. A shape that nobody waits for any
 * more is not parsed.
 */
export class ParkedWork {
  readonly #room: WaitingRoom
  /** Those with somebody who waits for them, the first one met first. */
  readonly #shapes = new Map<string, Shape>()
  /** What the parser has, with a text of that shape. */
  #underWay: { readonly job: ParseJob; readonly text: string } | null = null
  /** No deadline of a request is before this. */
  #earliestMs = Number.POSITIVE_INFINITY

  /** `room`: all that waits here is in it. */
  constructor(room: WaitingRoom) {
    this.#room = room
  }

  /** It has entered the room. */
  park(parked: Parked, job: ParseJob): void {
    const shape = this.#shapes.get(job.shape) ?? { job, waiting: [] }
    this.#shapes.set(job.shape, shape)
    shape.waiting.push(parked)
    this.#earliestMs = Math.min(this.#earliestMs, parked.request.deadlineMs)
  }

  /** What the parser is to be given now; null: it is busy, or nobody waits. */
  begin(): ParseJob | null {
    if (this.#underWay !== null) return null
    for (const { job, waiting } of this.#shapes.values()) {
      this.#underWay = { job, text: waiting[0]?.text ?? '' }
      return job
    }
    return null
  }

  /**
   * The parser has ended its job. Those that wait for it stay in the room. `text`: one of that shape, whether or not
   * anybody still waits.
   */
  end(): { readonly job: ParseJob; readonly text: string; readonly waiting: readonly Parked[] } {
    const ended = this.#underWay
    if (ended === null) throw new Error('a parser ended a job that it was not given')
    this.#underWay = null
    const { shape } = ended.job
    const waiting = this.#shapes.get(shape)?.waiting ?? []
    this.#shapes.delete(shape)
    return { ...ended, waiting }
  }

  /** Takes those whose deadline is before `nowMs`. */
  takeExpired(nowMs: number): readonly Parked[] {
    if (nowMs <= this.#earliestMs) return []
    const expired: Parked[] = []
    this.#earliestMs = Number.POSITIVE_INFINITY
    for (const [shape, { job, waiting }] of this.#shapes) {
      const others: Parked[] = []
      for (const parked of waiting) {
        const { deadlineMs } = parked.request
        if (deadlineMs < nowMs) expired.push(parked)
        else {
          others.push(parked)
          this.#earliestMs = Math.min(this.#earliestMs, deadlineMs)
        }
      }
      if (others.length === 0) this.#shapes.delete(shape)
      else this.#shapes.set(shape, { job, waiting: others })
    }
    for (const { bytes } of expired) this.#room.leave(bytes)
    return expired
  }

  takeAll(): readonly Parked[] {
    const all = [...this.#shapes.values()].flatMap(({ waiting }) => waiting)
    for (const { bytes } of all) this.#room.leave(bytes)
    this.#shapes.clear()
    this.#earliestMs = Number.POSITIVE_INFINITY
    return all
  }
}
