import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { connect, type Database, DecreeError } from '../../client/index.ts'
import { type ProcessCluster, withCluster } from '../support/cluster.ts'
import { SilentClient } from '../support/silent-client.ts'
import { commonState, leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const MIB = 1024 ** 2
/** Takes some milliseconds of the leader's time. */
const LONG = 'for a in $many { for b in $many { x = a + b; } } put "n" get "n" + $one;'
const LONG_PARAMETERS = { many: Array.from({ length: 60 }, (_, n) => n), one: 1 }

describe('three processes with more to do than they can', () => {
  it(
    'tell callers so, do nothing twice and nothing that they refused; one caller alone is served meanwhile, and the leader stays',
    () =>
      withCluster(['--rotate', 'off', '--suspect', '2s'], async (cluster, db) => {
        await db.put('n', 0)
        const { leader, ballot } = await leading(cluster)
        const crowd = await Crowd.start(cluster, 600, 700)
        // However fast the machine is, at some size a crowd is too large for it.
        const growth = setInterval(() => crowd.refused <= 30 && crowd.grow(600), 1_000)
        let alone = 0
        const single = (async () => {
          for (; !crowd.isOver; alone += 1) await db.put('small', alone)
        })()
        try {
          const goal = (): boolean => crowd.answered > 300 && crowd.refused > 30 && alone > 100
          await Promise.race([single, crowd.failure, waitFor('refusals', goal, 60_000)])
        } finally {
          clearInterval(growth)
          await crowd.end()
        }
        // None of its calls has failed.
        await single
        expect(await db.get('small')).toBe(alone - 1)
        const { answered, doubtful } = crowd
        const done = Number(await db.get('n'))
        expect(done).toBeGreaterThanOrEqual(answered)
        expect(done).toBeLessThanOrEqual(answered + doubtful)
        expect(await leading(cluster)).toEqual({ leader, ballot })
      }),
    120_000,
  )
})

describe.skipIf(process.platform !== 'linux')('the memory of a leader', () => {
  it(
    'does not hold what a follower that stands still does not take, and the others go on',
    () =>
      withCluster(['--rotate', 'off', '--suspect', '2s'], async (cluster, db) => {
        const { leader } = await leading(cluster)
        const follower = cluster.addresses.find((address) => address !== leader) ?? ''
        const value = 'v'.repeat(256 * 1024)
        const write = async (count: number): Promise<void> => {
          for (let n = 0; n < count; n += 8) {
            await Promise.all(Array.from({ length: 8 }, (_, key) => db.put(`k${key}`, value)))
          }
        }
        await write(400)
        const before = resident(cluster, leader)
        cluster.signal(follower, 'SIGSTOP')
        // 200 MiB.
        await write(800)
        const after = resident(cluster, leader)
        cluster.signal(follower, 'SIGCONT')
        expect((after - before) / MIB).toBeLessThan(120)
        await waitFor('equal states', () => commonState(cluster.addresses))
      }),
    120_000,
  )

  it(
    'does not hold what a client that does not read has asked for, and others are answered',
    () =>
      withCluster(['--rotate', 'off', '--suspect', '2s'], async (cluster, db) => {
        const { leader } = await leading(cluster)
        await db.put('large', 'v'.repeat(256 * 1024))
        for (let n = 0; n < 200; n += 1) await db.get('large')
        const before = resident(cluster, leader)
        const silent = await SilentClient.open(leader)
        try {
          // 1 GiB of answers.
          for (let n = 0; n < 16; n += 1) silent.ask('get "large";', 256)
          for (let n = 0; n < 200; n += 1) await db.get('large')
          expect((resident(cluster, leader) - before) / MIB).toBeLessThan(300)
        } finally {
          silent.close()
        }
        expect(await db.get('large')).toHaveLength(256 * 1024)
      }),
    120_000,
  )
})

async function leading(cluster: ProcessCluster): Promise<{ leader: string; ballot: number }> {
  const leader = await waitFor('one leader', async () => (await leaders(cluster.addresses))[0])
  return { leader, ballot: (await statusOf(leader, false)).ballot }
}

function resident(cluster: ProcessCluster, address: string): number {
  const status = readFileSync(`/proc/${cluster.pid(address)}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Callers on one connection, whose calls take long and give up soon; each calls again at once. */
class Crowd {
  answered = 0
  refused = 0
  /** Calls that may have had their effect. */
  doubtful = 0
  isOver = false
  /** Rejects with whatever a caller met that it should not. */
  readonly failure: Promise<never>
  readonly #db: Database
  readonly #timeoutMs: number
  readonly #callers: Promise<void>[] = []
  #fail: (error: unknown) => void = () => {}

  static async start(cluster: ProcessCluster, count: number, timeoutMs: number): Promise<Crowd> {
    return new Crowd(await connect({ servers: cluster.addresses }), count, timeoutMs)
  }

  private constructor(db: Database, count: number, timeoutMs: number) {
    this.#db = db
    this.#timeoutMs = timeoutMs
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failure.catch(() => undefined)
    this.grow(count)
  }

  /** So many more callers. */
  grow(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const caller = this.#caller()
      caller.catch(this.#fail)
      this.#callers.push(caller)
    }
  }

  async end(): Promise<void> {
    this.isOver = true
    await Promise.all(this.#callers).finally(() => this.#db.close())
  }

  async #caller(): Promise<void> {
    while (!this.isOver) {
      try {
        await this.#db.run(LONG, LONG_PARAMETERS, { timeoutMs: this.#timeoutMs })
        this.answered += 1
      } catch (error) {
        if (!(error instanceof DecreeError)) throw error
        this.#failed(error)
      }
    }
  }

  #failed(error: DecreeError): void {
    if (error.outcome === 'unknown') this.doubtful += 1
    if (error.code === 'timeout') return
    if (error.code !== 'overloaded' || error.outcome !== 'none' || !error.retryAfterMs) throw error
    this.refused += 1
  }
}
