import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Question, Taken, Tally } from './caller-thread.ts'
import type { CallerSpec } from './client.ts'

/** Closed loops that run in a thread of their own, from `start` to `stop`. */
export class Callers {
  readonly specs: readonly CallerSpec[]
  readonly #worker: Worker
  readonly #failed: Promise<never>
  /** Of each caller, in the order of `specs`: when it was answered, ms by `clockMs`. */
  readonly #answersMs: number[][]

  /** Resolves when all of them are connected, and call. */
  static async start(specs: readonly CallerSpec[]): Promise<Callers> {
    const callers = new Callers(specs)
    await callers.#next()
    return callers
  }

  private constructor(specs: readonly CallerSpec[]) {
    this.specs = specs
    this.#answersMs = specs.map(() => [])
    this.#worker = new Worker(new URL('./caller-thread.js', import.meta.url), { workerData: specs })
    this.#failed = once(this.#worker, 'error').then(([error]) => {
      throw error
    })
    // Whoever waits for an answer hears of it there.
    this.#failed.catch(() => undefined)
  }

  /** When each caller was answered, from the beginning or from the last `forget` on. */
  async answersMs(): Promise<readonly (readonly number[])[]> {
    const taken = (await this.#ask('take')) as Taken
    taken.forEach((times, n) => {
      for (const timeMs of times) this.#answersMs[n]?.push(timeMs)
    })
    return this.#answersMs
  }

  async forget(): Promise<void> {
    await this.answersMs()
    for (const times of this.#answersMs) times.length = 0
  }

  /** Lets every call end, and reads the counters. */
  async stop(): Promise<readonly Tally[]> {
    return (await this.#ask('stop')) as readonly Tally[]
  }

  /** Ends them wherever they are. Idempotent. */
  async kill(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(question: Question): Promise<unknown> {
    const answer = this.#next()
    this.#worker.postMessage(question)
    return answer
  }

  async #next(): Promise<unknown> {
    const [answer] = (await Promise.race([once(this.#worker, 'message'), this.#failed])) as unknown[]
    return answer
  }
}
