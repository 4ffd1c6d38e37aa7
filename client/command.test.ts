import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { clientCommand } from './command.ts'
import {
  type Behaviour,
  committed,
  FakeServer,
  failed,
  freeAddress,
  programs,
  redirect,
  text,
} from './testing/fake-server.ts'
import { UsageError } from './usage.ts'

const open: (() => void)[] = []

afterEach(() => {
  for (const close of open.splice(0).reverse()) close()
})

async function serve(behave?: Behaviour): Promise<FakeServer> {
  const server = await FakeServer.start(behave)
  open.push(() => server.stop())
  return server
}

async function run(args: readonly string[], input = '') {
  const stdin = new PassThrough()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  stdin.end(input)
  const status = await clientCommand(args, { stdin, stdout, stderr })
  stdout.end()
  stderr.end()
  return { status, stdout: await readAll(stdout), stderr: await readAll(stderr) }
}

/** Runs against a server that behaves so. */
async function runOn(behave: Behaviour | undefined, args: readonly string[], input = '') {
  const server = await serve(behave)
  return { ...(await run(['--server-ip', server.address, ...args], input)), server }
}

describe('client', () => {
  test('all of standard input is one program', async () => {
    const { status, stdout, server } = await runOn(undefined, [], 'put "a" 1;\n\nput "b" 2;\n')
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'result: {}\n' })
    expect(server.programs).toHaveLength(1)
  })

  test('-e and --file give the program', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'decree-'))
    open.push(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'p'), 'get "file";')
    const textOf = async (args: readonly string[]) => {
      const { server } = await runOn(undefined, args)
      const kind = server.programs[0]?.kind
      return kind?.$case === 'program' ? kind.value.text : undefined
    }
    expect(await textOf(['-e', 'get "argument";'])).toBe('get "argument";')
    expect(await textOf(['--file', join(directory, 'p')])).toBe('get "file";')
  })

  test('--json prints one line for each way a program can end', async () => {
    const reads = { b: { kind: { $case: 'float', value: 4 } }, a: text('x') } as const
    const done = await runOn(
      programs(({ reply }) => reply(committed(reads, undefined, 7))),
      ['--json', '-e', ''],
    )
    expect(done.stdout).toBe('{"status":"committed","revision":7,"reads":{"b":4.0,"a":"x"},"value":null}\n')
    expect(done.status).toBe(0)

    const abort = programs(({ reply }) => reply({ $case: 'aborted', value: { value: text('short'), reads: [] } }))
    const aborted = await runOn(abort, ['--json', '-e', ''])
    expect(aborted.stdout).toBe('{"status":"aborted","value":"short","reads":{}}\n')
    expect(aborted.status).toBe(1)

    const wrong = await runOn(
      programs(({ reply }) => reply(failed('overflow', 'too large'))),
      ['--json', '-e', ''],
    )
    expect(wrong.stdout).toBe('{"status":"error","code":"overflow","message":"too large","outcome":"none"}\n')
    expect(wrong.status).toBe(1)

    const silent = await runOn(
      programs(() => {}),
      ['--json', '--timeout', '2s', '-e', 'put "a" 1;'],
    )
    expect(JSON.parse(silent.stdout)).toMatchObject({ status: 'error', code: 'timeout', outcome: 'unknown' })
  })

  test('without --json errors go to standard error, with status 1', async () => {
    const wrong = await runOn(
      programs(({ reply }) => reply(failed('overflow', 'too large'))),
      ['-e', ''],
    )
    expect(wrong).toMatchObject({ status: 1, stdout: '', stderr: 'error: too large\n' })
    const nobody = await run(['--server-ip', await freeAddress(), '--timeout', '2s', '-e', ''])
    expect(nobody.status).toBe(1)
    expect(nobody.stderr).toContain('ECONNREFUSED')
  })

  test('parameters are JSON if they parse, else strings', async () => {
    const args = ['a=1', 'b=1.0', 'c="1"', 'd=AAA', 'e=[9007199254740993]', 'f=x=y'].flatMap((each) => [
      '--param',
      each,
    ])
    const { server } = await runOn(undefined, [...args, '-e', ''])
    const kind = server.programs[0]?.kind
    const parameters = kind?.$case === 'program' ? kind.value.parameters : []
    expect(parameters.map(({ name, value }) => [name, value?.kind])).toEqual([
      ['a', { $case: 'int', value: 1n }],
      ['b', { $case: 'float', value: 1 }],
      ['c', { $case: 'string', value: '1' }],
      ['d', { $case: 'string', value: 'AAA' }],
      ['e', { $case: 'list', value: { items: [{ kind: { $case: 'int', value: 9007199254740993n } }] } }],
      ['f', { $case: 'string', value: 'x=y' }],
    ])
  })

  test('redirects are mentioned with --verbose only', async () => {
    const leader = await serve()
    const follow: Behaviour = ({ reply }) => reply(redirect(leader.address))
    expect(await runOn(follow, ['-e', ''])).toMatchObject({ status: 0, stderr: '' })
    const verbose = await runOn(follow, ['--verbose', '-e', ''])
    expect(verbose.stderr).toBe(`${verbose.server.address} says that ${leader.address} leads\n`)
  })

  test('--server-ip takes addresses in a row, separated by commas, or repeated', async () => {
    const gone = await freeAddress()
    const server = await serve()
    for (const named of [
      [gone, server.address],
      [`${gone},${server.address}`],
      [gone, '--server-ip', server.address],
    ]) {
      expect(await run(['--server-ip', ...named, '-e', ''])).toMatchObject({ status: 0 })
    }
  })

  test('--repl reads line by line where standard input is no terminal', async () => {
    const { stdout } = await runOn(undefined, ['--repl'], 'put "a" 1;\n\nput "b" 2;\n\n')
    expect(stdout).toBe('> . sending request...\nresult: {}\n> . sending request...\nresult: {}\n')
  })

  test.each([
    [['--frobnicate'], /unknown option '--frobnicate'/],
    [['frobnicate'], /frobnicate|too many arguments/],
    [['--server-ip', 'http://x', '-e', ''], /--server-ip: .*no node address/],
    [['-e', '', '--file', 'x'], /exclude each other/],
    [['--file', '/nowhere/at/all'], /cannot be read/],
    [['--param', 'nothing', '-e', ''], /--param takes name=value/],
    [['--param', 'a=1', '--param', 'a=2', '-e', ''], /same name twice/],
    [['--timeout', 'soon', '-e', ''], /--timeout takes a time/],
    [['--repl', '--json'], /need a program/],
  ])('%j is wrong usage, in one line', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({ status: 2, message: expect.stringMatching(message) })
    expect((error as UsageError).message).not.toContain('\n')
  })
})

describe('client status', () => {
  async function cluster() {
    const leader = await serve()
    const follower = await serve()
    const gone = await freeAddress()
    const members = [leader.address, follower.address, gone].map((address, index) => ({ id: `000${index}`, address }))
    const common = { version: '1.2.3', cluster: 'c', leader: '0000', ballot: 3, members, hashSlot: 9 }
    const stateHash = Buffer.from('00112233445566778899', 'hex')
    const state = { ...common, applied: 9, revision: 8, stateHash }
    leader.status = { ...state, id: '0000', address: leader.address, role: 'leader', complete: 9 }
    follower.status = { ...state, id: '0001', address: follower.address, role: 'follower', complete: 5 }
    return { leader, follower, gone }
  }

  test('shows every member in a table, those out of reach too', async () => {
    const { leader, follower, gone } = await cluster()
    const { status, stdout } = await run(['status', '--server-ip', follower.address])
    expect(status).toBe(0)
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}|(?<=^\*) /))
    expect(lines[0]).toEqual(['address', 'id', 'role', 'ballot', 'applied', 'complete', 'lag', 'revision', 'state'])
    expect(lines).toContainEqual(['*', leader.address, '0000', 'leader', '3', '9', '9', '0', '8', '001122334455 @9'])
    expect(lines).toContainEqual([follower.address, '0001', 'follower', '3', '9', '5', '4', '8', '001122334455 @9'])
    expect(lines).toContainEqual([gone, 'unreachable'])
  })

  test('--json gives whole hashes', async () => {
    const { leader } = await cluster()
    const { stdout } = await run(['--server-ip', leader.address, 'status', '--json'])
    const rows = JSON.parse(stdout) as unknown[]
    expect(rows).toHaveLength(3)
    expect(rows).toContainEqual(
      expect.objectContaining({ role: 'leader', lag: 0, state: { hash: '00112233445566778899', slot: 9 } }),
    )
  })

  test('fails when nobody can be reached', async () => {
    expect(await run(['status', '--server-ip', await freeAddress()])).toMatchObject({ status: 1 })
  })
})
