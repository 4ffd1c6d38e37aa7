import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Attempt, CallerSpec, Client } from './client.ts'

/** Between its calls: it shows the pauses of the machine, and should add nothing to them. */
const PAUSE_MS = 2

/** A process that sends back what it gets, and nothing else: what a call to it waits for is the machine. */
export class EchoProcess {
  readonly address: string
  readonly #end: () => Promise<void>

  static async start(): Promise<EchoProcess> {
    const path = fileURLToPath(new URL('./echo.js', import.meta.url))
    const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    return new EchoProcess(`127.0.0.1:${String(port).trim()}`, async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    })
  }

  private constructor(address: string, end: () => Promise<void>) {
    this.address = address
    this.#end = end
  }

  stop(): Promise<void> {
    return this.#end()
  }
}

/** A caller of that process, in the callers' own thread: whatever keeps them waiting, and is no system's doing, keeps it too. */
export async function openControl({ servers: [address = ''] }: CallerSpec): Promise<Client> {
  const [host, port] = address.split(':')
  const socket = connect({ host: host ?? '', port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return new Control(socket)
}

class Control implements Client {
  readonly #socket: Socket
  #count = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  async increment(): Promise<Attempt> {
    await sleep(PAUSE_MS)
    this.#socket.write('.')
    await once(this.#socket, 'data')
    this.#count += 1
    return 'acknowledged'
  }

  async value(): Promise<number> {
    return this.#count
  }

  async close(): Promise<void> {
    this.#socket.destroy()
  }
}
