import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { load } from '@grpc/proto-loader'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect, type Database } from '../../client/index.ts'
import { between, CLIENTS } from '../chaos/network.ts'
import { Nodes } from '../chaos/nodes.ts'
import { ProxyNetwork } from '../chaos/proxied.ts'
import { waitFor } from '../support/wait.ts'

const ORIGINAL = new URL('../support/lattistore.proto', import.meta.url).pathname
const CALLERS = 8

/** Callers that reach one node only: whatever leads them elsewhere leads nowhere. */
describe('a node with --forward', { timeout: 120_000 }, () => {
  let network: ProxyNetwork
  let nodes: Nodes
  let tied: string
  let db: Database

  const start = async (options: readonly string[]) => {
    nodes = new Nodes(network, ['--forward', ...options])
    for (const address of nodes.addresses) nodes.start(address)
    await waitFor('a leader', () => nodes.leader)
    tied = nodes.addresses.find((address) => address !== nodes.leader) ?? ''
    const others = nodes.addresses.filter((address) => address !== tied)
    network.impose(between([CLIENTS], others), { type: 'refused' })
    db = await connect({ servers: tied, timeoutMs: 30_000 })
  }

  /** Increments until `isDone`; gives how often. No call fails. */
  const increment = async (isDone: () => boolean, began: () => void = () => {}) => {
    let times = 0
    const caller = async () => {
      while (!isDone()) {
        await db.run('put "n" get "n" + 1;', {}, { timeoutMs: 20_000 })
        times += 1
        if (times === CALLERS) began()
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
    return times
  }

  beforeEach(async () => {
    network = await ProxyNetwork.open(3)
  })

  afterEach(async () => {
    await db?.close()
    await nodes?.end()
    await network.close()
  })

  it('lets callers read and write that reach it alone, whoever leads, and counts each call once', async () => {
    await start(['--rotate', '300ms'])
    const led = new Set<string>()
    const times = await increment(() => {
      if (nodes.leader !== undefined) led.add(nodes.leader)
      return led.size === 3
    })
    expect(await db.get('n')).toBe(times)
  })

  it('loses and doubles nothing when the leader is killed, again and again', async () => {
    await start(['--rotate', 'off'])
    let isDone = false
    let hasBegun: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      hasBegun = resolve
    })
    const counted = increment(
      () => isDone,
      () => hasBegun(),
    )
    await begun
    for (let kills = 0; kills < 3; kills += 1) {
      const leader = await waitFor('another node to lead', () => nodes.leader)
      if (leader === tied) break
      await nodes.kill(leader)
      await waitFor('a new leader', () => nodes.leader)
      nodes.start(leader)
      await waitFor('the old one to be back', () => nodes.hasJoined(leader))
    }
    isDone = true
    const times = await counted
    expect(await db.get('n')).toBe(times)
    expect(times).toBeGreaterThan(CALLERS)
  })

  it('passes on the requests of LattiStore’s clients too', async () => {
    await start(['--rotate', 'off'])
    const definition = await load(ORIGINAL, { keepCase: true, longs: String, oneofs: true, defaults: false })
    const { KV } = loadPackageDefinition(definition).client as unknown as { KV: ServiceClientConstructor }
    const client = new KV(tied, credentials.createInsecure())
    const execute = (id: string, body: string) =>
      new Promise((resolve, reject) => {
        client.execute?.({ id, timeout: 3_000, body }, (error: Error | null, given: unknown) => {
          if (error === null) resolve(given)
          else reject(error)
        })
      })
    expect(await execute('1', 'put "a" "AAA";')).toMatchObject({ result: 'read' })
    expect(await execute('2', 'get "a";')).toMatchObject({ result: 'read', read: { value: { a: 'AAA' } } })
    client.close()
    expect(await db.get('a')).toBe('AAA')
  })
})
