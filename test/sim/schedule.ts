import { Failure } from './failure.ts'

/** More than any run needs: a node that is busy with itself for ever does not hang the simulator. */
const EVENTS_MAX = 5_000_000

/** What will happen, in the order of its time; what has the same time happens in the order in which it was planned. */
export class Schedule {
  /** Simulated milliseconds since the beginning. */
  now = 0
  /** Events that have happened. */
  count = 0
  #sequence = 0
  /** A binary heap. */
  readonly #heap: Planned[] = []

  /** Plans `run` for `delayMs` from now. */
  after(delayMs: number, run: () => void): void {
    const planned = { at: this.now + Math.max(0, delayMs), sequence: this.#sequence++, run }
    const heap = this.#heap
    let index = heap.length
    heap.push(planned)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Planned
      if (!isBefore(planned, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = planned
  }

  /** Lets everything happen that is planned up to `untilMs`, or until `isDone`. */
  run(untilMs: number, isDone: () => boolean = () => false): void {
    while (!isDone()) {
      const next = this.#heap[0]
      if (next === undefined || next.at > untilMs) break
      this.#takeFirst()
      this.now = next.at
      this.count += 1
      if (this.count > EVENTS_MAX) throw new Failure('liveness', `${EVENTS_MAX} events, and no end`)
      next.run()
    }
    if (!isDone()) this.now = Math.max(this.now, untilMs)
  }

  #takeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Planned)) child += 1
      const below = heap[child] as Planned
      if (!isBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}

interface Planned {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}
