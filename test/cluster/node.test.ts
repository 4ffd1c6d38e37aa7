import { afterEach, describe, expect, it } from 'vitest'
import type { Response } from '../../node/exec/index.ts'
import { Node } from '../../node/node.ts'
import { createMemoryNetwork } from '../../node/peer/index.ts'
import { createMemoryDisk, openMemoryStore } from '../../node/store/index.ts'
import { waitFor } from '../support/wait.ts'

const ADDRESSES = ['a:1', 'b:1', 'c:1']
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined }

describe('three nodes in one process', () => {
  const nodes: Node[] = []

  afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop())))

  async function start(): Promise<Node> {
    const network = createMemoryNetwork()
    for (const address of ADDRESSES) {
      const store = await openMemoryStore(createMemoryDisk())
      const onFatal = (why: string, error?: unknown) => {
        throw new Error(why, { cause: error })
      }
      const options = { address, addresses: ADDRESSES, store, peers: network.connect, log: SILENT, onFatal }
      nodes.push(await Node.start({ ...options, core: { rotateTicks: 0 } }))
    }
    return waitFor('a leader', async () => {
      for (const node of nodes) if ((await node.status(false)).role === 'leader') return node
      return undefined
    })
  }

  function run(node: Node, text: string, id = ''): Promise<Response> {
    return new Promise((resolve) => {
      const kind = { type: 'program', text, parameters: new Map() } as const
      node.submit({ session: id, number: 1, acked: 0, deadlineMs: node.nowMs() + 5_000, kind }, resolve)
    })
  }

  it('answer reads that arrive while others wait for their round', async () => {
    const leader = await start()
    expect(await run(leader, 'put "k" "v";', 'l1')).toMatchObject({ type: 'committed', revision: 1 })
    const reads: Promise<Response>[] = []
    for (let turn = 0; turn < 50; turn += 1) {
      for (let n = 0; n < 5; n += 1) reads.push(run(leader, 'get "k";'))
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    for (const read of await Promise.all(reads)) {
      expect(read).toMatchObject({ type: 'committed', reads: new Map([['k', 'v']]) })
    }
  })

  it('end equal, whoever executed', async () => {
    const leader = await start()
    for (let n = 1; n <= 20; n += 1) await run(leader, `put "k${n % 7}" get "k${n % 3}" + "${n}";`, `l${n}`)
    await waitFor('equal states', async () => {
      const states = await Promise.all(nodes.map((node) => node.status(true)))
      const hashes = new Set(
        states.map(({ state }) => `${state?.slot} ${Buffer.from(state?.hash ?? []).toString('hex')}`),
      )
      return hashes.size === 1 && states.every(({ revision }) => revision === 20)
    })
  })

  it('redirect from a follower to the leader', async () => {
    const leader = await start()
    const follower = nodes.find((node) => node !== leader)
    if (follower === undefined) throw new Error('no follower')
    const answer = await waitFor('a redirect', async () => {
      const one = await run(follower, 'put "k" "v";', 'l1')
      return one.type === 'redirect' && one.leader !== null && one
    })
    expect(answer.leader?.id).toBe(leader.id)
  })
})
