import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientCommand } from './command.ts'
import { explain, format, program } from './index.ts'
import { UsageError } from './usage.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'decree-tools-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

async function run(args: readonly string[], input = '') {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  const status = await clientCommand(args, { stdin, stdout, stderr })
  stdout.end()
  stderr.end()
  return { status, stdout: await readAll(stdout), stderr: await readAll(stderr) }
}

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

describe('client explain', () => {
  test('tells keys, parameters, cost and shape, and asks no server', async () => {
    const { status, stdout } = await run(['explain', '-e', 'put "a" get $k; for x in scan "s/" { get (x); }'])
    expect(status).toBe(0)
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' '))).toEqual([
      'kind: can write',
      'reads: $k, computed ones, known when it runs',
      'scans: "s/"…',
      'writes: "a"',
      'parameters: $k (a key)',
      'variables: x',
      expect.stringMatching(/^cost: at least \d+ of 20,000; loops cost .*; scans by .*; values of .*$/),
      'size: 47 of 65,536 bytes, 17 of 8,000 tokens, nested 2 of 64 levels',
      'shape:',
      ' put ‹string› get $k;',
      ' for x in scan ‹string› {',
      ' get x;',
      ' }',
      '',
    ])
  })

  test('takes the program from a file or standard input, and gives JSON', async () => {
    const path = file('p', 'get "a";')
    for (const given of [
      await run(['explain', '--file', path, '--json']),
      await run(['--json', 'explain'], 'get "a";'),
    ]) {
      expect(given.status).toBe(0)
      expect(JSON.parse(given.stdout)).toMatchObject({
        status: 'explained',
        canWrite: false,
        reads: { keys: ['a'], parameters: [], computed: false },
        cost: { least: 11, most: 11, max: 20_000 },
        shape: 'get ‹string›;\n',
      })
    }
  })

  test('what does not compile has its place, and status 1', async () => {
    const wrong = await run(['explain', '-e', 'get "a"'])
    expect(wrong).toMatchObject({ status: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^error: expected .* \(line 1, column 8\)\nget "a"\n {7}\^\n$/)
    const json = await run(['explain', '--json', '-e', 'x = y;'])
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'error', code: 'unknown_name', outcome: 'none' })
    expect(json.status).toBe(1)
  })
})

describe('client format', () => {
  test('prints a program of a file, standard input or -e', async () => {
    const path = file('p', 'get"a" ;// c')
    const expected = { status: 0, stdout: 'get "a"; // c\n', stderr: '' }
    expect(await run(['format', path])).toEqual(expected)
    expect(await run(['format'], 'get"a" ;// c')).toEqual(expected)
    expect(await run(['format', '-e', 'get"a" ;// c'])).toEqual(expected)
  })

  test('--check names files that are not formatted, --write sets them so', async () => {
    const [good, bad] = [file('good', 'get "a";\n'), file('bad', 'get"a";')]
    expect(await run(['format', '--check', good])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(await run(['format', '--check', good, bad])).toMatchObject({
      status: 1,
      stdout: `${bad} is not formatted\n`,
    })
    expect(readFileSync(bad, 'utf8')).toBe('get"a";')
    expect(await run(['format', '--write', good, bad])).toMatchObject({ status: 0, stdout: `${bad} was formatted\n` })
    expect(readFileSync(bad, 'utf8')).toBe('get "a";\n')
    expect(await run(['format', '--check'], 'get"a";')).toMatchObject({
      status: 1,
      stdout: 'the program is not formatted\n',
    })
  })

  test('a file that is no program is left alone and told, the others are set', async () => {
    const [wrong, bad] = [file('wrong', 'get"a"'), file('bad', 'get"a";')]
    const { status, stderr } = await run(['format', '--write', wrong, bad])
    expect(status).toBe(1)
    expect(stderr).toContain(`${wrong}: error: expected`)
    expect([readFileSync(wrong, 'utf8'), readFileSync(bad, 'utf8')]).toEqual(['get"a"', 'get "a";\n'])
  })

  test('--json tells all of it in one line', async () => {
    const [wrong, bad] = [file('wrong', 'get"a"'), file('bad', 'get"a";')]
    expect(JSON.parse((await run(['format', '--json', bad])).stdout)).toEqual({
      status: 'formatted',
      programs: [{ file: bad, changed: true, text: 'get "a";\n' }],
    })
    const both = await run(['--json', 'format', '--check', wrong, bad])
    expect(both.status).toBe(1)
    expect(JSON.parse(both.stdout)).toMatchObject({
      status: 'error',
      programs: [
        { file: wrong, code: 'syntax_error' },
        { file: bad, changed: true },
      ],
    })
  })

  test.each([
    [['format', '--check', '--write', 'a'], /exclude each other/],
    [['format', '--write'], /--write needs files/],
    [['format', 'a', 'b'], /several files need/],
    [['format', '-e', '', 'a'], /exclude each other/],
    [['format', '--file', 'a'], /--file is not for format/],
    [['format', '--param', 'a=1'], /--param is not for format/],
    [['format', '/nowhere/at/all'], /cannot be read/],
    [['explain', '--repl'], /--repl is not for explain/],
    [['explain', 'get'], /too many arguments/],
    [['explain', '-e', '', '--file', 'x'], /exclude each other/],
  ])('%j is wrong usage, in one line', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({ status: 2, message: expect.stringMatching(message) })
    expect((error as UsageError).message).not.toContain('\n')
  })
})

describe('the library', () => {
  test('explains texts and templates, and formats', async () => {
    expect(await explain(program`put ${'k'} ${1};`)).toMatchObject({
      parameters: [
        { name: 'p0', isKey: true },
        { name: 'p1', isKey: false },
      ],
      writes: { keys: [], parameters: ['p0'], computed: false },
    })
    expect(await format('get("a");')).toBe('get "a";\n')
  })

  test('rejects with its own error', async () => {
    const place = { code: 'syntax_error', outcome: 'none', position: { line: 1, column: 4 } }
    await expect(explain('get')).rejects.toMatchObject(place)
    await expect(format('get')).rejects.toMatchObject(place)
    await expect(explain(1 as unknown as string)).rejects.toMatchObject({ code: 'invalid_argument' })
  })
})
