import {
  type CallOptions,
  connect,
  type Database,
  DecreeError,
  type Parameters,
  type Result,
} from '../../client/index.ts'
import type { Keys } from '../keys.ts'
import { type Answer, type Driver, type DriverOptions, FailedCall, groups, type Operation } from '../load/driver.ts'

const READ = 'get $key;'
const WRITE = 'x = get $key; put $key $value;'
const PUT = 'put $key $value;'
const TRANSFER = 'a = get $from; if a >= $amount { b = get $to; put $from a - $amount; put $to b + $amount; }'
/** Bytes of values that one program fills or reads back at most. */
const BYTES_AT_ONCE = 1024 * 1024
/** A loaded disk may hold a large batch for long, in milliseconds. */
const FILL_MS_MAX = 60_000

/** Callers of Decree, through the public library: one connection for all of them. */
export class DecreeDriver implements Driver {
  readonly ownKeys = false
  readonly #db: Database
  readonly #keys: Keys
  readonly #append: string
  readonly #options: CallOptions

  static async open({ addresses, keys, timeoutMs }: DriverOptions): Promise<DecreeDriver> {
    return new DecreeDriver(await connect({ servers: addresses }), keys, timeoutMs ?? undefined)
  }

  private constructor(db: Database, keys: Keys, timeoutMs: number | undefined) {
    this.#db = db
    this.#options = { timeoutMs }
    this.#keys = keys
    this.#append = `x = get $key; put $key slice(x + $piece, -${keys.valueBytes});`
  }

  async fill(from: number, to: number): Promise<void> {
    for (const group of this.#fitting(from, to)) {
      const entries = group.map((key) => [this.#keys.nameOf(key), this.#keys.firstValue(key)])
      await this.#db.run('for key, value in $entries { put key value; }', { entries }, { timeoutMs: FILL_MS_MAX })
    }
  }

  async perform(operation: Operation): Promise<Answer> {
    try {
      return await this.#perform(operation)
    } catch (error) {
      if (!(error instanceof DecreeError)) throw error
      throw new FailedCall(error.code, error.outcome === 'unknown', error.message)
    }
  }

  async readBack(from: number, to: number): Promise<readonly number[]> {
    const numbers: number[] = []
    for (const group of this.#fitting(from, to)) {
      const keys = group.map((key) => this.#keys.nameOf(key))
      const { reads } = await this.#db.run('for key in $keys { get key; }', { keys }, { timeoutMs: FILL_MS_MAX })
      for (const key of group) numbers.push(this.#keys.numberOf(key, reads.get(this.#keys.nameOf(key))))
    }
    return numbers
  }

  close(): Promise<void> {
    return this.#db.close()
  }

  async #perform(operation: Operation): Promise<Answer> {
    switch (operation.type) {
      case 'read':
        return this.#ask(READ, { key: this.#keys.nameOf(operation.key) }, operation.key)
      case 'rmw': {
        const key = this.#keys.nameOf(operation.key)
        return this.#ask(WRITE, { key, value: operation.value }, operation.key)
      }
      case 'literal': {
        const key = JSON.stringify(this.#keys.nameOf(operation.key))
        return this.#ask(`x = get ${key}; put ${key} ${JSON.stringify(operation.value)};`, {}, operation.key)
      }
      case 'append': {
        const key = this.#keys.nameOf(operation.key)
        return this.#ask(this.#append, { key, piece: operation.piece }, operation.key)
      }
      case 'put':
        return this.#ask(PUT, { key: this.#keys.nameOf(operation.key), value: operation.value })
      case 'transfer': {
        const { from, to, amount } = operation
        return this.#ask(TRANSFER, { from: this.#keys.nameOf(from), to: this.#keys.nameOf(to), amount }, from, to)
      }
      default:
        return operation satisfies never
    }
  }

  async #ask(text: string, parameters: Parameters, first?: number, second?: number): Promise<Answer> {
    const result = await this.#db.run(text, parameters, this.#options)
    if (result.status !== 'committed') throw new Error('A program without `abort` was aborted.')
    const revision = Number(result.revision)
    if (first === undefined) return { revision }
    const read = this.#numberIn(result, first)
    // What a transfer does not get to, it does not read.
    if (second === undefined || result.reads.size < 2) return { revision, read }
    return { revision, read, second: this.#numberIn(result, second) }
  }

  #numberIn({ reads }: Result, key: number): number {
    return this.#keys.numberOf(key, reads.get(this.#keys.nameOf(key)))
  }

  #fitting(from: number, to: number): Iterable<readonly number[]> {
    return groups(from, to, Math.max(1, Math.floor(BYTES_AT_ONCE / this.#keys.valueBytes)))
  }
}
