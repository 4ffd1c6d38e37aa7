import { describe, expect, it } from 'vitest'
import { connect, type Database, DecreeError, type Outcome } from '../../client/index.ts'
import { freeAddresses, ProcessCluster } from '../support/cluster.ts'
import { commonState, leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const VALUE = 'x'.repeat(100_000)

/** No file may grow beyond 2 to 4 MiB, by the shell's unit: a full disk that needs no privilege. */
const LIMITED = ['sh', '-c', 'ulimit -f 4096; exec "$0" "$@"']

const CALLERS = 16

/** Writes keys until a write is not acknowledged; gives how many were, and how that one failed. */
async function fill(db: Database, prefix: string): Promise<{ readonly keys: number; readonly error: unknown }> {
  for (let keys = 0; ; keys += 1) {
    try {
      await db.put(`${prefix}${keys}`, VALUE, { timeoutMs: 3_000 })
    } catch (error) {
      return { keys, error }
    }
  }
}

async function expectKeys(db: Database, prefix: string, keys: number): Promise<void> {
  for (let key = 0; key < keys; key += 1) expect(await db.get(`${prefix}${key}`)).toHaveLength(VALUE.length)
}

describe('a full disk', () => {
  it('ends a lone node with one sentence; all that was acknowledged is there when there is room again', async () => {
    const addresses = await freeAddresses(1)
    const [address = ''] = addresses
    let isFull = true
    const cluster = new ProcessCluster(addresses, () => ({ prefix: isFull ? LIMITED : [], options: [] }))
    try {
      cluster.start(address)
      const db = await connect({ servers: address, timeoutMs: 20_000 })
      const { keys, error } = await fill(db, 'k')
      expect(keys).toBeGreaterThan(3)
      expect(error).toBeInstanceOf(DecreeError)
      expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
      expect(cluster.strays).toEqual([`${address} ended by itself: exit status 1`])
      expect(cluster.output(address)).toMatch(/FATAL: A write to \S+ failed: EFBIG: file too large, write\.\n$/)
      expect(cluster.output(address)).not.toMatch(/^ +at /m)
      isFull = false
      cluster.start(address)
      await waitFor('the node', async () => (await statusOf(address, false)).role === 'leader')
      await expectKeys(db, 'k', keys)
      await db.put('after', 'it')
      await db.close()
    } finally {
      await cluster.stop()
    }
  })

  it('of one node of three ends that node, the others serve on, and it catches up once there is room', async () => {
    const addresses = await freeAddresses(3)
    const [, , victim = ''] = addresses
    let isFull = true
    const prefix = (address: string) => (isFull && address === victim ? LIMITED : [])
    const cluster = new ProcessCluster(addresses, (address) => ({ prefix: prefix(address), options: [] }))
    try {
      for (const address of addresses) cluster.start(address)
      await waitFor('a leader', async () => (await leaders(addresses)).length > 0)
      const db = await connect({ servers: addresses, timeoutMs: 20_000 })
      let keys = 0
      for (; cluster.strays.length === 0; keys += 1) await db.put(`k${keys}`, VALUE, { timeoutMs: 20_000 })
      expect(cluster.strays).toEqual([`${victim} ended by itself: exit status 1`])
      expect(cluster.output(victim)).toMatch(/FATAL: A write to \S+ failed: EFBIG: file too large, write\.\n/)
      await db.put('meanwhile', 'served', { timeoutMs: 20_000 })
      isFull = false
      cluster.start(victim)
      await waitFor('equal states', () => commonState(addresses))
      await expectKeys(db, 'k', keys)
      await db.close()
    } finally {
      await cluster.stop()
    }
  })
})

describe('SIGTERM in the middle of transactions', () => {
  it('of a lone node: it ends in time, each call has happened or not as it was told, once', async () => {
    const addresses = await freeAddresses(1)
    const [address = ''] = addresses
    const cluster = new ProcessCluster(addresses, () => ({ prefix: [], options: [] }))
    try {
      cluster.start(address)
      const db = await connect({ servers: address, timeoutMs: 20_000 })
      const outcomes = new Map<string, 'committed' | Outcome>()
      const caller = async (name: number) => {
        for (let n = 0; ; n += 1) {
          const key = `${name}/${n}`
          try {
            await db.run('put $key get $key + $one;', { key, one: 1 }, { timeoutMs: 2_500 })
            outcomes.set(key, 'committed')
          } catch (error) {
            if (!(error instanceof DecreeError)) throw error
            outcomes.set(key, error.outcome)
            return
          }
        }
      }
      const callers = Promise.all(Array.from({ length: CALLERS }, (_, name) => caller(name)))
      await waitFor('calls under way', () => outcomes.size > 10 * CALLERS)
      const began = performance.now()
      expect(await cluster.kill(address, 'SIGTERM')).toBe(0)
      expect(performance.now() - began).toBeLessThan(5_000)
      expect(cluster.output(address)).toMatch(/stopping: SIGTERM\n(.*\n)*.*stopped\n$/)
      await callers
      // Every caller had a call under way.
      expect([...outcomes.values()].filter((outcome) => outcome !== 'committed')).toHaveLength(CALLERS)
      cluster.start(address)
      await waitFor('the node', async () => (await statusOf(address, false)).role === 'leader')
      for (const [key, outcome] of outcomes) {
        const value = await db.get(key)
        if (outcome === 'committed') expect(value).toBe(1)
        else if (outcome === 'none') expect(value).toBeNull()
        else expect([1, null]).toContain(value)
      }
      await db.close()
    } finally {
      await cluster.stop()
    }
  })
})
