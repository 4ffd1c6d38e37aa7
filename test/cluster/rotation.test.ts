import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Database } from '../../client/index.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { leaders } from '../support/status.ts'

const CALLERS = 16
const SECONDS = 15

describe('rotation', () => {
  let cluster: ProcessCluster
  let db: Database

  beforeAll(async () => {
    cluster = await ProcessCluster.start(3, ['--rotate', '1s'])
    db = await connect({ servers: cluster.addresses })
  })

  afterAll(async () => {
    await db.close()
    await cluster.stop()
  })

  it('every second is seen by no caller: no call fails', async () => {
    await db.put('warm', 'up')
    const until = performance.now() + SECONDS * 1_000
    let calls = 0
    let longestMs = 0
    let lastMs = performance.now()
    const seen = new Set<string>()
    const watch = async () => {
      while (performance.now() < until) for (const leader of await leaders(cluster.addresses)) seen.add(leader)
    }
    const caller = async (n: number) => {
      while (performance.now() < until) {
        await db.run('put $key get $key + $by;', { key: `counter ${n}`, by: 1 })
        const nowMs = performance.now()
        longestMs = Math.max(longestMs, nowMs - lastMs)
        lastMs = nowMs
        calls += 1
      }
    }
    await Promise.all([watch(), ...Array.from({ length: CALLERS }, (_, n) => caller(n))])
    console.log(`${calls} calls in ${SECONDS} s; longest pause ${longestMs.toFixed(0)} ms; ${seen.size} nodes led`)
    expect(seen.size).toBe(3)
    const { reads } = await db.run(Array.from({ length: CALLERS }, (_, n) => `get "counter ${n}";`).join(' '))
    expect([...reads.values()].reduce((sum: number, value) => sum + Number(value), 0)).toBe(calls)
  }, 60_000)
})
