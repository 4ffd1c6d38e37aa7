import fc from 'fast-check'

/** Where a generator takes its decisions from. Zero is always the plainest. */
export class Choices {
  readonly #next: (bound: number) => number

  /** `next`: a number from 0, below `bound`. */
  constructor(next: (bound: number) => number) {
    this.#next = next
  }

  below(bound: number): number {
    return this.#next(bound)
  }

  /** True this many times in a hundred; plainest: false. */
  chance(percent: number): boolean {
    return this.#next(100) >= 100 - percent
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#next(items.length)] as T
  }

  /** So many things, from none to `most`, fewer rather than more. */
  list<T>(most: number, one: () => T): T[] {
    const count = Math.min(this.#next(most + 1), this.#next(most + 1))
    return Array.from({ length: count }, one)
  }
}

/**
 * An arbitrary of whatever `make` makes. It is shrunk by shrinking the list of decisions: fewer and plainer ones make
 * smaller things. Far cheaper than an arbitrary for every part, and it shrinks across parts.
 */
export function chosen<T>(make: (choices: Choices) => T): fc.Arbitrary<T> {
  return new Chosen(make)
}

class Chosen<T> extends fc.Arbitrary<T> {
  readonly #make: (choices: Choices) => T

  constructor(make: (choices: Choices) => T) {
    super()
    this.#make = make
  }

  override generate(random: fc.Random): fc.Value<T> {
    const taken: number[] = []
    const value = this.#make(
      new Choices((bound) => {
        const number = random.nextInt(0, bound - 1)
        taken.push(number)
        return number
      }),
    )
    return new fc.Value(value, { taken, left: SHRINKS_MAX } satisfies Shrinkable)
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return false
  }

  override shrink(_value: T, context: unknown): fc.Stream<fc.Value<T>> {
    if (!isShrinkable(context)) return fc.Stream.nil()
    return fc.stream(this.#smallerOnes(context))
  }

  *#smallerOnes({ taken, left }: Shrinkable): IterableIterator<fc.Value<T>> {
    let more = left
    for (const decisions of smaller(taken)) {
      if (more === 0) return
      more -= 1
      yield this.#remade(decisions, taken, more)
    }
  }

  /** Decisions beyond the end are zero. */
  #remade(decisions: readonly number[], before: readonly number[], left: number): fc.Value<T> {
    const taken: number[] = []
    const value = this.#make(
      new Choices((bound) => {
        const number = Math.min(decisions[taken.length] ?? 0, bound - 1)
        taken.push(number)
        return number
      }),
    )
    while (taken.length > 0 && taken.at(-1) === 0) taken.pop()
    // A list of decisions that is no smaller would shrink for ever.
    return new fc.Value(value, isSmaller(taken, before) ? ({ taken, left } satisfies Shrinkable) : undefined)
  }
}

/** Shrinking that does not end in time would keep the failing seed to itself. */
const SHRINKS_MAX = 3_000

interface Shrinkable {
  readonly taken: readonly number[]
  /** How many more may be tried. */
  readonly left: number
}

function isShrinkable(context: unknown): context is Shrinkable {
  return typeof context === 'object' && context !== null && 'taken' in context
}

/** Lists with a piece missing, the largest pieces first; then those with a number that is smaller. */
function* smaller(taken: readonly number[]): IterableIterator<readonly number[]> {
  for (let size = taken.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = taken.length - size; start >= 0; start -= size) {
      yield [...taken.slice(0, start), ...taken.slice(start + size)]
    }
  }
  for (let at = 0; at < taken.length; at += 1) {
    const number = taken[at] ?? 0
    if (number > 0) yield taken.with(at, 0)
    if (number > 1) yield taken.with(at, Math.floor(number / 2))
    if (number > 2) yield taken.with(at, number - 1)
  }
}

function isSmaller(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return a.length < b.length
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return (a[at] ?? 0) < (b[at] ?? 0)
  return false
}
