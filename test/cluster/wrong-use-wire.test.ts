import { randomBytes } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Database } from '../../client/index.ts'
import { LIMITS } from '../../node/limits.ts'
import { PeerFrame, type PeerMessage, PeerService } from '../../proto/gen/decree/v1/peer.ts'
import { ClientFrame, type Request, Response, ServerFrame, StoreService } from '../../proto/gen/decree/v1/store.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { stream, tcp, unary } from '../support/raw.ts'
import { commonState, leaders } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

const GARBAGE = Buffer.alloc(40, 0xff)
const TOO_LARGE = Buffer.alloc(LIMITS.messageBytesMax + 1)
const A = '00000000000000aa'

const session = StoreService.session.path
const exchange = PeerService.exchange.path

const clientFrame = (frame: Partial<ClientFrame>): Buffer =>
  Buffer.from(
    ClientFrame.encode({ hello: { protocolVersion: 1 }, session: 0, acked: 0, requests: [], ...frame }).finish(),
  )
const peerHello = (protocolVersion = 1, address = 'stranger:1'): Buffer =>
  Buffer.from(PeerFrame.encode({ hello: { protocolVersion, address, liveness: false }, messages: [] }).finish())
const peerMessage = (message: Partial<PeerMessage>): Buffer =>
  Buffer.from(
    PeerFrame.encode({
      hello: undefined,
      messages: [{ cluster: 'c', from: A, to: A, body: undefined, ...message }],
    }).finish(),
  )
const handoff = { $case: 'handoff', value: { ballot: { counter: 1, node: A } } } as const

describe('three nodes that are sent what nobody should send', () => {
  let cluster: ProcessCluster
  let db: Database
  let load: Promise<void>
  let count = 0
  let isOver = false

  beforeAll(async () => {
    cluster = await ProcessCluster.start(3, ['--rotate', 'off'])
    db = await connect({ servers: cluster.addresses })
    await db.put('count', 0)
    load = (async () => {
      for (; !isOver; count += 1) await db.run('put "count" get "count" + $one;', { one: 1 })
    })()
    load.catch(() => undefined)
  })

  /** Nobody else has noticed anything. */
  afterEach(async () => {
    const goal = count + 20
    await Promise.race([load, waitFor('further calls', () => count >= goal)])
    expect(cluster.strays).toEqual([])
  })

  afterAll(async () => {
    await db.close()
    await cluster.stop()
  })

  const each = <T>(ask: (address: string) => Promise<T>): Promise<T[]> => Promise.all(cluster.addresses.map(ask))

  it.each([
    ['random bytes', randomBytes(5_000)],
    ['a request of HTTP/1', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a hello of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    [
      'HTTP/2 that turns to garbage',
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), randomBytes(5_000)]),
    ],
  ])('close a connection of %s', async (_, bytes) => {
    for (const tookMs of await each((address) => tcp(address, bytes))) expect(tookMs).toBeLessThan(5_000)
  })

  it.each<readonly [string, readonly Buffer[], code: status, RegExp]>([
    ['garbage', [GARBAGE], status.INVALID_ARGUMENT, /^A frame cannot be decoded: .+\.$/],
    [
      'garbage behind a hello',
      [clientFrame({}), GARBAGE],
      status.INVALID_ARGUMENT,
      /^A frame cannot be decoded: .+\.$/,
    ],
    [
      'no hello',
      [clientFrame({ hello: undefined })],
      status.INVALID_ARGUMENT,
      /^The first frame of a session has no hello\.$/,
    ],
    [
      'another version',
      [clientFrame({ hello: { protocolVersion: 9 } })],
      status.FAILED_PRECONDITION,
      /^This node speaks version 1 of the client protocol, not 9\.$/,
    ],
    ['a frame above the bound', [TOO_LARGE], status.RESOURCE_EXHAUSTED, /larger than max/],
  ])('end a client’s stream of %s with a sentence', async (_, frames, code, details) => {
    for (const reply of await each((address) => stream(address, session, frames))) {
      expect(reply).toEqual({ code, details: expect.stringMatching(details), frames: [] })
    }
  })

  it('answer a request of no known kind, or of no session, with a protocol error, and serve the stream on', async () => {
    const requests: Request[] = [
      { number: 1, timeoutMs: 0, kind: undefined },
      { number: 2, timeoutMs: 0, kind: { $case: 'program', value: { text: 'get "k";', parameters: [] } } },
    ]
    for (const { frames, code } of await each((address) => stream(address, session, [clientFrame({ requests })], 1))) {
      expect(code).toBe(status.OK)
      const responses = frames.flatMap((frame) => ServerFrame.decode(frame).responses)
      expect(responses.map(({ kind }) => kind?.$case === 'failed' && kind.value)).toMatchObject([
        { code: 'protocol_error', message: 'Request 1 is of no known kind.', unknown: false },
        { code: 'protocol_error', message: 'Request 2 names no session; open one first.', unknown: false },
      ])
    }
  })

  it('refuse unary calls that cannot be read, are too large, or are of no known method', async () => {
    const { execute, status: tell } = StoreService
    const ask = (path: string, bytes: Buffer) => each((address) => unary(address, path, bytes))
    for (const path of [execute.path, tell.path, '/client.KV/execute', '/grpc.health.v1.Health/Check']) {
      for (const { code, details } of await ask(path, GARBAGE)) {
        expect(code).toBe(status.INVALID_ARGUMENT)
        expect(details).toMatch(/cannot be decoded: .+\.$/)
      }
      for (const { code } of await ask(path, TOO_LARGE)) expect(code).toBe(status.RESOURCE_EXHAUSTED)
    }
    for (const { code, details } of await ask('/decree.v1.Store/Nothing', GARBAGE)) {
      expect(code).toBe(status.UNIMPLEMENTED)
      expect(details).toContain('does not implement the method /decree.v1.Store/Nothing')
    }
    for (const { frames } of await ask(execute.path, Buffer.alloc(0))) {
      const [answer] = frames.map((frame) => Response.decode(frame).kind)
      expect(answer).toMatchObject({
        $case: 'failed',
        value: { code: 'protocol_error', message: 'The request has no program.' },
      })
    }
  })

  it.each<readonly [string, readonly Buffer[], code: status, RegExp]>([
    ['garbage', [GARBAGE], status.INVALID_ARGUMENT, /^A frame cannot be decoded: .+\.$/],
    ['garbage behind a hello', [peerHello(), GARBAGE], status.INVALID_ARGUMENT, /^A frame cannot be decoded: .+\.$/],
    ['no hello', [peerMessage({ body: handoff })], status.INVALID_ARGUMENT, /^The first frame has no hello\.$/],
    ['no address', [peerHello(1, '')], status.INVALID_ARGUMENT, /^The hello has no address\.$/],
    [
      'another version',
      [peerHello(9)],
      status.FAILED_PRECONDITION,
      /^It speaks version 9 of the peer protocol; this node speaks 1\.$/,
    ],
    [
      'an unknown message',
      [peerHello(), peerMessage({})],
      status.INVALID_ARGUMENT,
      /^A message of node 00000000000000aa has no body of a known kind\.$/,
    ],
    [
      'a sender that is none',
      [peerHello(), peerMessage({ from: 'me', body: handoff })],
      status.INVALID_ARGUMENT,
      /^The sender is "me", not 16 lower-case hexadecimal digits\.$/,
    ],
    [
      'half a message',
      [peerHello(), peerMessage({ body: { $case: 'handoff', value: { ballot: undefined } } })],
      status.INVALID_ARGUMENT,
      /^The ballot is missing\.$/,
    ],
    [
      'a frame above the bound',
      [peerHello(), Buffer.alloc(LIMITS.peerMessageBytesMax + 1)],
      status.RESOURCE_EXHAUSTED,
      /^A frame has 6291457 bytes; at most 6291456 are read\.$/,
    ],
  ])('end a peer’s stream of %s with a sentence, and log it once', async (_, frames, code, details) => {
    const send = () => each((address) => stream(address, exchange, frames))
    for (const reply of [...(await send()), ...(await send())]) {
      expect(reply).toEqual({ code, details: expect.stringMatching(details), frames: [] })
    }
    const sentence = (await send())[0]?.details ?? ''
    for (const address of cluster.addresses) {
      const told = await waitFor('the sentence', () => {
        const lines = cluster
          .output(address)
          .split('\n')
          .filter((line) => line.includes(sentence))
        return lines.length > 0 && lines
      })
      expect(told.length).toBeLessThanOrEqual(SENDERS)
    }
  })

  /** One without a name, and one that calls itself something. */
  const SENDERS = 2

  it('end a peer’s stream with a frame above gRPC’s own bound', async () => {
    for (const { code } of await each((address) => stream(address, exchange, [peerHello(), TOO_LARGE]))) {
      expect(code).toBe(status.RESOURCE_EXHAUSTED)
    }
  })

  it('ignore a node of another cluster, and say so once', async () => {
    const strange = peerMessage({ cluster: 'another', body: handoff })
    await each((address) => stream(address, exchange, [peerHello(), strange, strange], 0))
    for (const address of cluster.addresses) {
      const told = await waitFor('the sentence', () =>
        cluster.output(address).match(/a node of another cluster speaks with this one; it is ignored.*/g),
      )
      expect(told).toEqual([expect.stringContaining(`peer=${A}`)])
    }
  })

  it('have lost nothing and doubled nothing in the end, and still have their leader', async () => {
    isOver = true
    await load
    expect(await db.get('count')).toBe(count)
    await waitFor('equal states', () => commonState(cluster.addresses))
    expect(await leaders(cluster.addresses)).toHaveLength(1)
    for (const address of cluster.addresses) expect(cluster.output(address)).not.toMatch(/FATAL|^ +at /m)
  })
})
