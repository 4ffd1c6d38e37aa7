import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { obstacle, probe } from './cluster.ts'
import { freeAddress } from './testing/fake-server.ts'

describe('an address for a server', () => {
  test('is free, taken, or of another machine', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await probe(`127.0.0.1:${port}`)).toBe('taken')
    other.close()
    expect(await probe(await freeAddress())).toBe('free')
    // An address that is kept for documentation, which no machine has.
    expect(await probe('192.0.2.1:50051')).toBe('absent')
  })

  test('that cannot be used is told with what to do', () => {
    expect(obstacle('127.0.0.1:80', 'free')).toBeNull()
    expect(obstacle('127.0.0.1:80', 'taken')).toMatch(/^127.0.0.1:80 is taken .* chooses another port\.$/)
    expect(obstacle('127.0.0.1:80', 'forbidden')).toMatch(/^This user may not listen at 127.0.0.1:80; .* above 1023\.$/)
    expect(obstacle('127.0.0.9:80', 'absent')).toMatch(/127.0.0.9:80: this machine has no such address\.$/)
  })
})
