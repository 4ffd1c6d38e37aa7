import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { closeAll, join, serve } from './testing/connections.ts'

afterEach(closeAll)

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 5 })

/** Takes connections and says nothing. */
async function listen(port = 0): Promise<{ readonly server: Server; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    sockets.push(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { server, sockets }
}

test('a client connects to servers that it asks nothing yet, and again when they come back', async () => {
  const { server, sockets } = await listen()
  const { port } = server.address() as AddressInfo
  const asked = await serve()
  const db = await join(asked, `127.0.0.1:${port}`)
  await until(() => expect(sockets).toHaveLength(1))

  server.close()
  sockets[0]?.destroy()
  await once(server, 'close')
  const again = await listen(port)
  await until(() => expect(again.sockets.length).toBeGreaterThan(0))

  await db.put('a', 1)
  await db.close()
  again.server.close()
  for (const socket of again.sockets) socket.destroy()
})
