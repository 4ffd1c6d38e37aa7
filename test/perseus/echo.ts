#!/usr/bin/env node
import { type AddressInfo, createServer } from 'node:net'

/** Sends back whatever it gets, until its standard input ends. Prints its port. */
const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.pipe(socket)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.on('end', () => process.exit(0)).resume()
