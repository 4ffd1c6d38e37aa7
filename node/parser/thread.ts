import { Worker } from 'node:worker_threads'
import type { ParseJob, ParseOutcome } from '../../lang/index.ts'

/**
 * The built one, also for sources that are run as they are: a thread is started by Node alone, which reads no
 * TypeScript. `npm test` and the like build before they run.
 */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/node/parser/worker.js' : './worker.js',
  import.meta.url,
)

/** What a program of the largest size takes, several times over. A thread that needs more dies, and nothing else. */
const HEAP_MIB_MAX = 1024

type Done = (outcome: ParseOutcome | null) => void

/**
 * Parses shapes in a thread of its own, so that a large one does not hold the event loop. The thread starts with the
 * first job, keeps no process alive, and is started anew after it has died.
 */
export class ParserThread {
  readonly #onDeath: (error: unknown) => void
  #worker: Worker | null = null
  /** Who waits for the job under way. */
  #done: Done | null = null

  /** `onDeath`: hears why the thread died. */
  constructor(onDeath: (error: unknown) => void) {
    this.#onDeath = onDeath
  }

  /** `done` is called later: with null if the thread dies, and never if it is closed. One job at a time. */
  parse(job: ParseJob, done: Done): void {
    if (this.#done !== null) throw new Error('a parser was given a second job')
    this.#done = done
    this.#worker ??= this.#start()
    this.#worker.postMessage(job)
  }

  /** Ends the thread. It may start again. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    this.#done = null
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(WORKER, {
      // Not what this process was started with: that may be fit for a script only.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    })
    let why: unknown
    worker.on('message', (outcome: ParseOutcome) => {
      if (worker === this.#worker) this.#finish(outcome)
    })
    worker.on('error', (error) => {
      why = error
    })
    worker.on('exit', (code) => {
      if (worker !== this.#worker) return
      this.#worker = null
      this.#onDeath(why ?? new Error(`it ended with the code ${code}`))
      this.#finish(null)
    })
    // Last: a listener makes the thread count again.
    worker.unref()
    return worker
  }

  #finish(outcome: ParseOutcome | null): void {
    const done = this.#done
    this.#done = null
    done?.(outcome)
  }
}
