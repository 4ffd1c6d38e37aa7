import { type Database, DecreeError } from '../client/index.ts'
import { Ledger } from './ledger.ts'

const WRITE = 'old = get $key; if old != null { put $key $value; }'
const READ = 'get $key;'
/** What one program fills or reads back at most: so many keys, and bytes of values. */
const KEYS_AT_ONCE = 100
const BYTES_AT_ONCE = 1024 * 1024

/** Callers that each run one program after the other, and the ledger of what they were told. */
export class Load {
  readonly #db: Database
  readonly #keys: number
  readonly #valueBytes: number
  readonly #readShare: number
  readonly #ledger: Ledger
  #lastNumber = 0
  #isRunning = false
  /** Milliseconds of each call that has ended since `forget`. */
  #latenciesMs: number[] = []
  /** What calls failed with, and how often. */
  readonly failures = new Map<string, number>()

  constructor(
    db: Database,
    { keys, valueBytes, readShare }: { readonly keys: number; readonly valueBytes: number; readonly readShare: number },
  ) {
    this.#db = db
    this.#keys = keys
    this.#valueBytes = valueBytes
    this.#readShare = readShare
    this.#ledger = new Ledger(keys)
  }

  /** Gives every key its first value. */
  async fill(): Promise<void> {
    for (const group of this.#groups()) {
      const text = group.map((_, n) => `put $k${n} $value;`).join(' ')
      await this.#db.run(text, { ...Object.fromEntries(namesOf(group)), value: this.#value(0) })
    }
  }

  /** Starts callers; they go on until `stop`. The promise resolves when each has had its last answer. */
  run(callers: number): Promise<unknown> {
    this.#isRunning = true
    return Promise.all(Array.from({ length: callers }, () => this.#caller()))
  }

  stop(): void {
    this.#isRunning = false
  }

  /** Gives what was measured since the last call, and begins anew. */
  take(): readonly number[] {
    const taken = this.#latenciesMs
    this.#latenciesMs = []
    return taken
  }

  /** Checks everything that callers were told. None may run. Throws an Error that names what cannot be. */
  check(): void {
    this.#ledger.check()
  }

  /** Reads every key back; `check` must have been called before. Throws likewise. */
  async checkAll(): Promise<void> {
    for (const group of this.#groups()) {
      const text = group.map((_, n) => `get $k${n};`).join(' ')
      const { reads } = await this.#db.run(text, Object.fromEntries(namesOf(group)))
      for (const key of group) this.#ledger.checkHeld(key, this.#numberOf(reads.get(nameOf(key))))
    }
  }

  async #caller(): Promise<void> {
    while (this.#isRunning) {
      const key = Math.floor(Math.random() * this.#keys)
      const startedMs = performance.now()
      if (Math.random() < this.#readShare) await this.#read(key)
      else await this.#write(key)
      this.#latenciesMs.push(performance.now() - startedMs)
    }
  }

  async #read(key: number): Promise<void> {
    const name = nameOf(key)
    try {
      const result = await this.#db.run(READ, { key: name })
      if (result.status !== 'committed') throw new Error('A program without `abort` was aborted.')
      this.#ledger.read(Number(result.revision), key, this.#numberOf(result.reads.get(name)))
    } catch (error) {
      this.#failed(error)
    }
  }

  async #write(key: number): Promise<void> {
    const name = nameOf(key)
    const number = ++this.#lastNumber
    try {
      const result = await this.#db.run(WRITE, { key: name, value: this.#value(number) })
      if (result.status !== 'committed') throw new Error('A program without `abort` was aborted.')
      this.#ledger.wrote(Number(result.revision), key, this.#numberOf(result.reads.get(name)), number)
    } catch (error) {
      if (this.#failed(error) === 'unknown') this.#ledger.maybeWrote(key, number)
    }
  }

  /** A call that failed is counted; anything else that was thrown ends the benchmark. */
  #failed(error: unknown): DecreeError['outcome'] {
    if (!(error instanceof DecreeError)) throw error
    this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1)
    return error.outcome
  }

  #value(number: number): string {
    return `${number} `.padEnd(this.#valueBytes, '.')
  }

  #numberOf(value: unknown): number {
    if (typeof value === 'string' && value.length === this.#valueBytes) return Number.parseInt(value, 10)
    throw new Error(`A key held ${JSON.stringify(value)}, which nobody wrote.`)
  }

  *#groups(): IterableIterator<readonly number[]> {
    const size = Math.min(KEYS_AT_ONCE, Math.floor(BYTES_AT_ONCE / this.#valueBytes))
    for (let first = 0; first < this.#keys; first += size) {
      yield Array.from({ length: Math.min(size, this.#keys - first) }, (_, n) => first + n)
    }
  }
}

function nameOf(key: number): string {
  return `key ${key}`
}

function namesOf(group: readonly number[]): readonly (readonly [string, string])[] {
  return group.map((key, n) => [`k${n}`, nameOf(key)])
}
