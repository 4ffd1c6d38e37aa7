import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { clientCommand } from './command.ts'
import { historyFile } from './history.ts'
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
    expect(nobody.stderr).toContain('nothing listens there')
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
    [['frobnicate'], /"frobnicate" is no command \(there is: .*status.*\)/],
    [['--server-ip', '127.0.0.1', 'statsu'], /"statsu" is no command; did you mean status\?/],
    [['--server-ip', '127.0.0.1', '127.0.0.2', 'frobnicate', '--json'], /"frobnicate" is no command/],
    [['status', 'more'], /too many arguments/],
    [['--param', 'v=1e400', '-e', ''], /--param v: 1e400 is beyond the range of floats/],
    [['--param', 'v=[{"a":-1e400}]', '-e', ''], /--param v: -1e400 is beyond/],
    [['--param', 'v=9223372036854775808', '-e', ''], /--param v: \$v is 9223372036854775808, which does not fit/],
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

describe('the environment', () => {
  const before = { ...process.env }

  afterEach(() => {
    process.env = { ...before }
  })

  test('names the servers and the timeout, unless the command line does', async () => {
    const server = await serve()
    process.env.DECREE_SERVER_IP = server.address
    expect(await run(['-e', ''])).toMatchObject({ status: 0 })
    process.env.DECREE_SERVER_IP = 'http://x'
    expect(await run(['--server-ip', server.address, '-e', ''])).toMatchObject({ status: 0 })
    process.env.DECREE_TIMEOUT = '300ms'
    const silent = await runOn(
      programs(() => {}),
      ['--json', '-e', ''],
    )
    expect(JSON.parse(silent.stdout)).toMatchObject({ code: 'timeout' })
  })

  test.each([
    [
      'DECREE_SERVER_PI',
      '127.0.0.1',
      /DECREE_SERVER_PI in the environment is unknown; did you mean DECREE_SERVER_IP\?/,
    ],
    ['DECREE_SERVER_IP', 'http://x', /^DECREE_SERVER_IP: .*no node address/],
    ['DECREE_SERVER_IP', ',', /^DECREE_SERVER_IP names no server/],
    ['DECREE_TIMEOUT', 'soon', /^DECREE_TIMEOUT takes a time/],
  ])('with %s=%s is wrong usage, in one line', async (name, value, message) => {
    process.env[name] = value
    const error = await run(['-e', '']).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 2, message: expect.stringMatching(message) })
    expect((error as UsageError).message).not.toContain('\n')
  })

  test('names the history of the prompt, unless it is empty', () => {
    process.env.DECREE_HISTORY = '/elsewhere/history'
    expect(historyFile()).toBe('/elsewhere/history')
    process.env.DECREE_HISTORY = ''
    expect(historyFile()).toBe(join(homedir(), '.decree_history'))
  })

  test('may hold what is meant for servers, and what is empty', async () => {
    Object.assign(process.env, { DECREE_ROTATE: '5s', DECREE_PORT: 'tcp://x', DECREE_TIMEOUT: '' })
    expect(await runOn(undefined, ['-e', ''])).toMatchObject({ status: 0 })
  })
})

describe('client status', () => {
  const hash = Buffer.from('00112233445566778899', 'hex')

  /** A leader, a follower behind it, and a member that cannot be reached. */
  async function cluster() {
    const leader = await serve()
    const follower = await serve()
    const gone = await freeAddress()
    const members = [leader.address, follower.address, gone].map((address, index) => ({ id: `000${index}`, address }))
    const common = { version: '1.2.3', cluster: 'c', leader: '0000', ballot: 3, members, hashSlot: 0, revision: 8 }
    const state = { ...common, applied: 9, stateHash: Buffer.alloc(0) }
    const programs = { textHits: 120, shapeHits: 14, misses: 3, shapes: 2, bytes: 40_960 }
    const unused = { textHits: 0, shapeHits: 0, misses: 0, shapes: 0, bytes: 0 }
    leader.status = { ...state, id: '0000', address: leader.address, role: 'leader', complete: 9, programs }
    follower.status = {
      ...state,
      id: '0001',
      address: follower.address,
      role: 'follower',
      complete: 5,
      programs: unused,
    }
    return { leader, follower, gone }
  }

  test('shows every member in a table, those out of reach too, and sums up', async () => {
    const { leader, follower, gone } = await cluster()
    const { status, stdout } = await run(['status', '--server-ip', follower.address])
    expect(status).toBe(0)
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}|(?<=^\*) /))
    expect(lines[0]).toEqual(['address', 'role', 'ballot', 'applied', 'complete', 'lag', 'revision', 'version', 'id'])
    expect(lines).toContainEqual(['*', leader.address, 'leader', '3', '9', '9', '0', '8', '1.2.3', '0000'])
    expect(lines).toContainEqual([follower.address, 'follower', '3', '9', '5', '4', '8', '1.2.3', '0001'])
    expect(lines).toContainEqual([gone, 'unreachable: nothing listens there'])
    // The second table is of the nodes that have had programs.
    expect(lines[4]).toEqual(['program cache', 'shapes', 'bytes', 'text hits', 'shape hits', 'misses'])
    expect(lines[5]).toEqual(['*', leader.address, '2', '40960', '120', '14', '3'])
    expect(lines[6]?.[0]).toContain('2 of 3 nodes are up')
    expect(stdout).toContain(`2 of 3 nodes are up, ${leader.address} leads\n`)
  })

  test('--hash tells whether the states agree, --json gives whole hashes', async () => {
    const { leader, follower } = await cluster()
    const hashed = (slot: number, stateHash: Buffer) => ({ complete: slot, hashSlot: slot, stateHash })
    const ask = async () => {
      const { status, stdout } = await run(['--server-ip', leader.address, 'status', '--hash', '--json'])
      return { status, ...(JSON.parse(stdout) as { states: string; nodes: unknown[] }) }
    }
    Object.assign(leader.status!, hashed(9, hash))
    Object.assign(follower.status!, hashed(9, hash))
    const same = await ask()
    expect(same).toMatchObject({ status: 0, states: 'agree', healthy: true, up: 2, members: 3 })
    const state = { hash: '00112233445566778899', slot: 9 }
    expect(same.nodes).toContainEqual(expect.objectContaining({ role: 'leader', lag: 0, state }))
    const programs = { textHits: 120, shapeHits: 14, misses: 3, shapes: 2, bytes: 40_960 }
    expect(same.nodes).toContainEqual(expect.objectContaining({ role: 'leader', programs }))
    Object.assign(follower.status!, hashed(8, Buffer.from('ff', 'hex')))
    expect(await ask()).toMatchObject({ status: 0, states: 'incomparable' })
    Object.assign(follower.status!, hashed(9, Buffer.from('ff', 'hex')))
    expect(await ask()).toMatchObject({ status: 1, states: 'differ', healthy: false })
    const { stdout } = await run(['--server-ip', leader.address, 'status', '--hash'])
    expect(stdout).toMatch(/001122334455 @9\n/)
  })

  test('a node that gives no hash when asked is named, and not taken for well', async () => {
    const { leader, follower } = await cluster()
    const ask = async () => {
      const { status, stdout } = await run(['--server-ip', leader.address, 'status', '--hash', '--json'])
      return { status, ...(JSON.parse(stdout) as { summary: string; nodes: unknown[] }) }
    }
    Object.assign(leader.status!, { hashSlot: 9, stateHash: hash })
    follower.canHash = false
    const one = await ask()
    expect(one).toMatchObject({ status: 1, healthy: false, states: 'incomplete' })
    expect(one.summary).toContain(`1 node did not give a hash: ${follower.address} (the data cannot be read)`)
    expect(one.nodes).toContainEqual(expect.objectContaining({ state: null, unhashed: 'the data cannot be read' }))
    leader.canHash = false
    const both = await ask()
    expect(both).toMatchObject({ status: 1, states: 'incomplete' })
    expect(both.summary).toContain('2 nodes did not give a hash: ')
  })

  test('a node that is asked by another name is listed once, by its own', async () => {
    const { leader, follower, gone } = await cluster()
    const other = leader.address.replace('127.0.0.1', 'localhost')
    const { stdout } = await run(['--server-ip', other, 'status', '--json'])
    const { nodes } = JSON.parse(stdout) as { nodes: readonly { address: string }[] }
    expect(nodes.map(({ address }) => address)).toEqual([leader.address, follower.address, gone].sort())
  })

  test('without --hash no node is asked to read all its data', async () => {
    const { leader } = await cluster()
    await run(['--server-ip', leader.address, 'status'])
    expect(leader.statusRequests).toEqual([{ hash: false }])
  })

  test('fails when there is no leader, no majority, no cluster, or more than one', async () => {
    const { leader, follower } = await cluster()
    const ask = () => run(['--server-ip', leader.address, follower.address, 'status'])
    Object.assign(leader.status!, { role: 'follower' })
    expect(await ask()).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/2 of 3 nodes are up, and none leads/),
    })
    Object.assign(follower.status!, { cluster: 'd' })
    expect(await ask()).toMatchObject({ status: 1, stdout: expect.stringMatching(/nodes of 2 clusters/) })
    for (const each of [leader, follower]) Object.assign(each.status!, { cluster: '', role: 'forming', members: [] })
    expect(await ask()).toMatchObject({ status: 1, stdout: expect.stringMatching(/not formed a cluster yet/) })
    const { leader: alone, follower: stopped } = await cluster()
    stopped.stop()
    const minority = await run(['--server-ip', alone.address, 'status'])
    expect(minority).toMatchObject({ status: 1, stdout: expect.stringMatching(/1 of 3 nodes is up: no majority/) })
  })

  test('waits out a hand-over', async () => {
    const { leader } = await cluster()
    Object.assign(leader.status!, { role: 'follower' })
    const asked = run(['--server-ip', leader.address, 'status'])
    await vi.waitFor(() => expect(leader.statusRequests.length).toBeGreaterThan(0))
    Object.assign(leader.status!, { role: 'leader' })
    expect(await asked).toMatchObject({ status: 0 })
  })

  test('says what is wrong with a server that it cannot ask', async () => {
    const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await Promise.all([once(stranger, 'listening'), once(silent, 'listening')])
    open.push(() => stranger.close())
    open.push(() => silent.close())
    const [strange, mute] = [stranger, silent].map((each) => `127.0.0.1:${(each.address() as AddressInfo).port}`)
    const other = await serve()
    const args = ['--server-ip', strange!, mute!, other.address, '--timeout', '500ms', 'status']
    const { status, stdout } = await run(args)
    expect(status).toBe(1)
    const why = (address: string) => stdout.split('\n').find((line) => line.includes(address))
    expect(why(strange!)).toContain('unreachable: what listens there is no Decree node')
    expect(why(mute!)).toContain('unreachable: no answer within 500 ms')
    expect(why(other.address)).toContain('unreachable: what listens there is no Decree node of this version')
    expect(stdout).toContain('no node can be reached')
  })
})
