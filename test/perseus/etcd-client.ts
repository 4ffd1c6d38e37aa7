import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt, CallerSpec, Client } from './client.ts'

/**
 * After this long a request is given up and made anew, over a new connection, ms. etcd holds requests back while it has
 * no leader; and TCP's own retries, which grow to seconds, must not be taken for etcd's outage.
 */
const REQUEST_MS_MAX = 300
/** A server that refuses at once is not asked in a tight loop, ms. */
const PAUSE_MS = 5
/** To read the counter in the end. */
const PATIENT_MS = 60_000

/** A counter in etcd, over its HTTP gateway (JSON, bytes in base64): what needs no package. */
export async function openEtcd({ servers, key }: CallerSpec): Promise<Client> {
  return new EtcdCounter(servers, key)
}

interface Held {
  readonly value: number
  /** 0: there is no such key. */
  readonly version: string
}

class EtcdCounter implements Client {
  readonly #servers: readonly string[]
  readonly #key: string
  /** Index of the server that is asked: the next one after a failure, where there are several. */
  #asked = 0

  constructor(servers: readonly string[], key: string) {
    this.#servers = servers
    this.#key = encode(key)
  }

  /** Two calls, as in Perseus. The write is conditional, so that one that was given up cannot come back and undo later ones. */
  async increment(): Promise<Attempt> {
    let isWriting = false
    try {
      const { value, version } = await this.#read()
      isWriting = true
      const { succeeded } = (await this.#post('txn', {
        compare: [{ target: 'VERSION', result: 'EQUAL', key: this.#key, version }],
        success: [{ requestPut: { key: this.#key, value: encode(String(value + 1)) } }],
      })) as { readonly succeeded?: boolean }
      return succeeded === true ? 'acknowledged' : 'failed'
    } catch {
      this.#asked = (this.#asked + 1) % this.#servers.length
      await sleep(PAUSE_MS)
      return isWriting ? 'unknown' : 'failed'
    }
  }

  async value(): Promise<number> {
    for (const deadlineMs = performance.now() + PATIENT_MS; ; ) {
      try {
        return (await this.#read()).value
      } catch (error) {
        if (performance.now() > deadlineMs) throw error
        this.#asked = (this.#asked + 1) % this.#servers.length
        await sleep(PAUSE_MS)
      }
    }
  }

  async close(): Promise<void> {
    // Connections are fetch's, which lets go of them by itself.
  }

  /** Linearizable, as etcd's reads are by default. */
  async #read(): Promise<Held> {
    const { kvs = [] } = (await this.#post('range', { key: this.#key })) as {
      readonly kvs?: readonly { readonly value: string; readonly version: string }[]
    }
    const [found] = kvs
    if (found === undefined) return { value: 0, version: '0' }
    return { value: Number(Buffer.from(found.value, 'base64').toString()), version: found.version }
  }

  async #post(method: string, body: object): Promise<unknown> {
    const response = await fetch(`http://${this.#servers[this.#asked] ?? ''}/v3/kv/${method}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`etcd answered ${response.status}`)
    return answer
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
