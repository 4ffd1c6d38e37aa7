import { compareKeys } from '../lang/values.ts'
import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { DecreeError } from './errors.ts'
import { encodeInPlaceOf } from './keep-floats.ts'
import { CHECK, ReadSet } from './read-set.ts'
import { programOf, type Request, readKey } from './requests.ts'
import { checkRange, type Page, type ScanEntry, type ScanRange, scanPages } from './scan.ts'
import type { Transaction } from './transaction.ts'
import { decodeValue, encodeValue, type Input, type Value } from './value.ts'

const COMMIT = `${CHECK}for key, value in $writes { put key value; }\n`

/** One attempt at a transaction: what it has read and is to write. */
export class Attempt implements Transaction {
  readonly #request: Request
  readonly #reads: ReadSet
  readonly #gets = new Map<string, Promise<WireValue | undefined>>()
  /** What the keys held that were read, for the types of their numbers. */
  readonly #held = new Map<string, WireValue>()
  readonly #writes = new Map<string, WireValue>()
  #isChanged = false
  #isOver = false

  constructor(request: Request) {
    this.#request = request
    this.#reads = new ReadSet(request)
  }

  /** Whether something that was read has changed meanwhile, so that the attempt comes to nothing. */
  get isChanged(): boolean {
    return this.#isChanged
  }

  get(key: string): Promise<Value> {
    const value = this.#get(key)
    // Whoever does not wait for it has not read it: nobody is to hear that it failed.
    value.catch(() => undefined)
    return value
  }

  put(key: string, value: Input): void {
    this.#check(key)
    const before = this.#writes.get(key) ?? this.#held.get(key)
    this.#writes.set(key, encodeInPlaceOf(before, value, '$value'))
  }

  delete(key: string): void {
    this.put(key, null)
  }

  async *scan(prefix: string, range: ScanRange = {}): AsyncGenerator<ScanEntry, void, undefined> {
    this.#check(prefix)
    checkRange(prefix, range)
    const { after, limit = Number.POSITIVE_INFINITY } = range
    const own = [...this.#writes]
      .filter(([key]) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
      .sort(([a], [b]) => compareKeys(a, b))
    let left = limit
    if (left === 0) return
    for await (const entry of merged(this.#found(prefix, { after, limit: limit + own.length }), own)) {
      yield entry
      left -= 1
      if (left === 0) return
    }
  }

  /** No more is done in this attempt. */
  end(): void {
    this.#isOver = true
  }

  /** Writes, if nothing that was read has changed: false if something has, and nothing was written. */
  async commit(): Promise<boolean> {
    if (this.#isChanged) return false
    // All that was read is of one state: without writes the transaction took place there.
    if (this.#writes.size === 0) return true
    const pairs = Array.from(this.#writes, ([key, value]) => listOf([encodeValue(key, 'key'), value]))
    const answer = await this.#request(programOf(COMMIT, { ...this.#reads.parameters, writes: listOf(pairs) }))
    return answer.$case === 'committed'
  }

  async #get(key: string): Promise<Value> {
    this.#check(key)
    const written = this.#writes.get(key)
    if (written !== undefined) return decodeValue(written)
    const known = this.#gets.get(key) ?? this.#read(key)
    this.#gets.set(key, known)
    return decodeHeld(await known)
  }

  async #read(key: string): Promise<WireValue | undefined> {
    const { value, revision, at } = await readKey(this.#request, encodeValue(key, '$key'))
    await this.#admit(this.#reads.addKey({ key, revision, at }))
    if (value !== undefined) this.#held.set(key, value)
    return value
  }

  /** What the store has, page by page, each once it is known to fit to what was read before. */
  async *#found(prefix: string, range: ScanRange): AsyncGenerator<ScanEntry, void, undefined> {
    for await (const page of scanPages(this.#request, prefix, range)) {
      await this.#admit(this.#reads.addRange({ prefix, at: page.at, ...boundsOf(page) }))
      for (const { key, value, revision } of page.entries) {
        this.#held.set(key, value)
        yield { key, value: decodeValue(value), revision }
      }
    }
  }

  async #admit(added: Promise<boolean>): Promise<void> {
    if (await added) return
    this.#isChanged = true
    // Should the function catch it: the attempt comes to nothing all the same.
    throw new DecreeError('conflict', 'what this transaction has read was changed by others; it is run again')
  }

  #check(key: unknown): void {
    if (this.#isOver) throw new DecreeError('invalid_argument', 'the transaction has ended: nothing can be done in it')
    if (typeof key !== 'string') throw new DecreeError('invalid_key', 'a key must be a string')
  }
}

function decodeHeld(value: WireValue | undefined): Value {
  return value === undefined ? null : decodeValue(value)
}

function boundsOf({ after, asked, entries }: Page): {
  readonly after: string | null
  readonly count: number
  readonly last: string | null
} {
  const isFull = entries.length === asked
  return { after, count: entries.length, last: isFull ? (entries.at(-1)?.key ?? null) : null }
}

/** The entries of the store with those written by the transaction in their places. */
async function* merged(
  found: AsyncIterable<ScanEntry>,
  own: readonly (readonly [key: string, value: WireValue])[],
): AsyncGenerator<ScanEntry, void, undefined> {
  let next = 0
  for await (const entry of found) {
    for (; next < own.length; next++) {
      const [key, value] = own[next] ?? ['', NOTHING]
      if (compareKeys(key, entry.key) >= 0) break
      if (value.kind?.$case !== 'null') yield { key, value: decodeValue(value), revision: 0n }
    }
    if (own[next]?.[0] !== entry.key) yield entry
  }
  for (const [key, value] of own.slice(next)) {
    if (value.kind?.$case !== 'null') yield { key, value: decodeValue(value), revision: 0n }
  }
}

const NOTHING: WireValue = { kind: { $case: 'null', value: true } }

function listOf(items: WireValue[]): WireValue {
  return { kind: { $case: 'list', value: { items } } }
}
