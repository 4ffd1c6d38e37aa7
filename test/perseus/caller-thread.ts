import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { CallerSpec, Client, SystemName } from './client.ts'
import { clockMs } from './clock.ts'
import { openControl } from './control.ts'
import { openDecree } from './decree-client.ts'
import { openEtcd } from './etcd-client.ts'

/** What the thread is asked; each question has one answer, in order. */
export type Question = 'take' | 'stop'

/** `take`: when each caller was answered since the last time, ms by `clockMs`. */
export type Taken = readonly Float64Array[]

/** `stop`: how each caller's counter compares with what it was told. */
export interface Tally {
  readonly acknowledged: number
  readonly unknown: number
  /** What the counter holds in the end. */
  readonly value: number
}

const PAUSE_MS = 5
const OPEN: { readonly [System in SystemName]: (spec: CallerSpec) => Promise<Client> } = {
  decree: openDecree,
  etcd: openEtcd,
  control: openControl,
}

/** Calls until `stop`. */
class Caller {
  answersMs: number[] = []
  readonly #client: Client
  #acknowledged = 0
  #unknown = 0
  #isStopping = false
  readonly #loop: Promise<void>

  constructor(client: Client) {
    this.#client = client
    this.#loop = this.#run()
  }

  async stop(): Promise<Tally> {
    this.#isStopping = true
    await this.#loop
    const value = await this.#client.value()
    await this.#client.close()
    return { acknowledged: this.#acknowledged, unknown: this.#unknown, value }
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const attempt = await this.#client.increment()
      if (attempt === 'acknowledged') {
        this.#acknowledged += 1
        this.answersMs.push(clockMs())
        continue
      }
      if (attempt === 'unknown') this.#unknown += 1
      await sleep(PAUSE_MS)
    }
  }
}

/**
 * The callers have a thread of their own: what makes faults happen blocks the other one for milliseconds, which would
 * be taken for an outage.
 */
async function main(specs: readonly CallerSpec[]): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('This file is for a worker thread.')
  const clients = await Promise.all(specs.map((spec) => OPEN[spec.system](spec)))
  const callers = clients.map((client) => new Caller(client))
  port.on('message', async (question: Question) => {
    if (question === 'take') {
      const taken: Taken = callers.map((caller) => Float64Array.from(caller.answersMs.splice(0)))
      port.postMessage(taken)
      return
    }
    port.postMessage(await Promise.all(callers.map((caller) => caller.stop())))
    port.close()
  })
  port.postMessage('ready')
}

await main(workerData as readonly CallerSpec[])
