import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseHistory } from '../check/history.ts'
import { waitFor } from '../support/wait.ts'

const CHAOS = fileURLToPath(new URL('../../dist/test/chaos/main.js', import.meta.url))

describe('chaos', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-chaos-test-'))
  })

  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  function start(...args: string[]) {
    const child = spawn(process.execPath, [CHAOS, '--mode', 'proxy', ...args])
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += String(data)))
    return { child, ended: once(child, 'exit'), said: () => said }
  }

  it('finds nothing wrong in half a minute of it, and keeps a history that says so', async () => {
    const file = join(directory, 'history.jsonl')
    const { ended, said } = start('--minutes', '0.5', '--history', file)
    const [status] = await ended
    expect(status, said()).toBe(0)
    expect(said()).toMatch(/^seed \d+: 3 nodes, proxies on loopback\n/)
    expect(said()).toMatch(/leader isolated +\d+/)
    const { operations, end } = parseHistory(readFileSync(file, 'utf8'))
    expect(operations.filter(({ outcome }) => outcome === 'committed').length).toBeGreaterThan(50)
    expect(end?.replicas?.length).toBeGreaterThanOrEqual(3)
  }, 400_000)

  it('ends when it is told to, and takes its nodes along', async () => {
    const { child, ended, said } = start('--seed', '1', '--history', join(directory, 'history.jsonl'))
    await waitFor('the storm', () => existsSync(join(directory, 'history.jsonl')))
    child.kill('SIGTERM')
    expect((await ended)[0], said()).toBe(130)
    expect(said()).toBe('seed 1: 3 nodes, proxies on loopback\nstopped\n')
  })

  it.each([
    [['--minutes', '0'], /it must be a number above 0/],
    [['--nodes', '4'], /Allowed choices are 3, 5/],
    [['--seeds', '4'], /unknown option '--seeds'/],
  ])('refuses %j', async (args, message) => {
    const { ended, said } = start(...args)
    expect((await ended)[0]).toBe(2)
    expect(said()).toMatch(message)
  })
})
