import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withCluster } from '../support/cluster.ts'
import { leaders } from '../support/status.ts'

const CALLERS = 16
const SECONDS = 15

describe('rotation', () => {
  it(
    'every second is seen by no caller: no call fails',
    () =>
      withCluster(['--rotate', '1s'], async (cluster, db) => {
        await db.put('warm', 'up')
        const until = performance.now() + SECONDS * 1_000
        let calls = 0
        let longestMs = 0
        let lastMs = performance.now()
        const seen = new Set<string>()
        const watch = async () => {
          while (performance.now() < until) {
            for (const leader of await leaders(cluster.addresses)) seen.add(leader)
            await pause(100)
          }
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
      }),
    120_000,
  )
})
