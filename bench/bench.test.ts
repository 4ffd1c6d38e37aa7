import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../test/support/wait.ts'

const BENCH = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url))

let directory = ''
let data = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'decree-bench-test-'))
  data = join(directory, 'data')
  mkdirSync(data)
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [BENCH, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = Promise.all([once(child, 'exit'), readAll(child.stdout), readAll(child.stderr)])
  return { child, ended: ended.then(([[status], out, err]) => ({ status, out, err })) }
}

const SHORT = ['--callers', '1,8', '--warm-up', '0.2', '--seconds', '1', '--keys', '150', '--read-share', '0.5']

describe('npm run bench', () => {
  test('prints a table, writes it as Markdown, and leaves nothing behind', async () => {
    const output = join(directory, 'results.md')
    const { status, out, err } = await start([...SHORT, '--data-dir', data, '--output', output]).ended
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining('8 callers: 0.2 s of warm-up') })
    const [machine, workload, , heads, one, eight] = out.split('\n')
    expect(machine).toMatch(/^\d+ cores .* GiB of memory, .* Node \d+\.\d+\.\d+, Decree \d+\.\d+\.\d+$/)
    expect(workload).toMatch(/50 % of them only reading; 150 keys of 100 bytes/)
    expect(heads?.trim().split(/ {2,}/)).toEqual([
      'callers',
      'transactions/s',
      'p50 ms',
      'p99 ms',
      'max ms',
      'client µs',
      'leader µs',
      'followers µs',
      'slots/s',
      'steal %',
    ])
    expect([one, eight].map((row) => row?.trim().split(/ +/).length)).toEqual([10, 10])
    const markdown = readFileSync(output, 'utf8')
    expect(markdown).toMatch(
      /^- Machine: .*\n- Workload: .*\n- Command: `npm run bench -- --callers 1,8 .*`\n\n\| callers \|/,
    )
    expect(readdirSync(data)).toEqual([])
  })

  test('prints JSON when asked to', async () => {
    const { status, out } = await start([...SHORT, '--callers', '2', '--data-dir', data, '--json']).ended
    expect(status).toBe(0)
    const { rows } = JSON.parse(out)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ callers: 2, leaderChanged: false })
    expect(rows[0].transactions).toBeGreaterThan(0)
    expect(rows[0].p50Ms).toBeLessThanOrEqual(rows[0].p99Ms)
    expect(rows[0].p99Ms).toBeLessThanOrEqual(rows[0].maxMs)
  })

  test('leaves nothing behind when it is interrupted', async () => {
    const { child, ended } = start([...SHORT, '--seconds', '60', '--data-dir', data])
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    await waitFor('the first run', () => said.includes('1 callers:'))
    expect(readdirSync(data)).toHaveLength(1)
    child.kill('SIGINT')
    expect((await ended).status).toBe(130)
    expect(readdirSync(data)).toEqual([])
  })

  test.each([
    [['--callers', '0'], /'--callers <list>' argument '0' is invalid\. use a whole number from 1 to 4096\.$/],
    [['--seconds', 'long'], /'--seconds <seconds>' argument 'long' is invalid/],
    [['--fast'], /unknown option '--fast'/],
    [['more'], /too many arguments/],
  ])('refuses %j in one sentence', async (args, message) => {
    const { status, out, err } = await start(args).ended
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.trim()).toMatch(message)
    expect(err.trim()).not.toContain('\n')
  })

  test('explains itself', async () => {
    const { status, out } = await start(['--help']).ended
    expect(status).toBe(0)
    for (const option of ['--quick', '--callers', '--read-share', '--json', '--output']) expect(out).toContain(option)
  })

  test('refuses a data directory that does not exist in one sentence', async () => {
    const { status, err } = await start([...SHORT, '--data-dir', join(directory, 'absent')]).ended
    expect(status).toBe(2)
    expect(err.trim()).toMatch(/--data-dir <path>' argument '.*' is invalid\. it cannot be used: ENOENT/)
  })
})
