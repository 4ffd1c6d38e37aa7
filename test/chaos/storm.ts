import type { Random } from '../support/random.ts'
import type { Callers } from './callers.ts'
import { type Drawn, shuffled } from './draw.ts'
import type { Fault } from './faults.ts'
import { type Field, pauseIn } from './field.ts'
import type { Network } from './network.ts'
import type { Nodes } from './nodes.ts'

/** So many faults are under way at once, at most. */
const HANDS = 2
/** A fault that cannot happen at present is tried again after this, ms. */
const RETRY_MS = 50
/** On a slow machine a storm takes longer: until it proves enough, or to so many times its length. */
const LONGER_MAX = 3
/** Between looks at whether it is over, ms. */
const LOOK_MS = 100

/**
 * Lets the faults loose on a cluster under load; when it resolves, each has mended what it broke. Gives how often each
 * struck. `isEnough`: whether the load has got as much done as such a storm must leave room for.
 */
export async function storm(
  drawn: Drawn,
  parts: { readonly nodes: Nodes; readonly network: Network; readonly callers: Callers },
  random: Random,
  isEnough: () => boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map(drawn.faults.map(({ name }) => [name, 0]))
  const over = new AbortController()
  const beganMs = performance.now()
  const watch = setInterval(() => {
    const ms = performance.now() - beganMs
    const isDone = isEnough() && [...counts.values()].every((count) => count > 0)
    if (ms > (isDone ? 1 : LONGER_MAX) * drawn.stormMs) over.abort()
  }, LOOK_MS)
  const queue = new Queue(drawn.faults, random.stream('queue'))

  const hand = async (own: Random): Promise<void> => {
    const field: Field = {
      ...parts,
      random: own,
      get isOver() {
        return over.signal.aborted
      },
      pause: (ms) => pauseIn(over.signal, ms),
    }
    while (!field.isOver) {
      const fault = queue.next()
      let hasStruck = await fault.strike(field)
      while (!hasStruck && !field.isOver) {
        await field.pause(RETRY_MS)
        hasStruck = await fault.strike(field)
      }
      if (hasStruck) counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1)
      await field.pause(own.fraction() * drawn.restMs)
    }
  }
  const hands = Array.from({ length: HANDS }, (_, n) =>
    hand(random.stream(`hand ${n}`)).catch((thrown: unknown) => {
      over.abort()
      throw thrown
    }),
  )
  // If one fails, the others mend what they have broken all the same.
  const ends = await Promise.allSettled(hands)
  clearInterval(watch)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return counts
}

/** All kinds, each once, in an order that is drawn; then again. */
class Queue {
  readonly #faults: readonly Fault[]
  readonly #random: Random
  #left: Fault[] = []

  constructor(faults: readonly Fault[], random: Random) {
    this.#faults = faults
    this.#random = random
  }

  next(): Fault {
    if (this.#left.length === 0) this.#left = [...shuffled(this.#random, this.#faults)]
    const next = this.#left.shift()
    if (next === undefined) throw new Error('no fault was drawn')
    return next
  }
}
