import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freeAddresses, ProcessCluster } from '../support/cluster.ts'
import { lastWords, run, SERVER } from '../support/commands.ts'
import { leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const [HERE, THERE, ELSEWHERE] = ['127.0.0.1:50051', '127.0.0.2:50051', '127.0.0.3:50051']

describe('a command line that cannot be meant', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], sentence: string])[] = [
    [
      'that leaves this node out of the list',
      ['--my-ip', '127.0.0.1', '--node-ips', '127.0.0.2', '127.0.0.3'],
      `--node-ips must contain this node's own address, ${HERE}; it names ${THERE} ${ELSEWHERE}.`,
    ],
    [
      'with an option that is nearly one',
      ['--my-ip', '127.0.0.1', '--node-ips', '127.0.0.1', '--data-dri', 'x'],
      "unknown option '--data-dri' (Did you mean --data-dir?)",
    ],
    ['with an unknown option', ['--my-ip', '127.0.0.1', '--quorum', '1'], "unknown option '--quorum'"],
    [
      'with words that belong to no option',
      ['--memory', 'please', '--my-ip', '127.0.0.1'],
      'too many arguments. Expected 0 arguments but got 1.',
    ],
    [
      'without an address',
      ['--node-ips', '127.0.0.1'],
      '--my-ip is missing; DECREE_MY_IP or "my-ip" in a --config file would do as well.',
    ],
    [
      'with an impossible port',
      ['--my-ip', '127.0.0.1:99999', '--node-ips', '127.0.0.1'],
      '--my-ip: "127.0.0.1:99999" is no node address: use ip or ip:port.',
    ],
  ]
  it.each(cases)('%s is answered by one sentence and status 2', async (_, args, sentence) => {
    const ended = await run(SERVER, args)
    expect(ended).toEqual({ status: 2, signal: null, stdout: '', stderr: `error: ${sentence}\n` })
  })
})

describe('an address at which a node cannot listen', () => {
  const start = (address: string) => lastWords(['--my-ip', address, '--node-ips', address, '--memory'])

  it('because its port is taken, is named with what to do', async () => {
    const [address = ''] = await freeAddresses(1)
    const [host, port] = address.split(':')
    const other = createServer().listen(Number(port), host)
    await once(other, 'listening')
    try {
      expect(await start(address)).toBe(
        `Another process uses ${address}; stop it, or choose another address or port with --my-ip or --listen.`,
      )
    } finally {
      other.close()
    }
  })

  it('because it is another machine’s, is named with what to do', async () => {
    // Of a block that is set aside for documentation.
    expect(await start('192.0.2.1')).toBe(
      'Cannot listen on 192.0.2.1:50051: this machine has no such address; --listen takes one of its own.',
    )
  })

  it('because nobody knows it, is named', async () => {
    expect(await start('no-such-host.invalid')).toBe(
      'Cannot listen on no-such-host.invalid:50051: no host of this name is known.',
    )
  })
})

describe('nodes that are started with different lists', () => {
  it('say so, each with both lists, found nothing, and form a cluster once the lists agree', async () => {
    const addresses = await freeAddresses(3)
    const [first = '', second = '', third = ''] = addresses
    const directory = mkdtempSync(join(tmpdir(), 'decree-lists-'))
    const launch = (address: string) => ({
      prefix: [],
      options: address === second ? ['--data-dir', join(directory, 'second')] : [],
    })
    const right = new ProcessCluster(addresses, launch)
    const wrong = new ProcessCluster([first, second], launch)
    try {
      right.start(first)
      right.start(third)
      wrong.start(second)
      const both = [first, second].sort().join(' ')
      const all = [...addresses].sort().join(' ')
      const rule = 'all nodes of a new cluster need the same list.'
      await waitFor('the second node’s word', () =>
        wrong.output(second).includes(`was started with --node-ips ${all}, but this node with ${both}; ${rule}`),
      )
      await waitFor('the first node’s word', () =>
        right
          .output(first)
          .includes(`${second} was started with --node-ips ${both}, but this node with ${all}; ${rule}`),
      )
      for (const address of addresses) expect((await statusOf(address, false)).role).toBe('forming')
      expect(await wrong.kill(second, 'SIGTERM')).toBe(0)
      right.start(second)
      await waitFor('a leader', async () => (await leaders(addresses)).length > 0)
      expect((await statusOf(third, false)).members).toHaveLength(3)
      expect([...right.strays, ...wrong.strays]).toEqual([])
    } finally {
      await Promise.all([right.stop(), wrong.stop()])
      rmSync(directory, { recursive: true })
    }
  })
})
