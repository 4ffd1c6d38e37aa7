import { connect, type Database, DecreeError } from '../../client/index.ts'
import type { Attempt, CallerSpec, Client } from './client.ts'

/** Nobody gives up during a fault: how long an outage is shows in the times of the answers. */
const PATIENT_MS = 60_000

export async function openDecree({ servers, key, calls }: CallerSpec): Promise<Client> {
  return new DecreeCounter(await connect({ servers, timeoutMs: PATIENT_MS }), key, calls === 'one')
}

class DecreeCounter implements Client {
  readonly #db: Database
  readonly #key: string
  readonly #isOneCall: boolean

  constructor(db: Database, key: string, isOneCall: boolean) {
    this.#db = db
    this.#key = key
    this.#isOneCall = isOneCall
  }

  async increment(): Promise<Attempt> {
    try {
      if (this.#isOneCall) {
        await this.#db.run('put $key get $key + $one;', { key: this.#key, one: 1 }, { timeoutMs: PATIENT_MS })
      } else {
        const next = (await this.value()) + 1
        await this.#db.put(this.#key, next, { timeoutMs: PATIENT_MS })
      }
      return 'acknowledged'
    } catch (error) {
      return error instanceof DecreeError && error.outcome === 'none' ? 'failed' : 'unknown'
    }
  }

  async value(): Promise<number> {
    return Number((await this.#db.get(this.#key, { timeoutMs: PATIENT_MS })) ?? 0)
  }

  close(): Promise<void> {
    return this.#db.close()
  }
}
