import { afterEach, describe, expect, it } from 'vitest'
import { connect, type Database, DecreeError } from '../../client/index.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { commonState, leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const CALLERS = 8

describe('three processes under load', () => {
  let cluster: ProcessCluster
  let db: Database

  afterEach(async () => {
    await db.close()
    await cluster.stop()
  })

  it('lose nothing and double nothing when any one is killed, five times in a row', async () => {
    cluster = await ProcessCluster.start(3)
    db = await connect({ servers: cluster.addresses })
    const load = new Load(db)
    for (let round = 0; round < 5; round += 1) {
      const victim = cluster.addresses[round % 3] ?? ''
      await load.progress(200)
      await cluster.kill(victim)
      await load.progress(200)
      cluster.start(victim)
      await waitFor('the node that came back', async () => (await commonCount(cluster.addresses)) === 3)
    }
    await load.stop()
    await load.verify()
    await waitFor('equal states', () => commonState(cluster.addresses))
  }, 90_000)

  it('keep everything acknowledged when all are killed at once', async () => {
    cluster = await ProcessCluster.start(3)
    db = await connect({ servers: cluster.addresses })
    const load = new Load(db)
    await load.progress(500)
    await Promise.all(cluster.addresses.map((address) => cluster.kill(address)))
    for (const address of cluster.addresses) cluster.start(address)
    await load.progress(100)
    await load.stop()
    await load.verify()
    await waitFor('equal states', () => commonState(cluster.addresses))
  }, 60_000)

  it('without a majority a call ends at its deadline and tells its outcome; with one again the cluster goes on', async () => {
    cluster = await ProcessCluster.start(3, ['--rotate', 'off'])
    db = await connect({ servers: cluster.addresses })
    await db.put('k', 'before')
    // The leader stays, so that it can propose what it then cannot decide.
    const leader = await waitFor('one leader', async () => (await leaders(cluster.addresses))[0])
    const [first = '', second = ''] = cluster.addresses.filter((address) => address !== leader)
    await Promise.all([cluster.kill(first), cluster.kill(second)])
    const began = performance.now()
    const error = await db.run('put "k" "during";', {}, { timeoutMs: 1_500 }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(DecreeError)
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
    expect(performance.now() - began).toBeGreaterThan(1_400)
    cluster.start(first)
    const value = await waitFor('a majority', () => db.get('k'))
    expect(['before', 'during']).toContain(value)
    await db.put('k', 'after')
    expect(await db.get('k')).toBe('after')
  }, 60_000)
})

async function commonCount(addresses: readonly string[]): Promise<number> {
  const all = await Promise.allSettled(addresses.map(statusOf))
  return all.filter((one) => one.status === 'fulfilled' && one.value.role !== 'forming').length
}

/** Callers that each append to a key of their own, one call after the other: what is lost or doubled shows in the text. */
class Load {
  readonly #db: Database
  readonly #loops: Promise<void>[]
  readonly #appended: number[]
  #isStopping = false
  #count = 0

  constructor(db: Database) {
    this.#db = db
    this.#appended = Array.from({ length: CALLERS }, () => 0)
    this.#loops = this.#appended.map((_, caller) => this.#loop(caller))
    // Heard by `stop`; a failure before that must not be called unhandled.
    for (const loop of this.#loops) loop.catch(() => undefined)
  }

  async #loop(caller: number): Promise<void> {
    while (!this.#isStopping) {
      const n = (this.#appended[caller] ?? 0) + 1
      await this.#db.run('put $key get $key + $item;', { key: `caller ${caller}`, item: `${n},` })
      this.#appended[caller] = n
      this.#count += 1
    }
  }

  /** Waits for this many more acknowledged calls, or for the first call that failed. */
  async progress(calls: number): Promise<void> {
    const goal = this.#count + calls
    const failure = Promise.all(this.#loops)
    await Promise.race([failure, waitFor(`${calls} calls`, () => this.#count >= goal, 20_000)])
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async verify(): Promise<void> {
    for (const [caller, count] of this.#appended.entries()) {
      const expected = Array.from({ length: count }, (_, n) => `${n + 1},`).join('')
      expect(await this.#db.get(`caller ${caller}`)).toBe(expected)
    }
  }
}
