import { credentials, Metadata } from '@grpc/grpc-js'
import { NearClient, StoreClient } from '../proto/gen/decree/v1/store.ts'
import { CHANNEL_OPTIONS, LIMITS } from './limits.ts'

/** By this name a server that wants to know where its callers are lists the addresses of all nodes. */
export const NODES_HEADER = 'decree-nodes'

const TIMES = 3
const ANSWER_MS_MAX = 2_000

/**
 * Tells a server, which has asked for it, how far this process is from each node, every few seconds while there are calls:
 * the cluster keeps its leader where they take the least time. Failures are no matter.
 */
export class Nearness {
  readonly #address: string
  readonly #nodes: readonly string[]
  readonly #everyMs: number
  readonly #clients = new Map<string, StoreClient>()
  #reporter: NearClient | undefined
  #timer: NodeJS.Timeout | undefined
  #calls = 0
  #isClosed = false

  /** `address`: of the server. `nodes`: what it has listed. */
  constructor(address: string, nodes: readonly string[], everyMs: number = LIMITS.nearnessMs) {
    this.#everyMs = everyMs
    this.#address = address
    this.#nodes = nodes
  }

  /** The server has answered calls. */
  answered(calls: number): void {
    this.#calls += calls
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#tell().finally(() => {
        this.#timer = undefined
      })
    }, this.#everyMs)
    this.#timer.unref()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#reporter?.close()
    for (const client of this.#clients.values()) client.close()
  }

  async #tell(): Promise<void> {
    const calls = this.#calls
    this.#calls = 0
    const measured = await Promise.all(
      this.#nodes.map(async (address) => ({ address, ms: await this.#measure(address) })),
    )
    const distances = measured.filter(({ ms }) => Number.isFinite(ms))
    if (this.#isClosed || distances.length === 0) return
    this.#reporter ??= new NearClient(this.#address, credentials.createInsecure(), CHANNEL_OPTIONS)
    const options = { deadline: Date.now() + ANSWER_MS_MAX }
    this.#reporter.report({ calls, distances }, new Metadata(), options, () => undefined)
  }

  /** The shortest of several: what makes others longer is no distance. Infinite where there is no answer. */
  async #measure(address: string): Promise<number> {
    let shortest = Number.POSITIVE_INFINITY
    for (let times = 0; times < TIMES && !this.#isClosed; times += 1) {
      const ms = await this.#ask(address)
      if (ms === Number.POSITIVE_INFINITY) break
      shortest = Math.min(shortest, ms)
    }
    return shortest
  }

  #ask(address: string): Promise<number> {
    let client = this.#clients.get(address)
    if (client === undefined) {
      client = new StoreClient(address, credentials.createInsecure(), CHANNEL_OPTIONS)
      this.#clients.set(address, client)
    }
    const asked = client
    const fromMs = performance.now()
    return new Promise((resolve) => {
      asked.status({ hash: false }, new Metadata(), { deadline: Date.now() + ANSWER_MS_MAX }, (error) => {
        resolve(error === null ? performance.now() - fromMs : Number.POSITIVE_INFINITY)
      })
    })
  }
}
