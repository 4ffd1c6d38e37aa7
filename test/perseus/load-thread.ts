import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { connect, type Database, DecreeError } from '../../client/index.ts'
import { clockMs } from './clock.ts'

/** `pace`: from now on so many ms from the beginning of each caller's call to that of its next one; 0: none. */
export type LoadQuestion = { readonly type: 'pace'; readonly periodMs: number } | { readonly type: 'take' | 'stop' }

/** Of all callers together, since the last time. */
export interface Loaded {
  /** When each call began and when it was answered, ms by `clockMs`; in the order of the answers. */
  readonly beganMs: Float64Array
  readonly answeredMs: Float64Array
  /** Sentences about calls that ended with an error. */
  readonly failures: readonly string[]
}

/** How the counters compare with what the callers were told. */
export interface Counted {
  readonly acknowledged: number
  readonly unknown: number
  readonly value: number
}

export interface LoadSpec {
  readonly servers: readonly string[]
  readonly callers: number
}

let periodMs = 0
let isStopping = false
let beganMs: number[] = []
let answeredMs: number[] = []
let failures: string[] = []

/** Calls in a closed loop, at the pace that is set, with the library's own deadline and retries: no more than users have. */
class LoadCaller {
  readonly #db: Database
  readonly #key: string
  #acknowledged = 0
  #unknown = 0
  readonly #loop: Promise<void>

  constructor(db: Database, key: string) {
    this.#db = db
    this.#key = key
    this.#loop = this.#run()
  }

  async stop(): Promise<Counted> {
    await this.#loop
    const value = Number((await this.#db.get(this.#key)) ?? 0)
    await this.#db.close()
    return { acknowledged: this.#acknowledged, unknown: this.#unknown, value }
  }

  async #run(): Promise<void> {
    while (!isStopping) {
      const startMs = clockMs()
      await this.#call(startMs)
      if (periodMs > 0) await sleep(Math.max(0, startMs + periodMs * (0.5 + Math.random()) - clockMs()))
    }
  }

  async #call(startMs: number): Promise<void> {
    try {
      await this.#db.run('put $key get $key + $one;', { key: this.#key, one: 1 })
      this.#acknowledged += 1
      beganMs.push(startMs)
      answeredMs.push(clockMs())
    } catch (error) {
      const { code, outcome } = DecreeError.from(error)
      if (outcome === 'unknown') this.#unknown += 1
      failures.push(`${code}, outcome ${outcome}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

async function main({ servers, callers: count }: LoadSpec): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('This file is for a worker thread.')
  const open = Array.from({ length: count }, async (_, n) => {
    return new LoadCaller(await connect({ servers, timeoutMs: 60_000 }), `load/${n}`)
  })
  const callers = await Promise.all(open)
  port.on('message', async (question: LoadQuestion) => {
    switch (question.type) {
      case 'pace':
        periodMs = question.periodMs
        return
      case 'take': {
        const loaded: Loaded = {
          beganMs: Float64Array.from(beganMs),
          answeredMs: Float64Array.from(answeredMs),
          failures,
        }
        beganMs = []
        answeredMs = []
        failures = []
        port.postMessage(loaded)
        return
      }
      case 'stop': {
        isStopping = true
        port.postMessage(await Promise.all(callers.map((caller) => caller.stop())))
        port.close()
        return
      }
      default:
        question satisfies never
    }
  })
  port.postMessage('ready')
}

await main(workerData as LoadSpec)
