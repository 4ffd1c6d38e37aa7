import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../support/wait.ts'
import { between, CLIENTS, type Path } from './network.ts'
import { ProxyNetwork } from './proxied.ts'

/** Connects to a host and a port, tells what it hears, and ends when the connection or its standard input does. */
const PEER = `
  const [host, port] = process.argv.slice(1)
  const socket = require('node:net').connect(Number(port), host)
  socket.on('data', (bytes) => process.stdout.write(bytes))
  socket.on('error', () => {})
  socket.on('close', () => process.exit(0))
  process.stdin.on('end', () => process.exit(0)).resume()
  setTimeout(() => socket.write('from a peer'), 0)
`

/** Long enough for whatever comes at once to have come. */
const BLINK_MS = 100

describe('a network of proxies', () => {
  let network: ProxyNetwork
  let node = ''
  let other = ''
  let server: Server
  let heard = ''
  const open: Socket[] = []

  beforeEach(async () => {
    network = await ProxyNetwork.open(2)
    ;[node = '', other = ''] = network.addresses
    heard = ''
    // Answers everything with itself.
    server = createServer((socket) => {
      open.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        heard += String(bytes)
        socket.write(bytes)
      })
    })
    const [, listening = ''] = network.launch(node).options
    const [host = '', port = ''] = listening.split(':')
    server.listen({ host, port: Number(port) })
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy()
    server.close()
    await network.close()
  })

  /** A client's connection to the node, and all that it hears on it. */
  function dial(): { readonly socket: Socket; readonly said: () => string } {
    const [host = '', port = ''] = node.split(':')
    const socket = connect({ host, port: Number(port) })
    open.push(socket)
    let said = ''
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => (said += String(bytes)))
    return { socket, said: () => said }
  }

  const there = (): Path => ({ from: CLIENTS, to: node })
  const back = (): Path => ({ from: node, to: CLIENTS })
  const blink = () => new Promise((resolve) => setTimeout(resolve, BLINK_MS))

  it('passes everything on while nothing is imposed', async () => {
    const { socket, said } = dial()
    const large = 'x'.repeat(1_000_000)
    socket.write(large)
    await waitFor('the echo', () => said().length === large.length)
    socket.end()
    await once(socket, 'close')
  })

  it('holds back what is sent on a path that is cut, and delivers it in order when that is mended', async () => {
    const { socket, said } = dial()
    socket.write('a')
    await waitFor('an echo', () => said() === 'a')
    const mend = network.impose([there()], { type: 'cut' })
    socket.write('b')
    socket.write('c')
    await blink()
    expect(heard).toBe('a')
    mend()
    await waitFor('the rest', () => said() === 'abc')
  })

  it('cuts one direction and leaves the other', async () => {
    const { socket, said } = dial()
    socket.write('a')
    await waitFor('an echo', () => said() === 'a')
    const mend = network.impose([back()], { type: 'cut' })
    socket.write('b')
    await waitFor('the request', () => heard === 'ab')
    await blink()
    expect(said()).toBe('a')
    mend()
    await waitFor('the answer', () => said() === 'ab')
  })

  it('swallows a connection that comes while its path is cut', async () => {
    const mend = network.impose([there()], { type: 'cut' })
    const { socket, said } = dial()
    socket.write('a')
    await blink()
    expect(heard).toBe('')
    mend()
    await waitFor('the echo', () => said() === 'a')
  })

  it('breaks connections that are refused, old and new ones, and takes them again when that is mended', async () => {
    const old = dial()
    old.socket.write('a')
    await waitFor('an echo', () => old.said() === 'a')
    const mend = network.impose(between([node], [CLIENTS]), { type: 'refused' })
    await closed(old.socket)
    await closed(dial().socket)
    mend()
    const fresh = dial()
    fresh.socket.write('b')
    await waitFor('an echo', () => fresh.said() === 'b')
  })

  it('breaks connections along a path that is mended with a reset', async () => {
    const { socket, said } = dial()
    socket.write('a')
    await waitFor('an echo', () => said() === 'a')
    const mend = network.impose([there()], { type: 'cut' })
    mend(true)
    await closed(socket)
  })

  it('delays and slows down without changing the order', async () => {
    const { socket, said } = dial()
    const mendDelay = network.impose([there()], { type: 'delayed', delayMs: 2 * BLINK_MS })
    const beganMs = performance.now()
    socket.write('a')
    await waitFor('an echo', () => said() === 'a')
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(2 * BLINK_MS - 1)
    const mendSlow = network.impose([back()], { type: 'slow', bytesPerSecond: 10_000 })
    mendDelay()
    const letters = Array.from({ length: 2_000 }, (_, n) => String(n % 10)).join('')
    const slowMs = performance.now()
    socket.write(letters)
    await waitFor('the slow echo', () => said().length === 1 + letters.length)
    expect(performance.now() - slowMs).toBeGreaterThan(BLINK_MS)
    expect(said()).toBe(`a${letters}`)
    mendSlow()
  })

  it('lets the latest of what is imposed on a path hold, and then the one before', async () => {
    const { socket, said } = dial()
    const mendCut = network.impose([there()], { type: 'cut' })
    const mendDelay = network.impose([there()], { type: 'delayed', delayMs: 1 })
    socket.write('a')
    await waitFor('an echo', () => said() === 'a')
    mendDelay()
    socket.write('b')
    await blink()
    expect(heard).toBe('a')
    mendCut()
    await waitFor('the rest', () => said() === 'ab')
  })

  it('tells nodes from clients by the process that connects', async () => {
    const mend = network.impose([{ from: other, to: node }], { type: 'cut' })
    const [host = '', port = ''] = node.split(':')
    const peer = spawn(process.execPath, ['-e', PEER, host, port], { stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    peer.stdout.on('data', (bytes) => (said += String(bytes)))
    network.started(other, peer.pid ?? 0)
    const { socket, said: answered } = dial()
    socket.write('from a client')
    await waitFor('an echo', () => answered() === 'from a client')
    await blink()
    expect(heard).toBe('from a client')
    mend()
    await waitFor('the peer to be heard', () => said === 'from a peer')
    const ended = once(peer, 'exit')
    peer.stdin.end()
    await ended
  })
})

/** Also of one that breaks, which is told by an error first. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}
