import { connect as dial } from 'node:net'
import { Client, credentials, Metadata } from '@grpc/grpc-js'

/** How a call ended, and what came before that. */
export interface Reply {
  readonly code: number
  readonly details: string
  readonly frames: readonly Buffer[]
}

const DEADLINE_MS = 10_000
const asIs = (bytes: Buffer): Buffer => bytes

/** Sends frames, whatever is in them, on a stream of their own, and waits until it has ended. */
export function stream(address: string, path: string, sent: readonly Buffer[], endAfter = Infinity): Promise<Reply> {
  const client = open(address)
  const call = client.makeBidiStreamRequest(path, asIs, asIs, new Metadata(), { deadline: Date.now() + DEADLINE_MS })
  const frames: Buffer[] = []
  call.on('data', (frame: Buffer) => {
    frames.push(frame)
    if (frames.length >= endAfter) call.end()
  })
  call.on('error', () => undefined)
  for (const frame of sent) call.write(frame)
  if (endAfter === 0) call.end()
  return new Promise((resolve) => {
    call.on('status', ({ code, details }) => {
      client.close()
      resolve({ code, details, frames })
    })
  })
}

/** Makes a unary call with whatever bytes. */
export function unary(address: string, path: string, sent: Buffer): Promise<Reply> {
  const client = open(address)
  const options = { deadline: Date.now() + DEADLINE_MS }
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, sent, new Metadata(), options, (error, answer) => {
      client.close()
      if (error !== null) resolve({ code: error.code, details: error.details, frames: [] })
      else resolve({ code: 0, details: '', frames: answer === undefined ? [] : [answer] })
    })
  })
}

/** Writes bytes to the port; resolves when the other end has closed the connection, with how long that took. */
export function tcp(address: string, bytes: Buffer): Promise<number> {
  const colon = address.lastIndexOf(':')
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const socket = dial(Number(address.slice(colon + 1)), address.slice(0, colon))
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`${address} has kept the connection for ${DEADLINE_MS} ms`))
    }, DEADLINE_MS)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(performance.now() - began)
    })
    socket.resume()
    socket.write(bytes)
  })
}

function open(address: string): Client {
  return new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
}
