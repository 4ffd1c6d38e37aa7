import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { does, Story } from './testing/story.ts'

const MAIN = fileURLToPath(new URL('../../dist/test/check/main.js', import.meta.url))

describe('check-history', () => {
  let directory: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-history-'))
  })

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  function run(story: Story, ...options: readonly string[]) {
    const file = join(directory, 'history.jsonl')
    writeFileSync(file, linesOf(story))
    return spawn([file, ...options])
  }

  function spawn(args: readonly string[], input = '') {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', input })
    return { status, stdout, stderr }
  }

  const linesOf = (story: Story): string => story.events.map((event) => `${JSON.stringify(event)}\n`).join('')

  const append = does(['append', 'x', 1])
  const valid = new Story().run(0, append).run(1, does(['r', 'x', [1]]))
  const stale = new Story()
    .run(0, append)
    .run(1, does(['r', 'x', []]))
    .run(2, does(['r', 'x', [1]]))

  test('says in one line that a history is valid', () => {
    expect(run(valid)).toEqual({
      status: 0,
      stdout: 'valid: operations 2, committed 2, aborted 0, refused 0, unknown 0, lists 1, appends 1, list reads 1\n',
      stderr: '',
    })
  })

  test('says what is wrong, and shows the cycle', () => {
    const { status, stdout } = run(stale)
    expect(status).toBe(1)
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^INVALID: operations 3/),
      '  append G-single-realtime: no order of these is possible: line 3 read "x" without what line 1 appended, ' +
        'line 3 began after line 1 had ended',
      '    line 3 before line 1: rw on "x"',
      '    line 1 before line 3: realtime',
    ])
  })

  test('reads standard input, and gives JSON to machines', () => {
    const { status, stdout } = spawn(['-', '--json'], linesOf(stale))
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, findings: [{ anomaly: 'G-single-realtime' }] })
  })

  test('asks the checker that is named; one with nothing to judge does not pass', () => {
    expect(run(stale, '--checker', 'append').status).toBe(1)
    const { status, stdout } = run(stale, '--checker', 'register')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^UNKNOWN: /)
  })

  test('says in one sentence what is wrong with its arguments or with the file', () => {
    const file = join(directory, 'broken.jsonl')
    writeFileSync(file, `${linesOf(valid)}{"process":1\n`)
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [[file], /broken\.jsonl: line 5 is not JSON\.\n$/],
      [[join(directory, 'absent')], /absent cannot be read \(ENOENT\)\.\n$/],
      [[file, '--checker', 'none'], /line 5 is not JSON|--checker takes append/],
      [[], /missing required argument/],
    ]
    for (const [args, sentence] of refusals) {
      const { status, stderr } = spawn(args)
      expect({ args, status }).toEqual({ args, status: 2 })
      expect(stderr).toMatch(sentence)
    }
    expect(run(valid, '--checker', 'none')).toMatchObject({ status: 2, stderr: expect.stringContaining('not "none"') })
  })
})
