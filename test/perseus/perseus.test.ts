import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const PERSEUS = fileURLToPath(new URL('../../dist/test/perseus/main.js', import.meta.url))

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'decree-perseus-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function perseus(args: readonly string[]) {
  const child = spawn(process.execPath, [PERSEUS, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [[status], out, err] = await Promise.all([once(child, 'exit'), readAll(child.stdout), readAll(child.stderr)])
  return { status, out, err }
}

describe('npm run perseus', { timeout: 120_000 }, () => {
  test('takes the leader away and brings it back, tells how long callers waited, and draws it', async () => {
    const output = join(directory, 'report')
    const wanted = [
      '--mode',
      'proxy',
      '--tries',
      '1',
      '--faults',
      'kill,isolation',
      '--roles',
      'leader',
      '--calls',
      'one',
    ]
    const { status, out } = await perseus([...wanted, '--output', output])
    expect(status).toBe(0)
    expect(out).toMatch(/^kill -9 +the leader +1( +\d+){6}$/m)
    expect(out).toMatch(/^isolated from its peers +the leader +lost +1( +\d+){4} +500 +\d of 1/m)
    expect(out).toContain('Every counter holds what its caller was told.')
    expect(readFileSync(`${output}.md`, 'utf8')).toContain('![The worst try of each kind](report-decree-one.svg)')
    const drawing = readFileSync(`${output}-decree-one.svg`, 'utf8')
    expect(drawing.match(/<text [^>]*>tied to node/g)).toHaveLength(6)
    expect(drawing).toContain('kill -9: leader, node')
  })

  test.each([
    [['--tries', '0'], /use a whole number from 1 to 1000\./],
    [['--faults', 'flood'], /choose of nothing, kill, isolation, cut, stop, disk\./],
    [['--compare', 'redis'], /Allowed choices are etcd\./],
  ])('refuses %j in one sentence', async (args, message) => {
    const { status, out, err } = await perseus(args)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.trim()).toMatch(message)
    expect(err.trim()).not.toContain('\n')
  })
})
