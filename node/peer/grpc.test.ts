import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PeerFrame, PeerService } from '../../proto/gen/decree/v1/peer.ts'
import { LIMITS, SERVER_OPTIONS } from '../limits.ts'
import { encodePeerMessage } from './codec.ts'
import { grpcPeers } from './grpc.ts'
import type { PeerEvents, PeerMessage, PeerTransport } from './transport.ts'

const A = '000000000000000a'
const B = '000000000000000b'
const STRANGER = '127.9.9.9:1'

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 5 })

function recorder() {
  const heard: PeerMessage[] = []
  const unreachable: string[] = []
  const misbehaved: (readonly [address: string, why: string])[] = []
  const events: PeerEvents = {
    received: (message) => heard.push(message),
    unreachable: (address) => unreachable.push(address),
    misbehaved: (address, why) => misbehaved.push([address, why]),
  }
  return { heard, unreachable, misbehaved, events }
}

function bind(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(`127.0.0.1:${port}`)
    })
  })
}

function handoff(counter: number): PeerMessage {
  const body = { type: 'handoff', ballot: { counter, node: A } } as const
  return { type: 'core', message: { cluster: 'c', from: A, to: B, body } }
}

function encode(...messages: PeerMessage[]): Buffer {
  return Buffer.from(PeerFrame.encode({ hello: undefined, messages: messages.map(encodePeerMessage) }).finish())
}

function hello(rest: Partial<NonNullable<PeerFrame['hello']>> = {}): Buffer {
  const value = { protocolVersion: 1, address: STRANGER, liveness: false, ...rest }
  return Buffer.from(PeerFrame.encode({ hello: value, messages: [] }).finish())
}

describe('a node whose peer is a stranger', () => {
  let server: Server
  let address: string
  let transport: PeerTransport
  let node: ReturnType<typeof recorder>
  let client: Client

  beforeEach(async () => {
    node = recorder()
    server = new Server(SERVER_OPTIONS)
    const factory = grpcPeers(server)
    address = await bind(server)
    transport = factory(address, node.events)
    client = new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
  })

  afterEach(async () => {
    client.close()
    await transport.close()
    server.forceShutdown()
  })

  function open(from = client) {
    const asIs = (bytes: Buffer) => bytes
    const call: ClientDuplexStream<Buffer, Buffer> = from.makeBidiStreamRequest(PeerService.exchange.path, asIs, asIs)
    const stream: { call: typeof call; end: { code: number; details: string } | null } = { call, end: null }
    call.on('error', () => undefined)
    call.on('status', ({ code, details }) => {
      stream.end = { code, details }
    })
    call.resume()
    return stream
  }

  const cases: readonly (readonly [string, readonly Buffer[], number, RegExp])[] = [
    ['that sends no hello', [encode(handoff(1))], status.INVALID_ARGUMENT, /^The first frame has no hello\.$/],
    [
      'of another protocol version',
      [hello({ protocolVersion: 2 })],
      status.FAILED_PRECONDITION,
      /^It speaks version 2 of the peer protocol; this node speaks 1\.$/,
    ],
    ['without an address', [hello({ address: '' })], status.INVALID_ARGUMENT, /^The hello has no address\.$/],
    ['that sends garbage', [hello(), Buffer.alloc(50, 0xff)], status.INVALID_ARGUMENT, /^A frame cannot be decoded: /],
    [
      'that sends a message without a ballot',
      [
        hello(),
        Buffer.from(
          PeerFrame.encode({
            hello: undefined,
            messages: [{ cluster: 'c', from: A, to: B, body: { $case: 'handoff', value: { ballot: undefined } } }],
          }).finish(),
        ),
      ],
      status.INVALID_ARGUMENT,
      /^The ballot is missing\.$/,
    ],
    [
      'that sends a frame above the bound',
      [hello(), Buffer.alloc(LIMITS.peerMessageBytesMax + 1)],
      status.RESOURCE_EXHAUSTED,
      /^A frame has 6291457 bytes; at most 6291456 are read\.$/,
    ],
  ]
  test.each(cases)('%s ends its stream with a sentence, says so, and hears others', async (_, frames, code, why) => {
    const stream = open()
    for (const frame of frames) stream.call.write(frame)
    await until(() => expect(stream.end).not.toBeNull())
    expect(stream.end).toEqual({ code, details: expect.stringMatching(why) })
    expect(node.misbehaved).toEqual([[expect.stringMatching(/^127\./), expect.stringMatching(why)]])
    expect(node.heard).toEqual([])

    const honest = open()
    honest.call.write(hello())
    honest.call.write(encode(handoff(1), handoff(2)))
    await until(() => expect(node.heard).toEqual([handoff(1), handoff(2)]))
  })

  test('that sends a frame above the bound of gRPC loses its stream, and the node hears others', async () => {
    const stream = open()
    stream.call.write(hello())
    stream.call.write(Buffer.alloc(LIMITS.messageBytesMax + 1))
    await until(() => expect(stream.end?.code).toBe(status.RESOURCE_EXHAUSTED))
    const honest = open()
    honest.call.write(hello())
    honest.call.write(encode(handoff(1)))
    await until(() => expect(node.heard).toEqual([handoff(1)]))
  })

  test('that cancels its stream harms nothing', async () => {
    const stream = open()
    stream.call.write(hello())
    stream.call.write(encode(handoff(1)))
    await until(() => expect(node.heard).toHaveLength(1))
    stream.call.cancel()
    await until(() => expect(stream.end?.code).toBe(status.CANCELLED))
    const honest = open()
    honest.call.write(hello())
    honest.call.write(encode(handoff(2)))
    await until(() => expect(node.heard).toHaveLength(2))
    expect(node.misbehaved).toEqual([])
  })

  test('that opens its stream anew is heard on the new one only', async () => {
    const [first, second] = [open(), open()]
    first.call.write(hello())
    first.call.write(encode(handoff(1)))
    await until(() => expect(node.heard).toHaveLength(1))
    second.call.write(hello())
    await until(() => expect(first.end?.code).toBe(status.OK))
    second.call.write(encode(handoff(2)))
    await until(() => expect(node.heard).toEqual([handoff(1), handoff(2)]))
  })

  test('may hold back the end of its stream: closing does not wait for it', async () => {
    const stream = open()
    stream.call.write(hello())
    stream.call.write(encode(handoff(1)))
    await until(() => expect(node.heard).toHaveLength(1))
    await transport.close()
    stream.call.write(encode(handoff(2)))
    await until(() => expect(stream.end?.code).toBe(status.OK))
    expect(node.heard).toHaveLength(1)
  })
})

describe('a node at a strange peer', () => {
  let stranger: Server
  let address: string
  let transport: PeerTransport
  let server: Server
  let node: ReturnType<typeof recorder>

  /** What the stranger does with a stream. */
  let takes: (call: ServerDuplexStream<PeerFrame, object>) => void

  beforeEach(async () => {
    stranger = new Server(SERVER_OPTIONS)
    stranger.addService(PeerService, {
      exchange: (call: ServerDuplexStream<PeerFrame, object>) => takes(call),
    })
    address = await bind(stranger)
    node = recorder()
    server = new Server(SERVER_OPTIONS)
    transport = grpcPeers(server)(await bind(server), node.events)
  })

  afterEach(async () => {
    await transport.close()
    server.forceShutdown()
    stranger.forceShutdown()
  })

  test('says hello on one stream for each class of traffic, then sends what one turn says in one frame', async () => {
    const heard = { liveness: [] as PeerFrame[], bulk: [] as PeerFrame[] }
    takes = (call) => {
      call.once('data', (first: PeerFrame) => {
        const frames = first.hello?.liveness === true ? heard.liveness : heard.bulk
        frames.push(first)
        call.on('data', (frame: PeerFrame) => frames.push(frame))
        call.sendMetadata(new Metadata())
      })
    }
    const voted = (slot: number): PeerMessage => {
      const body = { type: 'voted', ballot: { counter: 1, node: A }, slot } as const
      return { type: 'core', message: { cluster: 'c', from: A, to: B, body } }
    }
    transport.send(address, voted(1))
    transport.send(address, handoff(1))
    await until(() => expect([heard.liveness.length, heard.bulk.length]).toEqual([2, 2]))
    for (const slot of [2, 3, 4]) transport.send(address, voted(slot))
    await until(() => expect(heard.bulk).toHaveLength(3))
    expect(heard.bulk[0]?.hello).toEqual({ protocolVersion: 1, address: expect.any(String), liveness: false })
    expect(heard.liveness[0]?.hello).toEqual({ protocolVersion: 1, address: expect.any(String), liveness: true })
    expect(heard.bulk.map(({ messages }) => messages)).toEqual([
      [],
      [encodePeerMessage(voted(1))],
      [2, 3, 4].map((slot) => encodePeerMessage(voted(slot))),
    ])
    expect(heard.liveness[1]?.messages).toEqual([encodePeerMessage(handoff(1))])
  })

  test('says once what it was told, and is out of reach', async () => {
    takes = (call) => {
      call.emit('error', { code: status.FAILED_PRECONDITION, details: 'No.' })
    }
    transport.send(address, handoff(1))
    await until(() => expect(node.unreachable).toEqual([address]))
    expect(node.misbehaved).toEqual([[address, "It refuses this node's stream: No."]])
  })

  test('throws on a message that no peer may send', async () => {
    const chunk = new Uint8Array(LIMITS.peerMessageBytesMax)
    const body = { type: 'syncChunk', nonce: 1, after: 0, cursor: '', upTo: 0, floor: 0, chunk } as const
    const message: PeerMessage = { type: 'core', message: { cluster: 'c', from: A, to: B, body } }
    expect(() => transport.send(address, message)).toThrow(/^A syncChunk message has 6291\d{3} bytes; at most 6291456/)
  })

  test('that reads nothing for a while drops what is beyond its buffer and delivers the rest in order', async () => {
    const read: number[] = []
    const calls: { resume(): void }[] = []
    takes = (call) => {
      call.once('data', (first: PeerFrame) => {
        call.sendMetadata(new Metadata())
        if (first.hello?.liveness === true) return
        call.pause()
        call.on('data', ({ messages }: PeerFrame) => {
          for (const { body } of messages) if (body?.$case === 'syncChunk') read.push(body.value.nonce)
        })
        call.pause()
        calls.push(call)
      })
    }
    const chunk = new Uint8Array(1024 * 1024)
    const send = (nonce: number) => {
      const body = { type: 'syncChunk', nonce, after: 0, cursor: '', upTo: 0, floor: 0, chunk } as const
      transport.send(address, { type: 'core', message: { cluster: 'c', from: A, to: B, body } })
    }
    send(0)
    await until(() => expect(calls).toHaveLength(1))
    for (let nonce = 1; nonce < 100; nonce++) {
      send(nonce)
      await new Promise(setImmediate)
    }
    calls[0]?.resume()
    await until(() => {
      send(100)
      expect(read).toContain(100)
    })
    const before = read.filter((nonce) => nonce < 100)
    expect(before.length).toBeGreaterThan(14)
    expect(before.length).toBeLessThan(60)
    expect(read).toEqual([...read].sort((a, b) => a - b))
  })
})
