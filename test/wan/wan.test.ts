import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const WAN = fileURLToPath(new URL('../../dist/test/wan/main.js', import.meta.url))

async function wan(args: readonly string[]) {
  const child = spawn(process.execPath, [WAN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [[status], out, err] = await Promise.all([once(child, 'exit'), readAll(child.stdout), readAll(child.stderr)])
  return { status, out, err }
}

describe('npm run wan', { timeout: 120_000 }, () => {
  test('puts the leader where it is wanted, and distances between regions show in the latencies', async () => {
    // Callers at the same time wait for each other's slots, and whose come together is chance.
    const { status, out } = await wan(['--leader', 'West US 2', '--alone', '--warm-up', '1', '--seconds', '3'])
    expect(status).toBe(0)
    const medians = ['West US 2', 'West Central US', 'Southeast Asia'].map((region) => {
      const row = out
        .split('\n')
        .find(
          (line) =>
            line.startsWith(`West US 2  ${region} `) ||
            (line.startsWith('West US 2') && line.includes(`  ${region}  `)),
        )
      return Number(row?.trim().split(/ {2,}/)[4])
    })
    const [near = 0, nearer = 0, far = 0] = medians
    // A round trip to the nearest other node; that and one to the leader.
    expect(near).toBeGreaterThan(21.8)
    expect(nearer).toBeGreaterThan(2 * 21.8)
    expect(far).toBeGreaterThan(169 + 21.8)
    expect(near).toBeLessThan(nearer)
    expect(nearer).toBeLessThan(far)
    expect(out).toContain('Every counter holds what its callers were told.')
  })

  test('lets the servers move their leader to where callers reach it soonest', async () => {
    // It begins at the far end; the other two are near to each other.
    const { status, out } = await wan(['--leader', 'nearest', '--warm-up', '1', '--seconds', '2'])
    expect(status).toBe(0)
    expect(out).toMatch(/^(West US 2|West Central US) \(chosen\) /m)
    expect(out).not.toContain('Southeast Asia (chosen)')
    expect(out).toContain('Every counter holds what its callers were told.')
  })

  test.each([
    [['--leader', 'Mars'], /choose of each, nearest, West US 2, West Central US, Southeast Asia\./],
    [['--seconds', '0'], /use a number above 0, at most 3600\./],
  ])('refuses %j in one sentence', async (args, message) => {
    const { status, out, err } = await wan(args)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.trim()).toMatch(message)
    expect(err.trim()).not.toContain('\n')
  })
})
