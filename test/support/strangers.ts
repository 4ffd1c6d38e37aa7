import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'

/** What may listen where a node was expected, none of it a node. */
export type Stranger = 'http' | 'silent' | 'garbage' | 'greeting' | 'hangs up' | 'tls' | 'grpc'

/** Something that listens, in this process. */
export interface Listening {
  readonly address: string
  readonly close: () => void
}

/** Starts it on a free port of 127.0.0.1. */
export async function listen(stranger: Stranger): Promise<Listening> {
  switch (stranger) {
    case 'http':
      return open(createHttpServer((_, response) => response.end('hello')))
    case 'silent':
      return open(createServer(() => undefined))
    case 'garbage':
      return open(createServer((socket) => socket.write(Buffer.alloc(500, 'garbage'))))
    case 'greeting':
      return open(createServer((socket) => socket.write('220 mail.example ready\r\n')))
    case 'hangs up':
      return open(createServer((socket) => socket.destroy()))
    case 'tls':
      return open(createTlsServer())
    case 'grpc':
      return openGrpc()
    default:
      return stranger satisfies never
  }
}

async function open(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function openGrpc(): Promise<Listening> {
  const server = new GrpcServer()
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() }
}
