import type { ParseJob } from '../../lang/index.ts'
import type { Request, Respond } from './requests.ts'
import type { WaitingRoom } from './room.ts'

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
 * is parsed once, one shape after the other. A shape that nobody waits for any more is not parsed.
 *
 * Sessions take turns, each with its own shapes in the order in which they were met: one that sends many does not keep
 * the others waiting for all of them. Sessions of one request, which cost their sender nothing, have one turn together.
 */
export class ParkedWork {
  readonly #room: WaitingRoom
  /** Those with somebody who waits for them. */
  readonly #shapes = new Map<string, Shape>()
  /** Whose turn it is first; and which shapes each waits for, the first one met first. */
  readonly #turns = new Map<string, Set<string>>()
  /** What the parser has, with a text of that shape, and whose turn it is. */
  #underWay: { readonly job: ParseJob; readonly text: string; readonly turn: string } | null = null
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
    const turn = turnOf(parked)
    const shapes = this.#turns.get(turn) ?? new Set()
    this.#turns.set(turn, shapes.add(job.shape))
    this.#earliestMs = Math.min(this.#earliestMs, parked.request.deadlineMs)
  }

  /** What the parser is to be given now; null: it is busy, or nobody waits. */
  begin(): ParseJob | null {
    if (this.#underWay !== null) return null
    for (const [turn, [first = '']] of this.#turns) {
      const shape = this.#shapes.get(first)
      if (shape === undefined) throw new Error('a session waits for a shape that nobody waits for')
      this.#underWay = { job: shape.job, text: shape.waiting[0]?.text ?? '', turn }
      return shape.job
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
    this.#forget(shape, waiting)
    const left = this.#turns.get(ended.turn)
    if (left !== undefined) {
      // Behind all others now, those included that have come meanwhile.
      this.#turns.delete(ended.turn)
      this.#turns.set(ended.turn, left)
    }
    return { ...ended, waiting }
  }

  /** Takes those whose deadline is before `nowMs`. */
  takeExpired(nowMs: number): readonly Parked[] {
    if (nowMs <= this.#earliestMs) return []
    const expired: Parked[] = []
    this.#earliestMs = Number.POSITIVE_INFINITY
    for (const [shape, { job, waiting }] of this.#shapes) {
      const others: Parked[] = []
      const late: Parked[] = []
      for (const parked of waiting) {
        const { deadlineMs } = parked.request
        if (deadlineMs < nowMs) late.push(parked)
        else {
          others.push(parked)
          this.#earliestMs = Math.min(this.#earliestMs, deadlineMs)
        }
      }
      if (others.length === 0) this.#shapes.delete(shape)
      else this.#shapes.set(shape, { job, waiting: others })
      const still = new Set(others.map(turnOf))
      this.#forget(
        shape,
        late.filter((parked) => !still.has(turnOf(parked))),
      )
      expired.push(...late)
    }
    for (const { request, bytes } of expired) this.#room.leave(request.session, bytes)
    return expired
  }

  takeAll(): readonly Parked[] {
    const all = [...this.#shapes.values()].flatMap(({ waiting }) => waiting)
    for (const { request, bytes } of all) this.#room.leave(request.session, bytes)
    this.#shapes.clear()
    this.#turns.clear()
    this.#earliestMs = Number.POSITIVE_INFINITY
    return all
  }

  /** None of their sessions waits for the shape any more. */
  #forget(shape: string, parked: readonly Parked[]): void {
    for (const one of parked) {
      const turn = turnOf(one)
      const shapes = this.#turns.get(turn)
      shapes?.delete(shape)
      if (shapes?.size === 0) this.#turns.delete(turn)
    }
  }
}

/** The session; of those that have one request only, their kind. */
function turnOf({ request: { session } }: Parked): string {
  return session.startsWith('s') ? session : session.slice(0, 1)
}
