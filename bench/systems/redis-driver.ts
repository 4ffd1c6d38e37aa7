import { createHash } from 'node:crypto'
import type { Keys } from '../keys.ts'
import { type Answer, type Driver, type DriverOptions, FailedCall, type Operation } from '../load/driver.ts'
import { hostOf, portOf } from './addresses.ts'
import { optionalPackage } from './optional.ts'

/** What we use of the package redis. */
interface RedisClient {
  connect(): Promise<unknown>
  sendCommand(words: readonly string[]): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  destroy(): void
}

interface RedisPackage {
  createClient(options: { readonly socket: { readonly host: string; readonly port: number } }): RedisClient
}

/** What a caller of Redis runs in place of `x = get $key; put $key $value;`. */
export const RMW_SCRIPT = `local x = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return x`

const TRANSFER_SCRIPT = `
  local a = tonumber(redis.call('GET', KEYS[1]))
  if a < tonumber(ARGV[1]) then return {a} end
  local b = tonumber(redis.call('GET', KEYS[2]))
  redis.call('SET', KEYS[1], a - ARGV[1])
  redis.call('SET', KEYS[2], b + ARGV[1])
  return {a, b}
`

/** Callers of Redis, through the client that users of Node have. */
export class RedisDriver implements Driver {
  /** Redis tells no revisions. */
  readonly ownKeys = true
  readonly #clients: readonly RedisClient[]
  readonly #keys: Keys
  /** Each call is followed by WAIT for one replica. */
  readonly #waits: boolean
  readonly #appendScript: string
  readonly #appendSha: string
  readonly #idle: RedisClient[]

  /** One connection for all callers: what they ask at the same time goes out together. */
  static openShared(options: DriverOptions): Promise<RedisDriver> {
    return RedisDriver.#open(options, 1, false)
  }

  /** A connection for each caller, because WAIT holds its connection back. */
  static openWaiting(options: DriverOptions): Promise<RedisDriver> {
    return RedisDriver.#open(options, options.callersMax, true)
  }

  static async #open({ addresses: [address = ''], keys }: DriverOptions, connections: number, waits: boolean) {
    const { createClient } = await optionalPackage<RedisPackage>('redis')
    const socket = { host: hostOf(address), port: portOf(address) }
    const clients = Array.from({ length: connections }, () => createClient({ socket }))
    const driver = new RedisDriver(clients, keys, waits)
    await Promise.all(clients.map((client) => client.connect()))
    for (const script of [RMW_SCRIPT, TRANSFER_SCRIPT, driver.#appendScript]) {
      await clients[0]?.sendCommand(['SCRIPT', 'LOAD', script])
    }
    return driver
  }

  private constructor(clients: readonly RedisClient[], keys: Keys, waits: boolean) {
    this.#clients = clients
    this.#idle = [...clients]
    this.#keys = keys
    this.#waits = waits
    this.#appendScript = `local x = redis.call('GET', KEYS[1])
      redis.call('SET', KEYS[1], string.sub(x .. ARGV[1], -${keys.valueBytes})) return x`
    this.#appendSha = shaOf(this.#appendScript)
    // A connection that breaks fails the calls upon it, which is where it is heard.
    for (const client of clients) client.on('error', () => {})
  }

  async fill(from: number, to: number): Promise<void> {
    const words = ['MSET']
    for (let key = from; key < to; key += 1) words.push(this.#keys.nameOf(key), String(this.#keys.firstValue(key)))
    await this.#first().sendCommand(words)
  }

  async perform(operation: Operation): Promise<Answer> {
    const client = this.#waits ? this.#idle.pop() : this.#first()
    if (client === undefined) throw new Error('There are more callers than connections.')
    try {
      // Asked for at once, so that both go out together.
      const answers = [client.sendCommand(this.#wordsFor(operation))]
      if (this.#waits && operation.type !== 'read') answers.push(client.sendCommand(['WAIT', '1', '0']))
      const [answer, replicas] = await Promise.all(answers)
      if (typeof replicas === 'number' && replicas < 1) throw new Error('No replica has heard of it.')
      return this.#answerOf(operation, answer)
    } catch (error) {
      throw new FailedCall('failed', true, error instanceof Error ? error.message : String(error))
    } finally {
      if (this.#waits) this.#idle.push(client)
    }
  }

  async readBack(from: number, to: number): Promise<readonly number[]> {
    const keys = Array.from({ length: to - from }, (_, n) => from + n)
    const values = await this.#first().sendCommand(['MGET', ...keys.map((key) => this.#keys.nameOf(key))])
    if (!Array.isArray(values)) throw new Error('Redis did not answer MGET with a list.')
    return keys.map((key, n) => this.#keys.numberOf(key, values[n]))
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
  }

  #first(): RedisClient {
    const [client] = this.#clients
    if (client === undefined) throw new RangeError('there is no connection')
    return client
  }

  #wordsFor(operation: Operation): readonly string[] {
    switch (operation.type) {
      case 'read':
        return ['GET', this.#keys.nameOf(operation.key)]
      case 'put':
        return ['SET', this.#keys.nameOf(operation.key), operation.value]
      case 'rmw':
        return ['EVALSHA', RMW_SHA, '1', this.#keys.nameOf(operation.key), operation.value]
      case 'append':
        return ['EVALSHA', this.#appendSha, '1', this.#keys.nameOf(operation.key), operation.piece]
      case 'transfer': {
        const { from, to, amount } = operation
        return ['EVALSHA', TRANSFER_SHA, '2', this.#keys.nameOf(from), this.#keys.nameOf(to), String(amount)]
      }
      default:
        throw new Error(`Redis cannot do ${operation.type}.`)
    }
  }

  #answerOf(operation: Operation, answer: unknown): Answer {
    if (operation.type === 'put') return { revision: null }
    if (operation.type !== 'transfer') return { revision: null, read: this.#keys.numberOf(operation.key, answer) }
    const [read, second] = Array.isArray(answer) ? answer : []
    return { revision: null, read: Number(read), ...(second === undefined ? {} : { second: Number(second) }) }
  }
}

/** By which Redis knows a script. */
export function shaOf(script: string): string {
  return createHash('sha1').update(script).digest('hex')
}

const RMW_SHA = shaOf(RMW_SCRIPT)
const TRANSFER_SHA = shaOf(TRANSFER_SCRIPT)
