import type { Operation } from '../history.ts'

/** The highest revision that was told before a moment, and by whom. */
export interface Floor {
  readonly revision: number
  readonly by: Operation | null
}

/**
 * For each operation, by its number, the highest revision that an operation has told that ended before it began: what
 * it saw is at least as new, and what it wrote is newer.
 */
export function floorsOf(operations: readonly Operation[]): readonly Floor[] {
  let floor: Floor = { revision: 0, by: null }
  const floors: Floor[] = []
  const ended = operations.filter(isTold).sort((a, b) => a.completed - b.completed)
  let next = 0
  for (const { invoked } of operations) {
    for (let each = ended[next]; each !== undefined && each.completed < invoked; each = ended[next]) {
      const revision = each.answer.revision ?? 0
      if (revision > floor.revision) floor = { revision, by: each }
      next += 1
    }
    floors.push(floor)
  }
  return floors
}

/**
 * For each operation, by its number, the highest revision that it can have seen, for some that began after it had
 * ended tell theirs. `writers`: operations that wrote at theirs. Infinity: none did.
 */
export function ceilingsOf(operations: readonly Operation[], writers: ReadonlySet<Operation>): readonly number[] {
  let ceiling = Number.POSITIVE_INFINITY
  const ceilings = new Array<number>(operations.length).fill(ceiling)
  const latestFirst = operations.filter(isTold).reverse()
  let next = 0
  for (const { index, completed } of operations.toSorted((a, b) => b.completed - a.completed)) {
    for (let each = latestFirst[next]; each !== undefined && each.invoked > completed; each = latestFirst[next]) {
      ceiling = Math.min(ceiling, (each.answer.revision ?? 0) - (writers.has(each) ? 1 : 0))
      next += 1
    }
    ceilings[index] = ceiling
  }
  return ceilings
}

function isTold({ outcome, answer }: Operation): boolean {
  return outcome === 'committed' && answer.revision !== undefined
}
