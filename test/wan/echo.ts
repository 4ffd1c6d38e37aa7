/**
 * Measures how long bytes take to other places and back, by the addresses on its command line, once a line comes on its
 * standard input; prints the median of each, ms. A process of its own, so that the network can tell where it is.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { distributionOf } from '../perseus/distribution.ts'

const TIMES = 25
const BYTES = 200

const addresses = JSON.parse(process.argv[2] ?? '') as readonly string[]
await once(process.stdin.resume(), 'data')
process.stdout.write(JSON.stringify(await Promise.all(addresses.map(measure))))
process.exit(0)

async function measure(address: string): Promise<number> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect({ host, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  const times: number[] = []
  for (let left = TIMES; left > 0; left -= 1) {
    const fromMs = performance.now()
    socket.write(Buffer.alloc(BYTES))
    await once(socket, 'data')
    times.push(performance.now() - fromMs)
  }
  socket.destroy()
  return distributionOf(times).median
}
