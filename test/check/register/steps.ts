import type { MicroOperation } from '../event.ts'
import type { Operation } from '../history.ts'
import { type Json, nameOf } from '../json.ts'

/** What a register holds: the number of a value. Absent is a value too. */
export type State = number

export const ABSENT: State = 0

/** What an operation does to one register, all at once. */
export interface Access {
  readonly operation: Operation
  readonly steps: readonly Step[]
  /** It never ended: it may take effect at any time since it began, or never. */
  readonly isUnknown: boolean
  readonly isPure: boolean
}

export type Step =
  | { readonly type: 'read'; readonly value: State }
  | { readonly type: 'write'; readonly value: State }
  /** `took`: whether it was told that the register held `from`; undefined: it was not told. */
  | { readonly type: 'swap'; readonly from: State; readonly to: State; readonly took: boolean | undefined }

/** A register's accesses, in the order in which they began. Refused operations have none. */
export interface Register {
  readonly key: string
  readonly accesses: Access[]
  /** By their numbers. */
  readonly values: readonly Json[]
  /** Values that only operations without effect would have written. */
  readonly refused: ReadonlyMap<State, Operation>
}

/** What the register holds afterwards; undefined: the operation cannot have seen what it saw. */
export function apply(steps: readonly Step[], before: State): State | undefined {
  let state = before
  for (const step of steps) {
    switch (step.type) {
      case 'read':
        if (step.value !== state) return undefined
        break
      case 'write':
        state = step.value
        break
      case 'swap': {
        const takes = step.from === state
        if (step.took !== undefined && step.took !== takes) return undefined
        if (takes) state = step.to
        break
      }
      default:
        return step satisfies never
    }
  }
  return state
}

/** All keys that are not in `lists`, with what was done to them. */
export function registersOf(operations: readonly Operation[], lists: ReadonlySet<string>): readonly Register[] {
  const builders = new Map<string, Builder>()
  for (const operation of operations) {
    for (const [key, ops] of byKey(operation.ops, lists)) {
      let builder = builders.get(key)
      if (builder === undefined) {
        builder = new Builder(key)
        builders.set(key, builder)
      }
      builder.add(operation, ops)
    }
  }
  return [...builders.values()].map((builder) => builder.register())
}

function byKey(
  ops: readonly MicroOperation[],
  lists: ReadonlySet<string>,
): ReadonlyMap<string, readonly MicroOperation[]> {
  const found = new Map<string, MicroOperation[]>()
  for (const op of ops) {
    if (lists.has(op[1])) continue
    const known = found.get(op[1])
    if (known === undefined) found.set(op[1], [op])
    else known.push(op)
  }
  return found
}

class Builder {
  readonly #key: string
  readonly #accesses: Access[] = []
  readonly #values: Json[] = [null]
  readonly #numbers = new Map<string, State>([[nameOf(null), ABSENT]])
  readonly #refused = new Map<State, Operation>()
  readonly #written = new Set<State>()

  constructor(key: string) {
    this.#key = key
  }

  add(operation: Operation, ops: readonly MicroOperation[]): void {
    const { outcome, sees } = operation
    const hasEffect = outcome === 'committed' || outcome === 'unknown'
    const steps: Step[] = []
    for (const op of ops) {
      const step = this.#step(op, sees)
      if (step === undefined) continue
      steps.push(step)
      if (step.type === 'read') continue
      const value = step.type === 'write' ? step.value : step.to
      if (hasEffect) this.#written.add(value)
      else if (!this.#refused.has(value)) this.#refused.set(value, operation)
    }
    if (!hasEffect || steps.length === 0) return
    const isPure = steps.every((step) => step.type === 'read' || (step.type === 'swap' && step.took === false))
    this.#accesses.push({ operation, steps, isUnknown: outcome === 'unknown', isPure })
  }

  register(): Register {
    for (const value of this.#written) this.#refused.delete(value)
    return { key: this.#key, accesses: this.#accesses, values: this.#values, refused: this.#refused }
  }

  #step(op: MicroOperation, sees: boolean): Step | undefined {
    switch (op[0]) {
      case 'r':
        return sees ? { type: 'read', value: this.#number(op[2]) } : undefined
      case 'w':
        return { type: 'write', value: this.#number(op[2]) }
      case 'cas': {
        const [from, to] = op[2]
        // An answer that does not say so means that it took place: an operation that did not is told by `false`.
        const took = sees ? (op[3] ?? true) : undefined
        return { type: 'swap', from: this.#number(from), to: this.#number(to), took }
      }
      case 'append':
        return undefined
      default:
        return op satisfies never
    }
  }

  #number(value: Json): State {
    const name = nameOf(value)
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.#values.length)
    this.#values.push(value)
    return this.#values.length - 1
  }
}
