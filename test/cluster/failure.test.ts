import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Database, DecreeError } from '../../client/index.ts'
import { type ProcessCluster, withCluster } from '../support/cluster.ts'
import { commonState, leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const CALLERS = 8

describe('three processes under load', () => {
  it(
    'lose nothing and double nothing when one is killed at a random moment, five times in a row',
    () =>
      withCluster([], async (cluster, db) => {
        const load = new Load(db)
        for (let round = 0; round < 5; round += 1) {
          await load.progress(100)
          const delayMs = Math.floor(Math.random() * 300)
          await pause(delayMs)
          // Every other time the leader, whoever it is.
          const [leader] = await leaders(cluster.addresses)
          const victim = (round % 2 === 0 ? leader : undefined) ?? cluster.addresses[round % 3] ?? ''
          console.log(`round ${round}: ${victim === leader ? 'the leader' : 'a node'} is killed after ${delayMs} ms`)
          await cluster.kill(victim)
          await load.progress(100)
          cluster.start(victim)
          await waitFor('the node that came back', async () => (await statusOf(victim)).role !== 'forming')
        }
        await load.verify()
        await waitFor('equal states', () => commonState(cluster.addresses))
      }),
    180_000,
  )

  it(
    'keep everything acknowledged when all are killed at once',
    () =>
      withCluster([], async (cluster, db) => {
        const load = new Load(db)
        await load.progress(500)
        await killAll(cluster)
        for (const address of cluster.addresses) cluster.start(address)
        await load.progress(100)
        await load.verify()
        await waitFor('equal states', () => commonState(cluster.addresses))
      }),
    120_000,
  )

  // Suspicion is slow here: the leader stays, so that it certainly proposes what it then cannot decide.
  it(
    'without a majority end a call at its deadline and tell its outcome; with one again they go on',
    () =>
      withCluster(['--rotate', 'off', '--suspect', '10s'], async (cluster, db) => {
        await db.put('k', 'before')
        const leader = await waitFor('one leader', async () => (await leaders(cluster.addresses))[0])
        const [first = '', second = ''] = cluster.addresses.filter((address) => address !== leader)
        await Promise.all([cluster.kill(first), cluster.kill(second)])
        const began = performance.now()
        const error = await db.run('put "k" "during";', {}, { timeoutMs: 1_500 }).catch((caught: unknown) => caught)
        const tookMs = performance.now() - began
        expect(error).toBeInstanceOf(DecreeError)
        expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
        expect(String(error)).toMatch(/deadline/)
        expect(tookMs).toBeGreaterThan(1_400)
        expect(tookMs).toBeLessThan(5_000)
        cluster.start(first)
        // What was unknown may have happened or not, and is settled from now on.
        const value = await waitFor('a majority', () => db.get('k'))
        expect(['before', 'during']).toContain(value)
        await db.put('k', 'after')
        expect(await db.get('k')).toBe('after')
      }),
    120_000,
  )
})

async function killAll(cluster: ProcessCluster): Promise<void> {
  await Promise.all(cluster.addresses.map((address) => cluster.kill(address)))
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
    // Heard by `progress` and `verify`; a failure before that must not be called unhandled.
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

  /** Waits for this many more acknowledged calls; throws what the first call that failed threw. */
  async progress(calls: number): Promise<void> {
    const goal = this.#count + calls
    const failure = Promise.all(this.#loops)
    await Promise.race([failure, waitFor(`${calls} calls`, () => this.#count >= goal)])
  }

  /** Ends the load, none of whose calls may have failed, and looks for every item that was appended. */
  async verify(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
    for (const [caller, count] of this.#appended.entries()) {
      const expected = Array.from({ length: count }, (_, n) => `${n + 1},`).join('')
      expect(await this.#db.get(`caller ${caller}`)).toBe(expected)
    }
  }
}
