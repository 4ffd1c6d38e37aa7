import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, credentials } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { freeAddresses, withCluster } from '../support/cluster.ts'
import { leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const SERVER = fileURLToPath(new URL('../../dist/node/main.js', import.meta.url))

const CALLERS = 16
const ROUNDS = 3

describe('a server that is asked to stop', () => {
  it(
    'hands over while it leads and calls are in flight, of which none fails, is lost or is doubled',
    () =>
      withCluster(['--rotate', 'off'], async (cluster, db) => {
        let isDone = false
        const counts = Array.from({ length: CALLERS }, () => 0)
        const caller = async (n: number) => {
          while (!isDone) {
            await db.run('put $key get $key + $by;', { key: `counter ${n}`, by: 1 })
            counts[n] = (counts[n] ?? 0) + 1
          }
        }
        const sum = () => counts.reduce((total, count) => total + count, 0)
        const load = Promise.all(counts.map((_, n) => caller(n)))
        // Heard below; until then it must not be called unhandled.
        load.catch(() => undefined)
        const progress = async (calls: number) => {
          const goal = sum() + calls
          await Promise.race([load, waitFor(`${calls} calls`, () => sum() >= goal)])
        }
        for (let round = 0; round < ROUNDS; round += 1) {
          await progress(100)
          const leader = await waitFor('one leader', async () => (await leaders(cluster.addresses))[0])
          const began = performance.now()
          expect(await cluster.kill(leader, 'SIGTERM')).toBe(0)
          const tookMs = performance.now() - began
          expect(tookMs).toBeLessThan(5_000)
          expect(cluster.output(leader)).toMatch(/stopping.*\n(.*\n)*.*stopped/)
          await progress(100)
          console.log(`round ${round}: the leader stopped within ${tookMs.toFixed(0)} ms; ${sum()} calls so far`)
          cluster.start(leader)
          await waitFor('the node that came back', async () => (await statusOf(leader, false)).role !== 'forming')
        }
        isDone = true
        await load
        const { reads } = await db.run(counts.map((_, n) => `get "counter ${n}";`).join(' '))
        expect([...reads.values()].map(Number)).toEqual(
          [...reads.keys()].map((key) => counts[Number(key.slice('counter '.length))]),
        )
      }),
    120_000,
  )

  it('ends at once when it is asked again', async () => {
    const [address = ''] = await freeAddresses(1)
    const server = spawn(process.execPath, [SERVER, '--my-ip', address, '--node-ips', address, '--memory'])
    let said = ''
    server.stdout.on('data', (data: Buffer) => (said += String(data)))
    await waitFor('the server', () => said.includes('listening'))
    // A call that does not end by itself is waited for a while: there is time to ask again.
    const watcher = new Client(address, credentials.createInsecure())
    const same = (bytes: Buffer) => bytes
    const watch = watcher.makeServerStreamRequest('/grpc.health.v1.Health/Watch', same, same, Buffer.alloc(0))
    watch.on('error', () => undefined)
    await once(watch, 'data')
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await waitFor('the first signal to be heard', () => said.includes('stopping'))
    server.kill('SIGTERM')
    expect(await ended).toEqual([1, null])
    watcher.close()
  })
})
