import type { Keys } from '../keys.ts'
import { type Answer, type Driver, FailedCall, type Operation } from '../load/driver.ts'
import type { EtcdAnswer, EtcdWrite } from './etcd-messages.ts'

/** A way to speak with etcd. */
export interface EtcdChannel {
  /** One key, or those up to before `end`: linearizable. */
  range(key: string, end?: string): Promise<EtcdAnswer>
  /** Writes all if all are as they were. */
  transact(writes: readonly EtcdWrite[]): Promise<EtcdAnswer>
  close(): Promise<void>
}

/** What a caller knows of a key that only it writes. */
interface Known {
  readonly modRevision: number
  readonly number: number
}

/**
 * Callers of etcd. A read-modify-write is one round trip, a comparison of the key's revision and a put: the caller knows
 * that revision from its last write, because no other one writes its keys. That is the best that etcd can be asked for:
 * callers that share keys would have to read first, and to try again.
 */
export class EtcdCallers implements Driver {
  readonly ownKeys = true
  readonly #channel: EtcdChannel
  readonly #keys: Keys
  readonly #known = new Map<number, Known>()
  #priming: Promise<void> | null = null

  constructor(channel: EtcdChannel, keys: Keys) {
    this.#channel = channel
    this.#keys = keys
  }

  async fill(from: number, to: number): Promise<void> {
    const keys = Array.from({ length: to - from }, (_, n) => from + n)
    await this.#channel.transact(
      keys.map((key) => ({
        key: this.#keys.nameOf(key),
        value: String(this.#keys.firstValue(key)),
        modRevision: null,
      })),
    )
  }

  async perform(operation: Operation): Promise<Answer> {
    this.#priming ??= this.#prime()
    await this.#priming
    try {
      return await this.#perform(operation)
    } catch (error) {
      if (error instanceof Wrong) throw error
      for (const key of keysOf(operation)) this.#known.delete(key)
      throw new FailedCall('failed', true, error instanceof Error ? error.message : String(error))
    }
  }

  async readBack(from: number, to: number): Promise<readonly number[]> {
    const keys = Array.from({ length: to - from }, (_, n) => from + n)
    return Promise.all(keys.map(async (key) => (await this.#read(key)).number))
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  async #perform(operation: Operation): Promise<Answer> {
    switch (operation.type) {
      case 'read': {
        const { number, revision } = await this.#read(operation.key)
        return { revision, read: number }
      }
      case 'put': {
        const { key, value } = operation
        const { revision } = await this.#channel.transact([{ key: this.#keys.nameOf(key), value, modRevision: null }])
        this.#known.set(key, { modRevision: revision, number: this.#keys.numberOf(key, value) })
        return { revision }
      }
      case 'rmw': {
        const was = await this.#knownOf(operation.key)
        const revision = await this.#replace([[operation.key, was, operation.value]])
        return { revision, read: was.number }
      }
      case 'transfer': {
        const { from, to, amount } = operation
        const [giver, taker] = await Promise.all([this.#knownOf(from), this.#knownOf(to)])
        if (giver.number < amount) {
          const { number, revision } = await this.#read(from)
          return { revision, read: number }
        }
        const revision = await this.#replace([
          [from, giver, String(giver.number - amount)],
          [to, taker, String(taker.number + amount)],
        ])
        return { revision, read: giver.number, second: taker.number }
      }
      default:
        throw new Wrong(`etcd cannot do ${operation.type}.`)
    }
  }

  async #replace(writes: readonly (readonly [key: number, was: Known, value: string])[]): Promise<number> {
    const answer = await this.#channel.transact(
      writes.map(([key, { modRevision }, value]) => ({ key: this.#keys.nameOf(key), value, modRevision })),
    )
    if (!answer.succeeded) throw new Wrong('A key in etcd was written by somebody else.')
    const { revision } = answer
    for (const [key, , value] of writes) {
      this.#known.set(key, { modRevision: revision, number: this.#keys.numberOf(key, value) })
    }
    return revision
  }

  async #knownOf(key: number): Promise<Known> {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { modRevision, number } = await this.#read(key)
    this.#known.set(key, { modRevision, number })
    return { modRevision, number }
  }

  async #read(key: number): Promise<Known & { readonly revision: number }> {
    const { revision, entries } = await this.#channel.range(this.#keys.nameOf(key))
    const [entry] = entries
    if (entry === undefined) throw new Wrong(`${this.#keys.nameOf(key)} is gone from etcd.`)
    return { revision, modRevision: entry.modRevision, number: this.#keys.numberOf(key, entry.value) }
  }

  /** Learns the revisions of all keys at once, so that no first write of a key is dearer than the others. */
  async #prime(): Promise<void> {
    // From a blank to before the next character: every name of a kind.
    const kinds = ['key', 'account'].map((kind) => this.#keys.prefix + kind)
    const all = await Promise.all(kinds.map((kind) => this.#channel.range(`${kind} `, `${kind}!`)))
    for (const { key, value, modRevision } of all.flatMap(({ entries }) => entries)) {
      const number = this.#keys.keyOf(key)
      this.#known.set(number, { modRevision, number: this.#keys.numberOf(number, value) })
    }
  }
}

/** What must not be taken for a call that failed. */
class Wrong extends Error {}

function keysOf(operation: Operation): readonly number[] {
  return operation.type === 'transfer' ? [operation.from, operation.to] : [operation.key]
}
