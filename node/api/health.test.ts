import { type Client, credentials, loadPackageDefinition, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { service } from 'grpc-health-check'
import { expect, test } from 'vitest'
import { serveHealth } from './index.ts'

test('the node and its store are healthy exactly while the node says so', async () => {
  const server = new Server()
  const health = serveHealth(server)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
  const { health: loaded } = loadPackageDefinition({ 'health.Health': service }) as unknown as {
    health: { Health: new (address: string, credentials: unknown) => Client & { check: Check } }
  }
  const client = new loaded.Health(`127.0.0.1:${port}`, credentials.createInsecure())
  const check = (name: string) =>
    new Promise<string>((resolve, reject) => {
      client.check({ service: name }, (error, response) => (error ? reject(error) : resolve(response.status)))
    })
  const both = () => Promise.all([check(''), check('decree.v1.Store')])

  expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING'])
  health.setServing(true)
  expect(await both()).toEqual(['SERVING', 'SERVING'])
  health.setServing(false)
  expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING'])
  await expect(check('x'.repeat(100_000))).rejects.toThrow('a question of 100004 bytes')

  const asIs = (bytes: Buffer) => bytes
  const refused = new Promise((resolve) => {
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, Buffer.alloc(20, 0xff), resolve)
  })
  expect(await refused).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(/^The request cannot be decoded: /),
  })
  client.close()
  server.forceShutdown()
})

type Check = (request: object, callback: (error: Error | null, response: { status: string }) => void) => void
