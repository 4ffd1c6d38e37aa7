import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../../client/index.ts'
import type { Random } from '../support/random.ts'
import type { Call } from '../workload/index.ts'
import type { Recorder } from './recorder.ts'

/** How the clients of a round behave. */
export interface Manners {
  /** Each with its own connection to the cluster. */
  readonly clients: number
  /** Calls under way at once in each. */
  readonly lanes: number
  /** Until a call is given up, ms: so little in a storm that some end unknown. */
  readonly timeoutMs: number
  /** Between an answer and the next call, at most, ms. */
  readonly thinkMs: number
}

/** In the calm nobody gives up. */
const PATIENT_MS = 30_000
/** How long one attempt to connect may take; further ones follow. */
const CONNECT_MS_MAX = 3_000

/** Clients that call all the time. */
export class Callers {
  readonly #servers: readonly string[]
  readonly #manners: Manners
  readonly #record: Recorder
  readonly #clients: { db: Database }[] = []
  readonly #next: () => Call
  readonly #random: Random
  #isStopping = false
  #lanes: Promise<void>[] = []
  #processes = 0

  constructor(servers: readonly string[], manners: Manners, record: Recorder, random: Random, next: () => Call) {
    this.#servers = servers
    this.#manners = manners
    this.#record = record
    this.#random = random
    this.#next = next
  }

  async connect(): Promise<void> {
    while (this.#clients.length < this.#manners.clients) {
      this.#clients.push({ db: await connect({ servers: this.#servers, timeoutMs: PATIENT_MS }) })
    }
  }

  /** Calls until `settle`. */
  begin(isPatient: boolean): void {
    this.#isStopping = false
    const timeoutMs = isPatient ? PATIENT_MS : this.#manners.timeoutMs
    this.#lanes = this.#clients.flatMap((client) =>
      Array.from({ length: this.#manners.lanes }, () => this.#lane(client, timeoutMs)),
    )
  }

  /** No more calls; resolves when all are answered. */
  async settle(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#lanes)
  }

  /** One of the clients ends, with all that it waits for, and another one takes its place; false: that cannot connect. */
  async restart(random: Random): Promise<boolean> {
    const client = random.pick(this.#clients)
    const old = client.db
    // From one server alone it must find the others.
    const servers = random.chance(0.5) ? [random.pick(this.#servers)] : this.#servers
    const fresh = await connect({ servers, timeoutMs: CONNECT_MS_MAX }).catch(() => null)
    if (fresh === null) return false
    client.db = fresh
    await old.close()
    return true
  }

  /** A call that nobody gives up easily, and its answer. */
  patiently(call: Call): ReturnType<Recorder['run']> {
    const [client] = this.#clients
    if (client === undefined) throw new Error('no client is connected')
    return this.#record.run(client.db, this.#newProcess(), call, PATIENT_MS)
  }

  async close(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#clients.map(({ db }) => db.close()))
  }

  async #lane(client: { readonly db: Database }, timeoutMs: number): Promise<void> {
    let process = this.#newProcess()
    while (!this.#isStopping) {
      const ended = await this.#record.run(client.db, process, this.#next(), timeoutMs)
      // Whoever does not know how its operation ended never operates again, under that name.
      if (ended.type === 'unknown') process = this.#newProcess()
      await sleep(this.#random.fraction() * this.#manners.thinkMs)
    }
  }

  #newProcess(): string {
    this.#processes += 1
    return `c${this.#processes}`
  }
}
