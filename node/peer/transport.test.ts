import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SERVER_OPTIONS } from '../limits.ts'
import { grpcPeers } from './grpc.ts'
import { createMemoryNetwork } from './memory.ts'
import type { PeerEvents, PeerMessage, PeerTransport } from './transport.ts'

const A = '000000000000000a'
const B = '000000000000000b'

/** A node that writes down what it hears. */
interface TestNode {
  readonly address: string
  readonly transport: PeerTransport
  readonly heard: PeerMessage[]
  readonly unreachable: string[]
  readonly misbehaved: string[]
  /** Takes the node off the network, as a crash would. */
  stop(): Promise<void>
}

function recorder() {
  const heard: PeerMessage[] = []
  const unreachable: string[] = []
  const misbehaved: string[] = []
  const events: PeerEvents = {
    received: (message) => heard.push(message),
    unreachable: (address) => unreachable.push(address),
    misbehaved: (address, why) => misbehaved.push(`${address} ${why}`),
  }
  return { heard, unreachable, misbehaved, events }
}

interface Network {
  /** At a free address, or again at one that was used before. */
  start(address?: string): Promise<TestNode>
}

function overMemory(): Network {
  const network = createMemoryNetwork()
  let next = 0
  return {
    start: async (address = `memory:${++next}`) => {
      const { events, ...heard } = recorder()
      const transport = network.connect(address, events)
      return { address, transport, ...heard, stop: () => transport.close() }
    },
  }
}

function overGrpc(): Network {
  return {
    start: async (address = '127.0.0.1:0') => {
      const { events, ...heard } = recorder()
      const server = new Server(SERVER_OPTIONS)
      const factory = grpcPeers(server)
      const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
          if (error) reject(error)
          else resolve(port)
        })
      })
      const own = `127.0.0.1:${port}`
      const transport = factory(own, events)
      const stop = async () => {
        server.forceShutdown()
        await transport.close()
      }
      return { address: own, transport, ...heard, stop }
    },
  }
}

const nodes: TestNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

function heartbeat(round: number): PeerMessage {
  const body = { type: 'heartbeat', ballot: { counter: 1, node: A }, chosen: 0, round } as const
  return { type: 'core', message: { cluster: 'c', from: A, to: B, body } }
}

function chunk(nonce: number, bytes = 1): PeerMessage {
  const body = {
    type: 'syncChunk',
    nonce,
    after: 0,
    cursor: '',
    upTo: 0,
    floor: 0,
    chunk: new Uint8Array(bytes),
  } as const
  return { type: 'core', message: { cluster: 'c', from: A, to: B, body } }
}

function numbers(node: TestNode, kind: 'heartbeat' | 'syncChunk'): number[] {
  return node.heard.flatMap((message) => {
    if (message.type !== 'core' || message.message.body.type !== kind) return []
    const { body } = message.message
    return [body.type === 'heartbeat' ? body.round : body.type === 'syncChunk' ? body.nonce : -1]
  })
}

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 5 })

/** Sends heartbeats until one arrives: transports may lose what is sent before they are connected. */
async function connected(from: TestNode, to: TestNode): Promise<void> {
  const before = to.heard.length
  await until(() => {
    from.transport.send(to.address, heartbeat(0))
    expect(to.heard.length).toBeGreaterThan(before)
  })
}

describe.each([
  ['memory', overMemory],
  ['gRPC', overGrpc],
])('a transport over %s', (_, network) => {
  async function start(count: number) {
    const { start: startOne } = network()
    const started: TestNode[] = []
    for (let index = 0; index < count; index++) started.push(await startOne())
    nodes.push(...started)
    const restart = async (address: string) => {
      const node = await startOne(address)
      nodes.push(node)
      return node
    }
    return { nodes: started as [TestNode, TestNode, TestNode], restart }
  }

  test('delivers what is sent before the peer is connected, if it is there', async () => {
    const {
      nodes: [a, b],
    } = await start(2)
    a.transport.send(b.address, heartbeat(1))
    a.transport.send(b.address, chunk(2))
    await until(() => expect(b.heard).toHaveLength(2))
    expect(b.heard).toEqual(expect.arrayContaining([heartbeat(1), chunk(2)]))
  })

  test('never delivers within the sending call', async () => {
    const {
      nodes: [a, b],
    } = await start(2)
    await connected(a, b)
    const before = b.heard.length
    a.transport.send(b.address, heartbeat(1))
    expect(b.heard.length).toBe(before)
  })

  test('keeps the order of each class of traffic', async () => {
    const {
      nodes: [a, b],
    } = await start(2)
    const order = Array.from({ length: 300 }, (_, index) => index)
    for (const index of order) {
      a.transport.send(b.address, chunk(index, index % 7 === 0 ? 20_000 : 10))
      a.transport.send(b.address, heartbeat(index))
      if (index % 50 === 0) await new Promise(setImmediate)
    }
    await until(() => expect(b.heard).toHaveLength(600))
    expect(numbers(b, 'heartbeat')).toEqual(order)
    expect(numbers(b, 'syncChunk')).toEqual(order)
  })

  test('carries a message of the largest decree', async () => {
    const {
      nodes: [a, b],
    } = await start(2)
    a.transport.send(b.address, chunk(1, 4 * 1024 * 1024))
    await until(() => expect(numbers(b, 'syncChunk')).toEqual([1]))
  })

  test('delivers to the one that is meant, in both directions', async () => {
    const {
      nodes: [a, b, c],
    } = await start(3)
    a.transport.send(b.address, heartbeat(1))
    b.transport.send(a.address, heartbeat(2))
    c.transport.send(a.address, heartbeat(3))
    await until(() => expect(a.heard).toHaveLength(2))
    await until(() => expect(b.heard).toHaveLength(1))
    expect(numbers(b, 'heartbeat')).toEqual([1])
    expect(numbers(a, 'heartbeat').sort()).toEqual([2, 3])
    expect(c.heard).toEqual([])
  })

  test('tells once of a peer that was never there', async () => {
    const {
      nodes: [a, b],
    } = await start(2)
    await b.stop()
    for (let round = 0; round < 100; round++) {
      a.transport.send(b.address, heartbeat(round))
      await new Promise(setImmediate)
    }
    await until(() => expect(a.unreachable).toEqual([b.address]))
    // Another 300 ms of attempts would have told of it again.
    const end = performance.now() + 300
    await until(() => {
      a.transport.send(b.address, heartbeat(0))
      expect(performance.now()).toBeGreaterThan(end)
    })
    expect(a.unreachable).toEqual([b.address])
    expect(a.misbehaved).toEqual([])
  })

  test('tells once for each time that a peer goes, and finds it again when it is back', async () => {
    const {
      nodes: [a, b],
      restart,
    } = await start(2)
    await connected(a, b)
    await b.stop()
    await until(() => expect(a.unreachable).toEqual([b.address]))

    const again = await restart(b.address)
    await connected(a, again)
    expect(a.unreachable).toEqual([b.address])

    await again.stop()
    await until(() => expect(a.unreachable).toEqual([b.address, b.address]))
    expect(a.misbehaved).toEqual([])
  })

  test('does not deliver to the one who takes the place of a peer what the peer had been sent', async () => {
    const {
      nodes: [a, b],
      restart,
    } = await start(2)
    await connected(a, b)
    await b.stop()
    await until(() => expect(a.unreachable).toEqual([b.address]))
    a.transport.send(b.address, heartbeat(7))
    a.transport.send(b.address, chunk(7))
    const again = await restart(b.address)
    await connected(a, again)
    expect(numbers(again, 'syncChunk')).toEqual([])
    expect(numbers(again, 'heartbeat')).not.toContain(7)
  })

  test('is silent once it is closed', async () => {
    const {
      nodes: [a, b, c],
    } = await start(3)
    await connected(a, b)
    await connected(b, a)
    await connected(b, c)
    await Promise.all([a.transport.close(), a.transport.close()])
    const heard = [a.heard.length, b.heard.length]
    a.transport.send(b.address, heartbeat(9))
    for (let round = 0; round < 20; round++) {
      b.transport.send(a.address, heartbeat(round))
      await connected(b, c)
    }
    expect([a.heard.length, b.heard.length]).toEqual(heard)
    expect(a.unreachable).toEqual([])
  })
})

test('a cut of the memory network is told to both ends, and heals', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [recorder(), recorder()]
  const atA = network.connect('a', a.events)
  const atB = network.connect('b', b.events)
  atA.send('b', heartbeat(1))
  atB.send('a', heartbeat(2))
  await until(() => expect(b.heard).toEqual([heartbeat(1)]))
  network.cut('b', 'a')
  await until(() => expect([a.unreachable, b.unreachable]).toEqual([['b'], ['a']]))
  atA.send('b', heartbeat(3))
  network.heal('a', 'b')
  atA.send('b', heartbeat(4))
  await until(() => expect(b.heard).toEqual([heartbeat(1), heartbeat(4)]))
})

test('the memory network loses what it is told to, without a word', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [recorder(), recorder()]
  const atA = network.connect('a', a.events)
  network.connect('b', b.events)
  network.lose((from, to, message) => from === 'a' && to === 'b' && message.type === 'core')
  atA.send('b', heartbeat(1))
  network.lose(null)
  atA.send('b', heartbeat(2))
  await until(() => expect(b.heard).toEqual([heartbeat(2)]))
  expect(a.unreachable).toEqual([])
})
