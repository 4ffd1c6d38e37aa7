import { ABSENT, type Access, apply, type State } from './steps.ts'

export type Answer =
  | { readonly type: 'linearizable' }
  /** `stuck`: of the longest order that was found, the access that cannot come next and cannot wait. */
  | { readonly type: 'impossible'; readonly stuck: Access; readonly state: State }
  /** The steps did not suffice to find out. */
  | { readonly type: 'exhausted' }

/**
 * Whether accesses of one register can have happened one after the other, each between its beginning and its end: Wing
 * and Gong's search (1993), which never visits the same situation twice (Lowe 2017). Situations are what has happened
 * and what the register holds then. `accesses` are in the order in which they began. Takes at most `stepsMax` steps.
 *
 * An access that changes nothing and fits is taken at once: what could happen before it can happen after it as well.
 */
export function linearize(accesses: readonly Access[], stepsMax: number): Answer {
  return new Linearization(accesses).search(stepsMax)
}

/** A decision: an access was let happen, and those that changed nothing and fitted after it. */
interface Decision {
  readonly access: number
  readonly before: State
  readonly absorbed: readonly number[]
  /** What else could happen next, the best last. */
  readonly others: number[]
}

class Linearization {
  readonly #accesses: readonly Access[]
  readonly #definite: number
  /** Definite accesses that have not happened, as a ring in the order in which they began; the last place is its head. */
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #unknown: readonly Access[]
  /** Unknown accesses that have happened, in the order in which they began. */
  readonly #used: Uint8Array
  readonly #visited = new Set<string>()
  #state: State = ABSENT
  #left: number
  #fewestLeft: number
  #stuck: { readonly access: Access; readonly state: State } | undefined

  constructor(all: readonly Access[]) {
    const definite = all.filter(({ isUnknown }) => !isUnknown)
    this.#unknown = usefulUnknown(all)
    this.#accesses = definite
    this.#definite = definite.length
    this.#next = new Int32Array(definite.length + 1)
    this.#previous = new Int32Array(definite.length + 1)
    for (let place = 0; place <= definite.length; place += 1) {
      this.#next[place] = (place + 1) % (definite.length + 1)
      this.#previous[place] = (place + definite.length) % (definite.length + 1)
    }
    this.#used = new Uint8Array(this.#unknown.length)
    this.#left = definite.length
    this.#fewestLeft = definite.length + 1
  }

  search(stepsMax: number): Answer {
    const decisions: Decision[] = []
    let absorbed = this.#absorb()
    let choices = this.#choices()
    let steps = 0
    for (;;) {
      if (this.#left === 0) return { type: 'linearizable' }
      const choice = choices.pop()
      if (choice === undefined) {
        for (const place of absorbed.toReversed()) this.#restore(place)
        const last = decisions.pop()
        if (last === undefined) break
        this.#undo(last)
        absorbed = last.absorbed
        choices = last.others
        continue
      }
      steps += 1
      if (steps > stepsMax) return { type: 'exhausted' }
      decisions.push({ access: choice, before: this.#state, absorbed, others: choices })
      this.#do(choice)
      absorbed = this.#absorb()
      choices = this.#isNew() ? this.#choices() : []
    }
    if (this.#stuck === undefined) throw new Error('a search that failed did not get stuck anywhere')
    return { type: 'impossible', stuck: this.#stuck.access, state: this.#stuck.state }
  }

  /** Lets happen all that changes nothing and fits. */
  #absorb(): readonly number[] {
    const absorbed: number[] = []
    for (let isDone = false; !isDone; ) {
      isDone = true
      for (const place of this.#ready()) {
        const access = this.#accesses[place]
        if (access === undefined || !access.isPure || apply(access.steps, this.#state) === undefined) continue
        this.#remove(place)
        absorbed.push(place)
        isDone = false
      }
    }
    return absorbed
  }

  /** Definite accesses that may happen next: no other ended before they began. */
  #ready(): number[] {
    const ready: number[] = []
    let earliestEnd = Number.POSITIVE_INFINITY
    for (let place = this.#next[this.#definite] ?? 0; place !== this.#definite; place = this.#next[place] ?? 0) {
      const operation = this.#accesses[place]?.operation
      if (operation === undefined || operation.invoked > earliestEnd) break
      earliestEnd = Math.min(earliestEnd, operation.completed)
      ready.push(place)
    }
    return ready
  }

  /** What may happen next, the best last: what ended first; unknown ones, counted behind the definite, if all else fails. */
  #choices(): number[] {
    const ready = this.#ready()
    const endOf = (place: number): number => this.#accesses[place]?.operation.completed ?? 0
    ready.sort((a, b) => endOf(b) - endOf(a))
    const first = ready.at(-1)
    const urgent = first === undefined ? undefined : this.#accesses[first]
    if (urgent !== undefined && this.#left < this.#fewestLeft) {
      this.#fewestLeft = this.#left
      this.#stuck = { access: urgent, state: this.#state }
    }
    const definite = ready.filter((place) => {
      const access = this.#accesses[place]
      return access !== undefined && apply(access.steps, this.#state) !== undefined
    })
    return [...this.#unknownChoices(urgent), ...definite]
  }

  /** Unknown accesses that may happen next and change something; of those with equal effect one. */
  #unknownChoices(urgent: Access | undefined): number[] {
    const choices: number[] = []
    const effects = new Set<State>()
    for (const [index, access] of this.#unknown.entries()) {
      if (urgent === undefined || access.operation.invoked > urgent.operation.completed) break
      if (this.#used[index] === 1) continue
      const after = apply(access.steps, this.#state)
      if (after === undefined || after === this.#state) continue
      const isPlain = access.steps.every(({ type }) => type === 'write')
      if (isPlain && effects.has(after)) continue
      if (isPlain) effects.add(after)
      choices.push(this.#definite + 1 + index)
    }
    return choices.reverse()
  }

  #do(choice: number): void {
    const access = choice > this.#definite ? this.#unknown[choice - this.#definite - 1] : this.#accesses[choice]
    if (access === undefined) throw new Error(`choice ${choice} of ${this.#definite} accesses`)
    this.#state = apply(access.steps, this.#state) ?? this.#state
    if (choice > this.#definite) this.#used[choice - this.#definite - 1] = 1
    else this.#remove(choice)
  }

  #undo({ access, before }: Decision): void {
    this.#state = before
    if (access > this.#definite) this.#used[access - this.#definite - 1] = 0
    else this.#restore(access)
  }

  #remove(place: number): void {
    const [next, previous] = [this.#next[place] ?? 0, this.#previous[place] ?? 0]
    this.#next[previous] = next
    this.#previous[next] = previous
    this.#left -= 1
  }

  /** Undoes the latest removal that is not undone yet. */
  #restore(place: number): void {
    this.#next[this.#previous[place] ?? 0] = place
    this.#previous[this.#next[place] ?? 0] = place
    this.#left += 1
  }

  /**
   * Whether this situation is met for the first time. All that has happened lies before the first that has not, but for
   * the few that overlap: so those that wait up to there name the situation, with their number and what else counts.
   */
  #isNew(): boolean {
    let name = `${this.#state}/${this.#left}/`
    for (const used of this.#used) name += used
    const happened = this.#definite - this.#left
    let waiting = 0
    for (let place = this.#next[this.#definite] ?? 0; place !== this.#definite; place = this.#next[place] ?? 0) {
      waiting += 1
      name += `/${place}`
      // As many before this place have happened as have happened at all.
      if (place + 1 - waiting === happened) break
    }
    if (this.#visited.has(name)) return false
    this.#visited.add(name)
    return true
  }
}

/**
 * Unknown accesses that can explain anything. One that writes what nobody ever saw cannot, unless somebody was told
 * that the register did *not* hold something.
 */
function usefulUnknown(all: readonly Access[]): readonly Access[] {
  const seen = new Set<State>()
  let isAnyUseful = false
  for (const { steps } of all) {
    for (const step of steps) {
      if (step.type === 'read') seen.add(step.value)
      if (step.type !== 'swap') continue
      seen.add(step.from)
      if (step.took === false) isAnyUseful = true
    }
  }
  const isUseful = ({ steps }: Access): boolean =>
    isAnyUseful || steps.some((step) => step.type !== 'read' && seen.has(step.type === 'write' ? step.value : step.to))
  return all.filter((access) => access.isUnknown && isUseful(access))
}
