import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { waitFor } from '../test/support/wait.ts'
import { memoryOf, ownProcessorTimeUs, processorTimeUs } from './processor.ts'

/** Enough for /proc to count. */
const BUSY_US = 100_000

test('the time of a process contains that of its children, running and ended', async () => {
  const before = processorTimeUs(process.pid) ?? Number.NaN
  const beforeOwn = ownProcessorTimeUs()
  const busy = 'for (;;) if (process.cpuUsage().user > 300_000) break; process.stdin.resume(); console.log("done")'
  const child = spawn(process.execPath, ['-e', busy], { stdio: ['pipe', 'pipe', 'inherit'] })
  const more = () => (processorTimeUs(process.pid) ?? 0) - before - (ownProcessorTimeUs() - beforeOwn)
  try {
    await once(child.stdout, 'data')
    expect(more()).toBeGreaterThan(BUSY_US)
  } finally {
    child.stdin.end()
  }
  await once(child, 'exit')
  await waitFor('the time to be counted', () => more() > BUSY_US)
})

test('the memory of a process is told, of none is not', () => {
  const { residentBytes = 0, ownBytes = 0 } = memoryOf(process.pid) ?? {}
  expect(ownBytes).toBeGreaterThan(10 * 1024 * 1024)
  // Node itself is a file that is mapped.
  expect(residentBytes).toBeGreaterThan(ownBytes + 10 * 1024 * 1024)
  const { pid } = spawnSync('true')
  expect([memoryOf(pid), processorTimeUs(pid)]).toEqual([null, null])
})
