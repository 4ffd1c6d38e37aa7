import { describe, expect, it } from 'vitest'
import { type Database, DecreeError, type Transaction } from '../../client/index.ts'
import { type ProcessCluster, withCluster } from '../support/cluster.ts'
import { leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const CALLERS = 8
const KILLS = 3
/** No call may end for want of time: what is counted is what each has done. */
const PATIENT = { timeoutMs: 60_000 }

describe('while the leader is killed again and again', () => {
  it(
    'counters by change and by transact end exactly at the number of acknowledged calls',
    () =>
      withCluster([], async (cluster, db) => {
        const increment = {
          changed: () => db.change('changed', (old) => Number(old) + 1, PATIENT),
          transacted: () =>
            db.transact(async (tx) => tx.put('transacted', Number(await tx.get('transacted')) + 1), PATIENT),
        }
        const counts = { changed: 0, transacted: 0 }
        const names = ['changed', 'transacted'] as const
        await underKills(cluster, async (caller) => {
          const name = names[caller % 2] ?? 'changed'
          await increment[name]()
          counts[name] += 1
        })
        console.log(`${counts.changed} by change, ${counts.transacted} by transact`)
        for (const name of names) expect([name, await db.get(name)]).toEqual([name, counts[name]])
      }),
    180_000,
  )

  it(
    'calls that give up early are found out about, and counters count those that took effect',
    () =>
      withCluster([], async (cluster, db) => {
        const ends = { acknowledged: 0, committed: 0, aborted: 0, not_executed: 0 }
        await underKills(cluster, async () => {
          try {
            await db.change('n', (old) => Number(old) + 1, { timeoutMs: 60 })
            ends.acknowledged += 1
          } catch (error) {
            if (!(error instanceof DecreeError)) throw error
            if (error.outcome === 'none') return
            if (error.code !== 'timeout') throw error
            const ended = await db.outcome(error.requestId ?? '', PATIENT)
            if (ended.status === 'failed') throw ended.error
            ends[ended.status] += 1
          }
        })
        console.log(ends)
        expect(await db.get('n')).toBe(ends.acknowledged + ends.committed)
      }),
    180_000,
  )

  it(
    'a bank keeps its total, whoever looks at it',
    () =>
      withCluster([], async (cluster, db) => {
        const accounts = Array.from({ length: 5 }, (_, n) => `account/${n}`)
        await db.run('for key in $accounts { put key 100; }', { accounts })
        let transfers = 0
        await underKills(cluster, async (caller) => {
          // One of them looks only.
          if (caller === 0) return expect(await db.transact(total, PATIENT)).toBe(500)
          const [from = '', to = ''] = [...accounts].sort(() => Math.random() - 0.5)
          await db.transact(async (tx) => {
            const [have, has] = await Promise.all([tx.get(from), tx.get(to)])
            const amount = Math.min(Number(have), 1 + Math.floor(Math.random() * 20))
            tx.put(from, Number(have) - amount)
            tx.put(to, Number(has) + amount)
          }, PATIENT)
          transfers += 1
        })
        console.log(`${transfers} transfers`)
        expect(await db.transact(total)).toBe(500)
      }),
    180_000,
  )
})

describe('three processes', () => {
  it(
    'refuse write skew over what transactions have scanned',
    () =>
      withCluster([], async (_cluster, db) => {
        // Two are on call. Whoever sees another one on call may go; at the end one is left.
        for (let round = 0; round < 20; round += 1) {
          await db.run('put "on/ann" 1; put "on/ben" 1;')
          const left = await Promise.all(
            ['on/ann', 'on/ben'].map((key) => db.transact((tx) => leave(tx, key), PATIENT)),
          )
          expect(left.filter((went) => went)).toHaveLength(1)
          expect(await onCall(db)).toHaveLength(1)
        }
      }),
    60_000,
  )

  it(
    'let no phantom appear between a scan and the commit',
    () =>
      withCluster([], async (_cluster, db) => {
        // Each takes the next free number.
        await Promise.all(
          Array.from({ length: 12 }, (_, caller) =>
            db.transact(async (tx) => {
              let taken = 0
              for await (const _entry of tx.scan('seat/')) taken += 1
              tx.put(`seat/${caller}`, taken)
            }, PATIENT),
          ),
        )
        const numbers: unknown[] = []
        for await (const { value } of db.scan('seat/')) numbers.push(value)
        expect(numbers.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n))
      }),
    60_000,
  )
})

async function leave(tx: Transaction, key: string): Promise<boolean> {
  let on = 0
  for await (const _entry of tx.scan('on/')) on += 1
  if (on < 2) return false
  tx.delete(key)
  return true
}

async function onCall(db: Database): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of db.scan('on/')) keys.push(key)
  return keys
}

async function total(tx: Transaction): Promise<number> {
  let sum = 0
  for await (const { value } of tx.scan('account/')) sum += Number(value)
  return sum
}

/** Callers that do `act` one time after the other, while the leader is killed with -9 and started again. */
async function underKills(cluster: ProcessCluster, act: (caller: number) => Promise<unknown>): Promise<void> {
  let isStopping = false
  let done = 0
  const loops = Array.from({ length: CALLERS }, async (_, caller) => {
    while (!isStopping) {
      await act(caller)
      done += 1
    }
  })
  const all = Promise.all(loops)
  // Heard below; a failure before that must not be called unhandled.
  all.catch(() => undefined)
  const progress = (calls: number) => {
    const goal = done + calls
    return Promise.race([all, waitFor(`${calls} calls`, () => done >= goal)])
  }
  for (let kill = 0; kill < KILLS; kill += 1) {
    await progress(50)
    const leader = await waitFor('a leader', async () => (await leaders(cluster.addresses))[0])
    await cluster.kill(leader)
    await progress(50)
    cluster.start(leader)
    await waitFor('the node that came back', async () => (await statusOf(leader)).role !== 'forming')
  }
  isStopping = true
  await all
}
