import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, DecreeError } from '../../client/index.ts'
import { freeAddresses, ProcessCluster } from '../support/cluster.ts'
import { CLIENT, run } from '../support/commands.ts'
import { type Listening, listen, type Stranger } from '../support/strangers.ts'

const NO_NODE = 'cannot be reached: what listens there is no Decree node'
const HANGS_UP =
  'cannot be reached: what listens there ends the connection before a word: it is stopping, or no Decree node'
const OTHER_GRPC =
  "does not speak this client's version of the protocol: The server does not implement the method /decree.v1.Store/Session; it had no effect"

/** What each is called by a program that waits for it, and by `client status`. */
const STRANGERS: readonly (readonly [Stranger, code: string, ofPrograms: string, ofStatus: string])[] = [
  ['http', 'unreachable', NO_NODE, 'what listens there is no Decree node'],
  ['silent', 'unreachable', 'did not answer', 'no answer within 400 ms'],
  ['garbage', 'unreachable', NO_NODE, 'what listens there is no Decree node'],
  ['greeting', 'unreachable', NO_NODE, 'what listens there is no Decree node'],
  ['hangs up', 'unreachable', HANGS_UP, 'what listens there ends the connection before a word'],
  ['tls', 'unreachable', HANGS_UP, 'what listens there ends the connection before a word'],
  ['grpc', 'version_mismatch', OTHER_GRPC, 'what listens there is no Decree node of this version'],
]

describe('a client that is sent to what is no node', () => {
  it.each(STRANGERS)('(%s) ends in time and says what it found', async (stranger, code, ofPrograms, ofStatus) => {
    const { address, close } = await listen(stranger)
    try {
      const ask = (...args: readonly string[]) => run(CLIENT, ['--server-ip', address, '--timeout', '400ms', ...args])
      const [told, status] = await Promise.all([ask('--json', '-e', 'put "k" "v";'), ask('status')])
      expect({ status: told.status, stderr: told.stderr }).toEqual({ status: 1, stderr: '' })
      const answer = JSON.parse(told.stdout) as { readonly message: string }
      expect(answer).toMatchObject({ status: 'error', code, outcome: 'none' })
      expect(answer.message).toContain(`${address} ${ofPrograms}`)
      expect(answer.message).not.toMatch(/\n/)
      expect({ status: status.status, stderr: status.stderr }).toEqual({ status: 1, stderr: '' })
      expect(status.stdout).toContain(`${address}  unreachable: ${ofStatus}`)
    } finally {
      close()
    }
  })

  it('(nothing) ends in time and says so in one line on standard error', async () => {
    const [address = ''] = await freeAddresses(1)
    const { status, stdout, stderr } = await run(CLIENT, [
      '--server-ip',
      address,
      '--timeout',
      '400ms',
      '-e',
      'get "k";',
    ])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      `error: no server answered within 400 ms: ${address} cannot be reached: nothing listens there\n`,
    )
  })

  it('(a name that nobody knows) says so', async () => {
    const args = ['--server-ip', 'no-such-host.invalid', '--timeout', '2s', '-e', 'get "k";']
    const { status, stderr } = await run(CLIENT, args)
    expect(status).toBe(1)
    expect(stderr).toContain('no-such-host.invalid:50051 cannot be reached: no host of this name is known')
  })
})

describe('a client that is sent to nodes and to others', () => {
  let cluster: ProcessCluster
  const others: Listening[] = []

  beforeAll(async () => {
    cluster = await ProcessCluster.start(1, [])
    for (const stranger of ['http', 'silent', 'garbage', 'hangs up', 'tls'] as const)
      others.push(await listen(stranger))
  })

  afterAll(async () => {
    for (const { close } of others) close()
    await cluster.stop()
  })

  it('finds the nodes', async () => {
    const servers = [...others.map(({ address }) => address), ...cluster.addresses]
    const db = await connect({ servers, timeoutMs: 20_000 })
    await db.put('k', 'v', { timeoutMs: 20_000 })
    expect(await db.get('k')).toBe('v')
    await db.close()
  })

  it('is told in one sentence which argument of the library makes no sense', async () => {
    const [address = ''] = cluster.addresses
    const db = await connect(address)
    const any = (value: unknown) => value as never
    const cases: readonly (readonly [() => Promise<unknown>, string])[] = [
      [() => connect(any(undefined)), 'what connect is given must be an object, not undefined'],
      [() => connect(any(null)), 'what connect is given must be an object, not null'],
      [() => connect(any([address])), 'what connect is given must be an object, not a list'],
      [() => connect(any({})), 'servers is undefined; it must be an address or a list of addresses'],
      [() => connect({ servers: any([5]) }), 'servers is a list; it must be an address or a list of addresses'],
      [() => connect({ servers: [] }), 'no server is named'],
      [() => connect('http://x'), '"http://x" is no node address: use ip or ip:port.'],
      [
        () => connect({ servers: address, timeoutMs: any('5s') }),
        'timeoutMs is "5s"; it must be a number of milliseconds above 0',
      ],
      [() => db.run(any(null)), 'a program must be text or a template'],
      [() => db.run('get "k";', any(null)), 'the parameters must be an object, not null'],
      [() => db.run('get "k";', any(5)), 'the parameters must be an object, not a number'],
      [() => db.run('get "k";', { 'a-b': 1 }), '"a-b" is no parameter name: use letters, digits and _'],
      [() => db.get(any(undefined)), '$key is undefined; null stands for absence'],
      [() => db.get('k', any(null)), 'the options must be an object, not null'],
      [() => db.get('k', { timeoutMs: Number.NaN }), 'timeoutMs is NaN; it must be a number of milliseconds above 0'],
      [() => db.get('k', { signal: any({}) }), 'signal is an object; it must be an AbortSignal'],
      [
        () =>
          db.put(
            'k',
            any(() => 1),
          ),
        '$value is a function',
      ],
      [() => db.put('k', Number.NaN), '$value is NaN'],
    ]
    for (const [call, message] of cases) {
      const error: unknown = await call().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(DecreeError)
      expect(error).toMatchObject({ code: 'invalid_argument', outcome: 'none', message })
    }
    expect(await db.get('k')).toBe('v')
    await db.close()
  })
})
