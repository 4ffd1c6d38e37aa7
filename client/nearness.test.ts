import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type NearRequest,
  type NearResponse,
  NearService,
  type StatusResponse,
  StoreService,
} from '../proto/gen/decree/v1/store.ts'
import { Nearness } from './nearness.ts'

const EVERY_MS = 5

describe('what a caller tells of where it is', () => {
  let server: Server
  let address: string
  let reports: NearRequest[]
  let asked = 0
  let nearness: Nearness | undefined

  beforeEach(async () => {
    reports = []
    asked = 0
    server = new Server()
    const report: handleUnaryCall<NearRequest, NearResponse> = (call, send) => {
      reports.push(call.request)
      send(null, {})
    }
    server.addService(NearService, { report })
    const { status } = StoreService
    server.addService(
      { status },
      {
        status: (_: unknown, send: (error: null, found: StatusResponse) => void) => {
          asked += 1
          send(null, STATUS)
        },
      },
    )
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(error)
      })
    })
    address = `127.0.0.1:${port}`
  })

  afterEach(() => {
    nearness?.close()
    server.forceShutdown()
  })

  const told = (times: number) => expect.poll(() => reports.length, { interval: 5, timeout: 10_000 }).toBe(times)

  it('is how far each node is that it can reach, and how many calls it has made since it told that last', async () => {
    nearness = new Nearness(address, [address, '127.0.0.1:1'], EVERY_MS)
    nearness.answered(3)
    nearness.answered(4)
    await told(1)
    expect(reports[0]?.calls).toBe(7)
    expect(reports[0]?.distances.map((node) => node.address)).toEqual([address])
    expect(reports[0]?.distances[0]?.ms).toBeGreaterThan(0)
    expect(reports[0]?.distances[0]?.ms).toBeLessThan(2_000)
    nearness.answered(2)
    await told(2)
    expect(reports[1]?.calls).toBe(2)
  })

  it('is nothing while there are no calls, and after the end', async () => {
    nearness = new Nearness(address, [address], EVERY_MS)
    nearness.answered(1)
    nearness.close()
    const other = new Nearness(address, [address], EVERY_MS)
    other.answered(1)
    await told(1)
    other.close()
    expect(reports).toHaveLength(1)
    expect(asked).toBe(3)
  })
})

const STATUS: StatusResponse = {
  version: '',
  id: '',
  address: '',
  role: 'leader',
  leader: '',
  ballot: 0,
  applied: 0,
  complete: 0,
  revision: 0,
  members: [],
  cluster: '',
  stateHash: Buffer.alloc(0),
  hashSlot: 0,
  programs: undefined,
}
