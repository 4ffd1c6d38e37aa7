import type { CallContext } from './builtin.ts'
import type { Facts } from './check.ts'
import { exceeded, Fault } from './errors.ts'
import { costs, limits } from './limits.ts'
import { firstIndex, OwnKeys } from './own-keys.ts'
import type { ProgramView, RunOptions, ViewEntry, Written } from './run.ts'
import type { Value } from './value.ts'
import { compareKeys, type Spend, spendBytes, spendRead, tooDeep, valueBytes } from './values.ts'

/** One execution of a program: its variables, what it has read and written, what it has cost. */
export class Frame implements CallContext {
  /** By slot. A variable that this execution has not assigned is undefined, and reads as null. */
  readonly variables: (Value | undefined)[]
  /** By slot. */
  readonly literals: readonly Value[]
  /** Every parameter that the text names is here. */
  readonly parameters: ReadonlyMap<string, Value>
  readonly nowMs: number
  readonly writes = new Map<string, Written>()
  readonly #view: ProgramView
  readonly #uuid: (() => string) | undefined
  /** What the view said, so that it is asked once for each key. */
  readonly #keys = new Map<string, KnownKey>()
  /** The keys of `writes`, once a scan has asked for their order; some may have gone since. */
  #ownKeys: OwnKeys | undefined = undefined
  readonly #costMax: number
  #cost = 0
  #patchBytes = 0
  #value: Value = null
  #hasAborted = false
  /** Where the execution is, for errors. */
  #at: number | undefined = undefined

  /** `facts` of the program, `literals` of its text. */
  constructor(
    facts: Facts,
    literals: readonly Value[],
    parameters: ReadonlyMap<string, Value>,
    view: ProgramView,
    options: RunOptions,
  ) {
    this.variables = new Array<Value | undefined>(facts.variables.size)
    this.literals = literals
    this.parameters = parameters
    this.#view = view
    this.nowMs = options.nowMs ?? 0
    this.#uuid = options.uuid
    this.#costMax = options.costMax ?? limits.costMax
  }

  /** What the program gave back: null unless it returned something or aborted with it. */
  get value(): Value {
    return this.#value
  }

  /** What it has cost so far. */
  get cost(): number {
    return this.#cost
  }

  /** Whether the program ended itself so that nothing is written. */
  get hasAborted(): boolean {
    return this.#hasAborted
  }

  /** The program ends and gives this value back. */
  end(value: Value, hasAborted: boolean, at: number): void {
    if (valueBytes(value) === Number.POSITIVE_INFINITY) throw tooDeep('the value given back', at)
    this.#value = value
    this.#hasAborted = hasAborted
  }

  /** Counts a step at this place of the text. */
  step(at: number): void {
    this.#at = at
    this.#count(costs.step)
  }

  readonly spend: Spend = (units) => this.#count(units)

  #count(units: number): void {
    this.#cost += units
    if (this.#cost <= this.#costMax) return
    const bound = this.#costMax
    const advice = ': the program does too much; split it into several transactions'
    throw exceeded('costMax', `a cost of ${this.#cost}`, this.#cost, this.#at, { bound, advice })
  }

  uuid(): string {
    if (this.#uuid === undefined) throw new Fault('invalid_argument', 'uuid() gives nothing here', this.#at)
    return this.#uuid()
  }

  /** The key's value as this transaction sees it; its value before goes into the result. */
  get(key: string, at: number): Value {
    const entry = this.#entry(key, at)
    this.#known(key).isRead = true
    return entry?.value ?? null
  }

  exists(key: string, at: number): boolean {
    return (this.#entry(key, at)?.value ?? null) !== null
  }

  /** Puts since the one that created the key; null: it is absent. */
  version(key: string, at: number): Value {
    const entry = this.#entry(key, at)
    return entry === undefined || entry.value === null ? null : BigInt(entry.version)
  }

  /** The transaction that wrote the key last, this one included; 0: it is absent. */
  revision(key: string, at: number): bigint {
    const entry = this.#entry(key, at)
    if (entry === undefined || entry.value === null) return 0n
    return BigInt('revision' in entry ? entry.revision : this.#view.revision + 1)
  }

  /** The key's entry as this transaction sees it. */
  #entry(key: string, at: number): Written | ViewEntry | undefined {
    this.#at = at
    this.#count(costs.get)
    return this.writes.get(key) ?? this.#known(key).before
  }

  /** A `get` that the text spells out belongs into the result, whether it has run or not; it costs the same. */
  promise(key: string): void {
    if (this.#keys.get(key)?.isRead === true) return
    this.#count(costs.get)
    this.#known(key).isRead = true
  }

  /** Keys that belong into the result and were there before the transaction, in key order. */
  readEntries(): readonly (readonly [key: string, before: ViewEntry])[] {
    const entries: [string, ViewEntry][] = []
    for (const [key, { before, isRead }] of this.#keys) if (isRead && before !== undefined) entries.push([key, before])
    return entries.length > 1 ? entries.sort(([a], [b]) => compareKeys(a, b)) : entries
  }

  /** Null deletes. */
  put(key: string, value: Value, at: number): void {
    this.#at = at
    const own = this.writes.get(key)
    if (own === undefined && !this.#keys.has(key)) this.#count(costs.untouched)
    const { before } = this.#known(key)
    if (own !== undefined) this.#patchBytes -= keyBytes(key) + valueBytes(own.value)
    // An absent key that is deleted again stays as if it had never been touched.
    if (value === null && before === undefined) {
      this.writes.delete(key)
      return
    }
    const bytes = valueBytes(value, limits.valueBytesMax)
    this.#checkWritten(value, bytes, at)
    this.#patchBytes += keyBytes(key) + bytes
    if (this.#patchBytes > limits.patchBytesMax) {
      throw exceeded('patchBytesMax', `writing ${this.#patchBytes} bytes`, this.#patchBytes, at)
    }
    this.writes.set(key, { value, version: value === null ? 0 : nextVersion(own ?? before) })
    if (own === undefined) this.#ownKeys?.add(key)
  }

  #known(key: string): KnownKey {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const entry = this.#view.get(key)
    const before = entry === undefined || entry.value === null ? undefined : entry
    const found: KnownKey = { before, isRead: false }
    this.#keys.set(key, found)
    if (before !== undefined) spendRead(before.value, this.spend)
    return found
  }

  /**
   * At most `most` lists of a key and its value: of keys that start with `prefix` and are behind `after` (empty: all), as
   * this transaction sees them, in key order.
   */
  scan(prefix: string, after: string, most: number, at: number): readonly Value[] {
    this.#at = at
    this.#count(costs.scan)
    const found: Value[] = []
    if (most === 0) return found
    const own = this.#sortedOwnKeys()
    let next = firstIndex(own, compareKeys(prefix, after) < 0 ? after : prefix)
    if (own[next] === after) next++
    for (const [key, entry] of this.#view.scan(prefix, after)) {
      for (let mine = own[next]; mine !== undefined && compareKeys(mine, key) < 0; mine = own[++next]) {
        this.#show(mine, undefined, found)
        if (found.length === most) return found
      }
      const isOwn = own[next] === key
      if (isOwn) next++
      this.#show(key, entry, found, isOwn)
      if (found.length === most) return found
    }
    for (let mine = own[next]; mine?.startsWith(prefix); mine = own[++next]) {
      this.#show(mine, undefined, found)
      if (found.length === most) break
    }
    return found
  }

  /** Adds what is under the key, if anything. A tombstone costs as much: there may be many. */
  #show(key: string, entry: ViewEntry | undefined, found: Value[], isOwn = true): void {
    this.#count(costs.entry)
    const value = (isOwn ? this.writes.get(key) : undefined)?.value
    const shown = value === undefined ? (entry?.value ?? null) : value
    if (shown === null) return
    spendRead(shown, this.spend)
    found.push([key, shown])
  }

  #sortedOwnKeys(): readonly string[] {
    if (this.writes.size === 0) return NONE
    this.#ownKeys ??= new OwnKeys(this.writes.keys())
    return this.#ownKeys.sorted()
  }

  #checkWritten(value: Value, bytes: number, at: number): void {
    if (bytes === Number.POSITIVE_INFINITY) throw tooDeep('a value', at)
    if (bytes > limits.valueBytesMax) {
      // Counting has ended at the bound where there are parts.
      const what = `a value of ${bytes} bytes${typeof value === 'string' ? '' : ' or more'}`
      throw exceeded('valueBytesMax', what, bytes, at)
    }
    spendBytes(bytes, this.spend)
  }
}

function nextVersion(latest: Written | undefined): number {
  return latest === undefined || latest.value === null ? 0 : latest.version + 1
}

interface KnownKey {
  /** Its entry before the transaction; undefined if it was absent. */
  readonly before: ViewEntry | undefined
  /** Its value before the transaction belongs into the result. */
  isRead: boolean
}

/** What a key takes in a patch, besides its value. */
function keyBytes(key: string): number {
  return Buffer.byteLength(key) + ENTRY_BYTES
}

/** Revision, version and the tags of an entry of a patch. */
const ENTRY_BYTES = 40

const NONE: readonly string[] = []
