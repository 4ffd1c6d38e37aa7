import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const START = fileURLToPath(new URL('../../dist/client/start.js', import.meta.url))

/** What LattiStore's own description shows: each program, and the result line that it gives. */
const TRANSCRIPT: readonly (readonly [program: string, result: string])[] = [
  ['put "a" "AAA";\nput "b" "BBB";', '{}'],
  ['a = get "a";\nb = get "b";\nput "c" a + b;', '{"a": "AAA", "b": "BBB"}'],
  ['get "c";', '{"c": "AAABBB"}'],
  ['if get "c" == "BBBAAA" { put "d" "D1"; } else { put "d" "D2"; }', '{"c": "AAABBB"}'],
  ['get "d";', '{"d": "D2"}'],
  ['put "x" "xxx";\nget "x";', '{}'],
  ['put "x" "yyy";\nget "x";', '{"x": "xxx"}'],
  ['put "x" "xxx";', '{}'],
  ['put "x" "yyy";\nx = get "x";\nput "y" x;', '{"x": "xxx"}'],
  ['get "y";', '{"y": "yyy"}'],
]

describe('npm start', () => {
  let directory: string
  let port: number
  let running: ChildProcess | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-start-'))
    port = randomInt(20_000, 32_000)
  })

  afterEach(async () => {
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      running.kill('SIGTERM')
      await once(running, 'exit')
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  })

  function launch(...options: string[]): { readonly child: ChildProcess; readonly said: () => string } {
    const child = spawn(process.execPath, [START, '--port', String(port), ...options], { cwd: directory })
    running = child
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += String(data)))
    return { child, said: () => said }
  }

  /** Types programs at the prompt, each ended by an empty line, and gives everything said once the prompt has ended. */
  async function type(programs: readonly string[], ...options: string[]): Promise<string> {
    const { child, said } = launch(...options)
    const ended = once(child, 'exit')
    for (const program of programs) child.stdin?.write(`${program}\n\n`)
    child.stdin?.end()
    expect((await ended)[0]).toBe(0)
    return said()
  }

  const results = (said: string) => [...said.matchAll(/^result: (.*)$/gm)].map((match) => match[1])

  it('gives the results that LattiStore shows, keeps the data for the next start, and forgets it with --fresh', async () => {
    const first = await type(TRANSCRIPT.map(([program]) => program))
    expect(results(first)).toEqual(TRANSCRIPT.map(([, result]) => result))
    expect(results(await type(['get "c"; get "y";']))).toEqual(['{"c": "AAABBB", "y": "yyy"}'])
    expect(results(await type(['get "c"; get "y";'], '--fresh', '--yes'))).toEqual(['{}'])
  }, 60_000)

  it('keeps the logs of earlier starts', async () => {
    await type([])
    await type([])
    const log = readFileSync(join(directory, `data/127.0.0.1-${port}.log`), 'utf8')
    expect(log.match(/ starting /g)).toHaveLength(2)
    expect(log.match(/ stopped/g)).toHaveLength(2)
  })

  it('uses no disk with --memory', async () => {
    expect(results(await type(['put "a" "1";', 'get "a";'], '--memory'))).toEqual(['{}', '{"a": "1"}'])
    expect(() => readFileSync(join(directory, 'data'))).toThrow(/ENOENT/)
  })

  it('takes its nodes along when it is killed', async () => {
    const { child, said } = launch('--memory')
    await waitFor('the prompt', () => said().includes('> '))
    const addresses = /at (.+?), (.+?), (.+?),/.exec(said())?.slice(1) ?? []
    expect(addresses).toHaveLength(3)
    await Promise.all(addresses.map((address) => statusOf(address)))
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (const address of addresses) {
      await waitFor(`the end of ${address}`, () =>
        statusOf(address).then(
          () => false,
          () => true,
        ),
      )
    }
  })

  it('says which address is taken, and what to do', async () => {
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const { child, said } = launch()
    const [status] = await once(child, 'exit')
    other.close()
    expect(status).toBe(1)
    expect(said()).toContain(`127.0.0.1:${port} is taken by another process`)
    expect(said()).toContain('npm start -- --port')
  })
})
