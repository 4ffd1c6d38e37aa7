import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { load } from '@grpc/proto-loader'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProcessCluster } from '../support/cluster.ts'
import { leaders, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'

/** LattiStore's contract as it stands in its own repository: no field of Decree's. */
const ORIGINAL = new URL('../support/lattistore.proto', import.meta.url).pathname

interface Answer {
  readonly result: string
  readonly read?: { readonly value: Readonly<Record<string, string>> }
  readonly redirect_to?: { readonly id: string }
  readonly compile_error?: string
}

describe('a client that knows only LattiStore’s contract', () => {
  let cluster: ProcessCluster
  let leader: string
  let execute: (address: string, id: string, body: string) => Promise<Answer>

  beforeAll(async () => {
    cluster = await ProcessCluster.start(3, ['--rotate', 'off'])
    const definition = await load(ORIGINAL, { keepCase: true, longs: String, oneofs: true, defaults: false })
    const { KV } = loadPackageDefinition(definition).client as unknown as { KV: ServiceClientConstructor }
    execute = (address, id, body) => {
      const client = new KV(address, credentials.createInsecure())
      return new Promise((resolve, reject) => {
        client.execute?.({ id, timeout: 3_000, body }, (error: Error | null, answer: Answer) => {
          client.close()
          if (error === null) resolve(answer)
          else reject(error)
        })
      })
    }
    leader = await waitFor('one leader', async () => (await leaders(cluster.addresses))[0])
  })

  afterAll(() => cluster?.stop())

  it('gets what it reads', async () => {
    expect(await execute(leader, '1', 'put "a" "AAA"; put "b" "BBB";')).toMatchObject({ result: 'read' })
    const answer = await execute(leader, '2', 'a = get "a"; b = get "b"; put "c" a + b;')
    expect(answer.read?.value).toEqual({ a: 'AAA', b: 'BBB' })
    expect((await execute(leader, '3', 'get "c";')).read?.value).toEqual({ c: 'AAABBB' })
  })

  it('is redirected by its id to the node that leads', async () => {
    const follower = cluster.addresses.find((address) => address !== leader) ?? ''
    const id = BigInt(`0x${(await statusOf(leader)).id}`)
    const answer = await waitFor('a redirect', async () => {
      const one = await execute(follower, '4', 'get "c";')
      return one.result === 'redirect_to' && one
    })
    expect(answer.redirect_to?.id).toBe(id.toString())
  })

  it('is told of a compile error', async () => {
    const answer = await execute(leader, '5', 'get "c"')
    expect(answer.compile_error).toMatch(/line 1, column/)
  })

  it('gets the same answer for the same id, and the program runs once', async () => {
    const id = '-9223372036854775808'
    const program = 'put "n" get "n" + "x";'
    expect((await execute(leader, id, program)).read?.value ?? {}).toEqual({})
    expect((await execute(leader, id, program)).read?.value ?? {}).toEqual({})
    expect((await execute(leader, '6', program)).read?.value).toEqual({ n: 'x' })
    expect((await execute(leader, '6', program)).read?.value).toEqual({ n: 'x' })
    expect((await execute(leader, '7', 'get "n";')).read?.value).toEqual({ n: 'xx' })
  })
})
