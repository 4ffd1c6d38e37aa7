import { type KeyOptions, Keys } from './keys.ts'
import { Ledger } from './ledger.ts'
import type { DriverName } from './load/drivers.ts'
import type { Task } from './load/load.ts'
import { LoadProcesses } from './load/processes.ts'
import { measure, type Run, type Times } from './measure.ts'
import type { System } from './systems/system.ts'
import type { Workload } from './workloads.ts'

/** A system, and a way to speak with it, whose figures stand beside others'. */
export interface Contestant {
  /** As in tables. */
  readonly name: string
  readonly system: System
  readonly workloads: readonly Workload[]
  /** Sentences: how it is asked, and what is not comparable. */
  readonly remarks: readonly string[]
  /** By code: how often calls have failed. */
  readonly failures: ReadonlyMap<string, number>
  /** Fills its keys. */
  prepare(): Promise<void>
  /** Throws an Error when an answer contradicts another. */
  run(workload: Workload, callers: number, times: Times): Promise<Run>
  /** Reads everything back. Throws an Error when anything that was acknowledged is not there. */
  verify(): Promise<void>
  /** Idempotent. */
  end(): Promise<void>
}

/** What a contestant is made of. */
export interface Entry {
  readonly name: string
  readonly system: System
  readonly driver: DriverName
  readonly workloads: readonly Workload[]
  readonly remarks: readonly string[]
}

export interface LoadOptions {
  readonly keys: KeyOptions
  readonly processes: number
  readonly callersMax: number
  /** After which a call gives up, milliseconds; null: when the system's own client does. */
  readonly timeoutMs: number | null
}

/** A contestant under our own load processes, whose every answer is checked. */
export class CheckedContestant implements Contestant {
  readonly name: string
  readonly system: System
  readonly workloads: readonly Workload[]
  readonly remarks: readonly string[]
  readonly failures = new Map<string, number>()
  readonly #driver: DriverName
  readonly #options: LoadOptions
  readonly #keys: Keys
  readonly #ledger: Ledger
  #load: LoadProcesses | undefined

  constructor({ name, system, driver, workloads, remarks }: Entry, options: LoadOptions) {
    this.name = name
    this.system = system
    this.workloads = workloads
    this.remarks = remarks
    this.#driver = driver
    this.#options = options
    this.#keys = new Keys(options.keys)
    this.#ledger = new Ledger(this.#keys.count, (key) => this.#keys.firstNumber(key))
  }

  async prepare(): Promise<void> {
    await this.open()
    await this.load.fill(this.#keys.count, Number.POSITIVE_INFINITY)
  }

  /** Starts the load processes, for keys that have been filled already. */
  async open(): Promise<void> {
    await Promise.race([this.system.ready(), this.system.died])
    this.#load = await LoadProcesses.start(this.#options.processes, {
      driver: this.#driver,
      addresses: this.system.addresses,
      keys: this.#options.keys,
      callersMax: this.#options.callersMax,
      timeoutMs: this.#options.timeoutMs,
    })
  }

  async run(workload: Workload, callers: number, times: Times): Promise<Run> {
    const run = await measure(this.system, this.load, { workload, callers, rate: null }, times)
    await this.stop()
    return run
  }

  /** Starts callers that go on until `stop`. */
  async start(task: Task): Promise<void> {
    await this.load.startCallers(task)
  }

  /** Ends them, and checks what they were told. */
  async stop(): Promise<void> {
    for (const { operations, doubtful, failures } of await Promise.race([this.load.stopCallers(), this.system.died])) {
      for (const piece of operations) this.#ledger.add(piece)
      for (let n = 0; n + 1 < doubtful.length; n += 2) {
        this.#ledger.maybeWrote(doubtful[n] ?? 0, doubtful[n + 1] ?? 0)
      }
      for (const [code, count] of failures) this.failures.set(code, (this.failures.get(code) ?? 0) + count)
    }
    this.#ledger.check()
  }

  /** `to`: the first key that was never filled. */
  async verify(to: number = this.#keys.count): Promise<void> {
    const numbers = await Promise.race([this.load.readBack(to), this.system.died])
    numbers.forEach((number, key) => {
      this.#ledger.checkHeld(key, number)
    })
  }

  async end(): Promise<void> {
    await this.#load?.end()
  }

  get load(): LoadProcesses {
    if (this.#load === undefined) throw new Error(`${this.name} was not opened.`)
    return this.#load
  }
}
