import type { Keys } from '../keys.ts'
import { ANY, NOTHING, UNREAD } from '../ledger.ts'
import { NumbersLog } from '../numbers-log.ts'
import type { Workload } from '../workloads.ts'
import { choose, type Stride } from './choice.ts'
import { type Answer, type Driver, FailedCall, groups, KEYS_AT_ONCE, type Operation } from './driver.ts'
import { Pacer } from './pacer.ts'
import type { Look } from './protocol.ts'

/** Which of several load processes this is. */
export interface Place {
  /** From 0. */
  readonly index: number
  readonly of: number
}

/** What callers are to do. */
export interface Task {
  readonly workload: Workload
  /** In all processes. */
  readonly callers: number
  /** Calls per second of all processes together; null: as many as they can. */
  readonly rate: number | null
}

/** What callers were told, for the ledger. */
export interface Testimony {
  /** `FIELDS` numbers for each operation. */
  readonly operations: readonly Float64Array[]
  /** Pairs of key and number, of writes that may have happened. */
  readonly doubtful: readonly number[]
  /** What calls failed with, and how often. */
  readonly failures: ReadonlyMap<string, number>
}

/** Programs that fill or read back, at one time. */
const AT_ONE_TIME = 16

/** The callers of one process: each makes one call after the other. */
export class Load {
  readonly #driver: Driver
  readonly #keys: Keys
  readonly #place: Place
  #lastNumber = 0
  #lastTransaction = 0
  #isRunning = false
  #pacer: Pacer | null = null
  /** Milliseconds of each call that was answered since the last `look`; those that failed are counted elsewhere. */
  readonly #latenciesMs = new NumbersLog()
  readonly #operations = new NumbersLog()
  #doubtful: number[] = []
  #failures = new Map<string, number>()
  #running: Promise<unknown> = Promise.resolve()
  /** What a caller threw. */
  #thrown: { readonly error: unknown } | null = null

  constructor(driver: Driver, keys: Keys, place: Place) {
    this.#driver = driver
    this.#keys = keys
    this.#place = place
  }

  /**
   * Gives this process' share of the keys up to before `to` their first values, or of the first of them, if the time is
   * over before. Gives the first key of its share that it has left out; `to` if it has left out none.
   */
  async fill(to: number, msMax: number): Promise<number> {
    const deadlineMs = performance.now() + msMax
    const { index, of } = this.#place
    let next = index * KEYS_AT_ONCE
    const worker = async (): Promise<void> => {
      // Looked at before keys are taken: those that were taken are written, so that there are no gaps.
      while (next < to && performance.now() < deadlineMs) {
        const first = next
        next += of * KEYS_AT_ONCE
        await this.#driver.fill(first, Math.min(first + KEYS_AT_ONCE, to))
      }
    }
    await Promise.all(Array.from({ length: AT_ONE_TIME }, worker))
    return Math.min(next, to)
  }

  /** Starts this process' share of the callers. What one of them throws, `look` and `stop` throw. */
  start({ workload, callers, rate }: Task): void {
    this.#isRunning = true
    const { index, of } = this.#place
    const own = Array.from({ length: callers }, (_, n) => n).filter((n) => n % of === index)
    this.#pacer = rate === null || own.length === 0 ? null : new Pacer((rate * own.length) / callers)
    this.#running = Promise.all(
      own.map((n) => this.#caller(workload, this.#driver.ownKeys ? { first: n, step: callers } : EVERY_KEY)),
    )
    this.#running.catch((error: unknown) => {
      this.#thrown = { error }
    })
  }

  look(): Omit<Look, 'processorUs'> {
    if (this.#thrown !== null) throw this.#thrown.error
    return { latenciesMs: this.#latenciesMs.take(), failures: this.#failures, doubts: this.#doubtful.length / 2 }
  }

  /** Ends the callers, waits for their last answers, and gives what they were told since `start`. */
  async stop(): Promise<Testimony> {
    this.#isRunning = false
    this.#pacer?.stop()
    await this.#running
    const testimony = { operations: this.#operations.take(), doubtful: this.#doubtful, failures: this.#failures }
    this.#doubtful = []
    this.#failures = new Map()
    return testimony
  }

  /** Numbers of the values of keys, from the one up to before the other. */
  async readBack(from: number, to: number): Promise<Float64Array> {
    const numbers = new Float64Array(to - from)
    const all = groups(from, to)
    const worker = async (): Promise<void> => {
      for (const group of all) {
        const [first = 0] = group
        numbers.set(await this.#driver.readBack(first, first + group.length), first - from)
      }
    }
    await Promise.all(Array.from({ length: AT_ONE_TIME }, worker))
    return numbers
  }

  async #caller(workload: Workload, stride: Stride): Promise<void> {
    while (this.#isRunning) {
      const dueMs = this.#pacer === null ? performance.now() : await this.#pacer.turn()
      if (!this.#isRunning) return
      const number = this.#next(++this.#lastNumber)
      const operation = choose(workload, this.#keys, stride, number)
      try {
        this.#told(operation, number, await this.#driver.perform(operation))
        this.#latenciesMs.push(performance.now() - dueMs)
      } catch (error) {
        this.#failed(operation, number, error)
      }
    }
  }

  /** A number that no other process gives. */
  #next(count: number): number {
    return count * this.#place.of + this.#place.index
  }

  #told(operation: Operation, number: number, { revision, read = UNREAD, second = UNREAD }: Answer): void {
    const transaction = this.#next(++this.#lastTransaction)
    // Where each caller has keys of its own, its order is the order.
    const at = revision ?? transaction
    switch (operation.type) {
      case 'read':
        return this.#note(at, transaction, operation.key, read, NOTHING)
      case 'transfer': {
        const { from, to, amount } = operation
        const isDone = read >= amount
        this.#note(at, transaction, from, read, isDone ? read - amount : NOTHING)
        if (isDone) this.#note(at, transaction, to, second, second + amount)
        return
      }
      default:
        return this.#note(at, transaction, operation.key, read, number)
    }
  }

  #note(revision: number, transaction: number, key: number, read: number, written: number): void {
    this.#operations.push(revision)
    this.#operations.push(transaction)
    this.#operations.push(key)
    this.#operations.push(read)
    this.#operations.push(written)
  }

  /** A call that failed is counted; anything else that was thrown ends the benchmark. */
  #failed(operation: Operation, number: number, error: unknown): void {
    if (!(error instanceof FailedCall)) throw error
    this.#failures.set(error.code, (this.#failures.get(error.code) ?? 0) + 1)
    if (!error.isUnknown || operation.type === 'read') return
    if (operation.type === 'transfer') this.#doubtful.push(operation.from, ANY, operation.to, ANY)
    else this.#doubtful.push(operation.key, number)
  }
}

const EVERY_KEY: Stride = { first: 0, step: 1 }
