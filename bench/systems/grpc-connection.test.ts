import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeRange, decodeTransaction, encodeRange, encodeTransaction } from './etcd-messages.ts'
import { GrpcConnection, GrpcFailure } from './grpc-connection.ts'

const same = (bytes: Buffer) => bytes
const server = new Server()
let address = ''
let connection: GrpcConnection

beforeAll(async () => {
  const method = { requestStream: false, responseStream: false, requestDeserialize: same, requestSerialize: same }
  const encoding = { ...method, responseDeserialize: same, responseSerialize: same }
  server.addService(
    { Echo: { path: '/test/Echo', ...encoding }, Refuse: { path: '/test/Refuse', ...encoding } },
    {
      Echo: (call: { request: Buffer }, reply: (error: null, answer: Buffer) => void) => reply(null, call.request),
      Refuse: (_: unknown, reply: (error: object) => void) => reply({ code: status.NOT_FOUND, details: 'no' }),
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  address = `127.0.0.1:${port}`
  connection = await GrpcConnection.open(address)
})

afterAll(() => {
  connection.close()
  server.forceShutdown()
})

describe('a light gRPC connection', () => {
  test('carries many calls at a time, more than the server takes at once', async () => {
    // 2,000 messages of 200 bytes are six times the first window.
    const messages = Array.from({ length: 2_000 }, (_, n) => Buffer.alloc(200, String(n)))
    const answers = await Promise.all(messages.map((message) => connection.call('/test/Echo', message)))
    expect(answers.every((answer, n) => messages[n]!.equals(answer))).toBe(true)
  })

  test('takes answers of many frames', async () => {
    const messages = Array.from({ length: 20 }, (_, n) => Buffer.alloc(16_000, String(n)))
    const answers = await Promise.all(messages.map((message) => connection.call('/test/Echo', message)))
    expect(answers.every((answer, n) => messages[n]!.equals(answer))).toBe(true)
  })

  test('tells a refused call from an empty answer', async () => {
    await expect(connection.call('/test/Refuse', Buffer.alloc(3))).rejects.toThrow(GrpcFailure)
    expect(await connection.call('/test/Echo', Buffer.alloc(0))).toHaveLength(0)
  })

  test('fails what waits when it is closed', async () => {
    const other = await GrpcConnection.open(address)
    const waiting = other.call('/test/Echo', Buffer.alloc(1))
    other.close()
    await expect(waiting).rejects.toThrow('The connection was closed.')
  })
})

describe("etcd's messages", () => {
  test('a compare-and-put is what its protocol says', () => {
    const bytes = encodeTransaction([{ key: 'k', value: 'v', modRevision: 5 }])
    const compare = [0x10, 2, 0x1a, 1, 0x6b, 0x30, 5]
    const put = [0x0a, 1, 0x6b, 0x12, 1, 0x76]
    expect([...bytes]).toEqual([0x0a, compare.length, ...compare, 0x12, put.length + 2, 0x12, put.length, ...put])
  })

  test('a range is one key, or those up to before another', () => {
    expect([...encodeRange('k')]).toEqual([0x0a, 1, 0x6b])
    expect([...encodeRange('k', 'l')]).toEqual([0x0a, 1, 0x6b, 0x12, 1, 0x6c])
  })

  test('answers give revisions and entries, whatever else they hold', () => {
    const header = [0x08, 9, 0x18, 7]
    expect(decodeTransaction(Uint8Array.of(0x0a, 4, ...header, 0x10, 1, 0x1a, 0))).toEqual({
      revision: 7,
      succeeded: true,
      entries: [],
    })
    const entry = [0x0a, 1, 0x6b, 0x10, 1, 0x18, 3, 0x2a, 1, 0x76]
    expect(decodeRange(Uint8Array.of(0x0a, 4, ...header, 0x12, entry.length, ...entry, 0x20, 1))).toEqual({
      revision: 7,
      succeeded: true,
      entries: [{ key: 'k', value: 'v', modRevision: 3 }],
    })
  })
})
