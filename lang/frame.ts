import { exceeded, Fault } from './errors.ts'
import { keyProblem } from './keys.ts'
import { costs, limits } from './limits.ts'
import type { ProgramView, Written } from './run.ts'
import type { Value } from './value.ts'
import { type Spend, spendBytes, valueBytes } from './values.ts'

/** One execution of a program: its variables, what it has read and written, what it has cost. */
export class Frame {
  /** By slot. A variable that this execution has not assigned is null. */
  readonly variables: Value[]
  /** Every parameter that the text names is here. */
  readonly parameters: ReadonlyMap<string, Value>
  /** Keys whose value before the transaction belongs into the result. */
  readonly reads = new Set<string>()
  readonly writes = new Map<string, Written>()
  readonly #view: ProgramView
  /** What the view said, so that it is asked once for each key. Tombstones are absent here. */
  readonly #before = new Map<string, Written | undefined>()
  readonly #costMax: number
  #cost = 0
  #patchBytes = 0
  /** Where the execution is, for errors. */
  #at: number | undefined = undefined

  constructor(variables: number, parameters: ReadonlyMap<string, Value>, view: ProgramView, costMax: number) {
    this.variables = new Array<Value>(variables).fill(null)
    this.parameters = parameters
    this.#view = view
    this.#costMax = costMax
  }

  /** Counts a step at this place of the text. */
  step(at: number): void {
    this.#at = at
    this.spend(costs.step)
  }

  readonly spend: Spend = (units) => {
    this.#cost += units
    if (this.#cost <= this.#costMax) return
    throw exceeded('costMax', `a cost of ${this.#cost}`, this.#cost, this.#at, this.#costMax)
  }

  /** The key's value as this transaction sees it; its value before goes into the result. */
  get(key: string, at: number): Value {
    this.#at = at
    this.spend(costs.get)
    this.reads.add(key)
    const own = this.writes.get(key)
    return own === undefined ? (this.before(key)?.value ?? null) : own.value
  }

  /** A `get` that the text spells out belongs into the result, whether it has run or not; it costs the same. */
  promise(key: string): void {
    if (this.reads.has(key)) return
    this.reads.add(key)
    this.spend(costs.get)
  }

  /** Null deletes. */
  put(key: string, value: Value, at: number): void {
    this.#at = at
    const own = this.writes.get(key)
    const before = this.before(key)
    if (own !== undefined) this.#patchBytes -= entryBytes(key, own.value)
    // An absent key that is deleted again stays as if it had never been touched.
    if (value === null && before === undefined) {
      this.writes.delete(key)
      return
    }
    this.#checkValue(value, at)
    this.#patchBytes += entryBytes(key, value)
    if (this.#patchBytes > limits.patchBytesMax) {
      throw exceeded('patchBytesMax', `writing ${this.#patchBytes} bytes`, this.#patchBytes, at)
    }
    this.writes.set(key, { value, version: value === null ? 0 : nextVersion(own ?? before) })
  }

  /** The key's entry before the transaction; undefined if it was absent. */
  before(key: string): Written | undefined {
    const known = this.#before.get(key)
    if (known !== undefined || this.#before.has(key)) return known
    const entry = this.#view.get(key)
    const before = entry === undefined || entry.value === null ? undefined : entry
    this.#before.set(key, before)
    return before
  }

  #checkValue(value: Value, at: number): void {
    const bytes = valueBytes(value)
    if (bytes === Number.POSITIVE_INFINITY) {
      throw exceeded('valueNestingMax', 'the nesting of a value', limits.valueNestingMax + 1, at)
    }
    if (bytes > limits.valueBytesMax) throw exceeded('valueBytesMax', `a value of ${bytes} bytes`, bytes, at)
    spendBytes(bytes, this.spend)
  }
}

/** A value in key position. Throws a Fault. */
export function keyOf(value: Value, at: number): string {
  const problem = keyProblem(value)
  if (problem === undefined) return value as string
  throw new Fault('invalid_key', `a key ${problem}`, at)
}

function nextVersion(latest: Written | undefined): number {
  return latest === undefined || latest.value === null ? 0 : latest.version + 1
}

function entryBytes(key: string, value: Value): number {
  return Buffer.byteLength(key) + valueBytes(value) + ENTRY_BYTES
}

/** Revision, version and the tags of an entry of a patch. */
const ENTRY_BYTES = 40
