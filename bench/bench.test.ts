import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../test/support/wait.ts'
import type { Report } from './report.ts'
import { WORKLOADS } from './workloads.ts'

const BENCH = fileURLToPath(new URL('../dist/bench/main.js', import.meta.url))

let directory = ''
let data = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'decree-bench-test-'))
  data = join(directory, 'data')
  mkdirSync(data)
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [BENCH, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = Promise.all([once(child, 'exit'), readAll(child.stdout), readAll(child.stderr)])
  return { child, ended: ended.then(([[status], out, err]) => ({ status, out, err })) }
}

const SHORT = ['--rounds', '1', '--warm-up', '0.2', '--seconds', '1', '--keys', '150']

describe('npm run bench', { timeout: 120_000 }, () => {
  test('prints a table, writes it as Markdown, SVG and JSON, and leaves nothing behind', async () => {
    const output = join(directory, 'results')
    const args = [...SHORT, '--callers', '1,8', '--rounds', '2', '--data-dir', data, '--output', `${output}.md`]
    const { status, out, err } = await start(args).ended
    expect({ status, err }).toEqual({ status: 0, err: expect.stringMatching(/^round 2: decree, rmw, 8 callers: \d/m) })
    const [machine, workload, , heads, one, eight] = out.split('\n')
    expect(machine).toMatch(/^\d+ cores .* GiB of memory, .* Node \d+\.\d+\.\d+, Decree \d+\.\d+\.\d+$/)
    expect(workload).toMatch(/150 keys of 100 bytes/)
    const columns = 'system,workload,callers,transactions/s,least to most,p50 ms,p99 ms,p99.9 ms,client µs,leader µs'
    const more = 'followers µs,all µs,slots/s,batch,steal %,load'
    expect(heads?.trim().split(/ {2,}/)).toEqual(`${columns},${more}`.split(','))
    for (const row of [one, eight]) expect(row?.trim().split(/ {2,}/)).toHaveLength(16)
    expect(readFileSync(`${output}.md`, 'utf8')).toMatch(
      /^- Machine: .*\n- Workload: .*\n- Command: `npm run bench -- --rounds 1 .*`\n\n\| system \|.*!\[.*\]\(results\.svg\)/s,
    )
    expect(readFileSync(`${output}.svg`, 'utf8')).toMatch(/^<svg .*<\/svg>$/s)
    const { figures }: Report = JSON.parse(readFileSync(`${output}.json`, 'utf8'))
    expect(figures.map(({ callers, rounds }) => [callers, rounds])).toEqual([
      [1, 2],
      [8, 2],
    ])
    expect(readdirSync(data)).toEqual([])
  })

  test('runs every workload, from several processes, and prints JSON when asked to', async () => {
    const args = ['all', ...SHORT, '--callers', '5', '--load-processes', '2', '--data-dir', data, '--json']
    const { status, out } = await start(args).ended
    expect(status).toBe(0)
    const { figures }: Report = JSON.parse(out)
    expect(figures.map(({ workload }) => workload)).toEqual(WORKLOADS)
    for (const row of figures) {
      expect(row).toMatchObject({ contestant: 'decree', callers: 5, rounds: 1 })
      expect(row.transactionsPerSecond.median).toBeGreaterThan(0)
      expect(row.p50Ms.median).toBeLessThanOrEqual(row.p99Ms.median)
      // A read is in no slot.
      if (row.workload === 'read') expect(row.batch).toBeNull()
      else expect(row.batch?.median).toBeGreaterThan(0)
    }
  })

  test('fails when a transaction costs more than it did, and names the row', async () => {
    const before = join(directory, 'before.json')
    const cost = (workload: string, median: number) => ({
      contestant: 'decree',
      workload,
      callers: 4,
      processorUs: { median },
    })
    writeFileSync(before, JSON.stringify({ figures: [cost('rmw', 0.001), cost('read', 1_000_000)] }))
    const args = ['rmw,read', ...SHORT, '--callers', '4', '--against', before, '--data-dir', data]
    const { status, out } = await start(args).ended
    expect(status).toBe(1)
    expect(out).toMatch(/^Dearer than before by more than 10 %: rmw, 4 callers: [\d.]+ µs, was 0\.0/m)
    expect(out).toMatch(/^read, 4 callers: [\d.]+ µs, was 1000000\.0 \(-\d+ %\)\.$/m)
    expect(out).not.toMatch(/Dearer.* read/)
  })

  test('says which of the others are not installed, and goes on without them', async () => {
    const args = [...SHORT, '--callers', '2', '--compare', 'etcd,redis', '--data-dir', data]
    const { status, out } = await start(args, { ...process.env, PATH: directory }).ended
    expect(status).toBe(0)
    expect(out).toMatch(/^decree +rmw +2 /m)
    expect(out).toMatch(/^etcd is not installed \(Debian: apt-get install etcd-server\)\.$/m)
    expect(out).toMatch(/^Redis is not installed \(Debian: apt-get install redis-server\)\.$/m)
  })

  test('soaks: a row for each period, a verdict in the end', async () => {
    const args = [...SHORT, '--callers', '8', '--soak', '3s', '--share', '0.5', '--data-dir', data]
    const { status, out } = await start(args).ended
    const rows = out.split('\n').filter((line) => /^ *\d\.\d {2}/.test(line))
    expect(rows).toHaveLength(10)
    // So short a soak may be found to grow or to slow down, which is not for this test to say; but it loses nothing.
    expect(status).toBe(/has grown|p99 was/.test(out) ? 1 : 0)
    expect(out).not.toContain('Calls failed')
    expect(readdirSync(data)).toEqual([])
  })

  test('overloads: a row for each period, what calls have met, a verdict in the end', async () => {
    const args = ['--overload', '--callers', '8', '--keys', '100', '--warm-up', '0.3', '--seconds', '1']
    const { status, out } = await start([...args, '--data-dir', directory]).ended
    expect(out.split('\n').filter((line) => /^ *\d\.\d {2}/.test(line))).toHaveLength(10)
    expect(out).toMatch(
      /^160 callers, whose calls give up after 1000 ms: \d+ calls\/s were answered, \d+ % of the peak/m,
    )
    expect(out).toMatch(/^No call failed\.$|^Calls that failed with \w+: \d+\.$/m)
    const isBad = /^Less than 80 %|^Calls failed without saying|^The leader changed|has grown/m.test(out)
    expect(status).toBe(isBad ? 1 : 0)
  })

  test('loads a large store, restarts it and reads it back', async () => {
    const args = [...SHORT, '--keys', '3000', '--load-minutes', '1', '--callers', '4', '--data-dir', data]
    const { status, out } = await start(args).ended
    expect(status).toBe(0)
    expect(out).toMatch(/^keys +3000$/m)
    expect(out).toMatch(/^restart of all nodes until one leads, s +\d+\.\d\d$/m)
    expect(out).toMatch(/^decree +rmw +4 /m)
    expect(readdirSync(data)).toEqual([])
  })

  test('leaves nothing behind when it is interrupted', async () => {
    const { child, ended } = start([...SHORT, '--callers', '1,2', '--data-dir', data])
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    await waitFor('the second run', () => said.includes('1 callers:'))
    expect(readdirSync(data)).toHaveLength(1)
    child.kill('SIGINT')
    const { status, err } = await ended
    expect({ status, failed: err.includes('failed') }).toEqual({ status: 130, failed: false })
    expect(readdirSync(data)).toEqual([])
  })

  test.each([
    [['--callers', '0'], /'--callers <list>' argument '0' is invalid\. use a whole number from 1 to 4096\.$/],
    [['--seconds', 'long'], /'--seconds <seconds>' argument 'long' is invalid/],
    [['--fast'], /unknown option '--fast'/],
    [['more'], /^There is no workload "more"; choose of rmw, put, .*, or all\.$/],
    [['--compare', 'etcd,mongo'], /argument 'etcd,mongo' is invalid\. choose of etcd, redis, postgres\.$/],
    [['--compare', 'redis', '--keys', '100'], /^With --compare, --keys must be at least twice the callers: 512\.$/],
    [['--soak', '10'], /use a time such as 90s or 10m/],
    [['--soak', '9s', '--compare', 'etcd'], /^--compare and --soak exclude each other\.$/],
    [['--soak', '9s', '--load-minutes', '1'], /^--soak and --load-minutes exclude each other\.$/],
    [['--share', '0.5'], /^--share is of use with --soak only\.$/],
    [['--timeout', '500'], /^--timeout is of use with --overload only\.$/],
    [['--overload', '--soak', '9s'], /^--soak and --overload exclude each other\.$/],
    [['--overload', 'rmw', 'put'], /^--overload takes one workload\.$/],
    [['transfer', '--load-minutes', '1'], /^--load-minutes does not go with transfer\.$/],
    [['--against', '/absent.json'], /'--against <file>' argument '.*' is invalid\. it cannot be used: ENOENT/],
  ])('refuses %j in one sentence', async (args, message) => {
    const { status, out, err } = await start(args).ended
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.trim()).toMatch(message)
    expect(err.trim()).not.toContain('\n')
  })

  test('explains itself', async () => {
    const { status, out } = await start(['--help']).ended
    expect(status).toBe(0)
    for (const option of [
      '--quick',
      '--callers',
      '--compare',
      '--soak',
      '--overload',
      '--against',
      '--load-minutes',
      '--output',
    ]) {
      expect(out).toContain(option)
    }
  })

  test('refuses a data directory that does not exist in one sentence', async () => {
    const { status, err } = await start([...SHORT, '--data-dir', join(directory, 'absent')]).ended
    expect(status).toBe(2)
    expect(err.trim()).toMatch(/--data-dir <path>' argument '.*' is invalid\. it cannot be used: ENOENT/)
  })
})
