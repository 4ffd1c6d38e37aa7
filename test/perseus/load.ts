import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Counted, Loaded, LoadQuestion, LoadSpec } from './load-thread.ts'

/** Many callers in a thread of their own, each with a connection that knows all nodes. */
export class Load {
  readonly #worker: Worker
  readonly #failed: Promise<never>

  /** Resolves when all of them are connected, and call as fast as they are answered. */
  static async start(spec: LoadSpec): Promise<Load> {
    const load = new Load(spec)
    await load.#next()
    return load
  }

  private constructor(spec: LoadSpec) {
    this.#worker = new Worker(new URL('./load-thread.js', import.meta.url), { workerData: spec })
    this.#failed = once(this.#worker, 'error').then(([error]) => {
      throw error
    })
    // Whoever waits for an answer hears of it there.
    this.#failed.catch(() => undefined)
  }

  /** From now on each caller begins a call every `periodMs` or so; 0: when the last one has ended. */
  pace(periodMs: number): void {
    this.#tell({ type: 'pace', periodMs })
  }

  /** What was answered since the last time. */
  async take(): Promise<Loaded> {
    const answer = this.#next()
    this.#tell({ type: 'take' })
    return (await answer) as Loaded
  }

  /** Lets every call end, and reads the counters. */
  async stop(): Promise<readonly Counted[]> {
    const answer = this.#next()
    this.#tell({ type: 'stop' })
    return (await answer) as readonly Counted[]
  }

  /** Ends them wherever they are. Idempotent. */
  async kill(): Promise<void> {
    await this.#worker.terminate()
  }

  #tell(question: LoadQuestion): void {
    this.#worker.postMessage(question)
  }

  async #next(): Promise<unknown> {
    const [answer] = (await Promise.race([once(this.#worker, 'message'), this.#failed])) as unknown[]
    return answer
  }
}
