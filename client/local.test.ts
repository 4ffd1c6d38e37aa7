import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { waitFor } from '../test/support/wait.ts'
import type { Database } from './database.ts'
import { DecreeError } from './errors.ts'
import { type Cluster, type ClusterNode, openLocal, startCluster } from './local.ts'
import { program } from './program.ts'

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close()
})

async function start(options: Parameters<typeof startCluster>[0] = {}): Promise<{ cluster: Cluster; db: Database }> {
  const cluster = await startCluster(options)
  open.push(cluster)
  return { cluster, db: await cluster.connect() }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'decree-local-'))
  open.push({ close: () => rmSync(directory, { recursive: true, force: true }) })
  return directory
}

async function failure(promise: Promise<unknown>): Promise<DecreeError> {
  const error = await promise.then(
    () => expect.fail('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DecreeError)
  return error as DecreeError
}

/** Waits until all nodes hold one and the same state. */
function agreement(cluster: Cluster): Promise<boolean> {
  return waitFor('equal states', async () => {
    const all = await Promise.all(cluster.nodes.map((node) => node.status({ hash: true })))
    const states = all.map((one) => `${one?.state?.slot} ${Buffer.from(one?.state?.hash ?? []).toString('hex')}`)
    return new Set(states).size === 1
  })
}

/** Callers that each append to a key of their own: what is lost or doubled shows in the text. */
class Load {
  readonly #db: Database
  readonly #appended = [0, 0, 0, 0, 0, 0, 0, 0]
  readonly #loops: Promise<void>[]
  #isStopping = false
  #count = 0

  constructor(db: Database) {
    this.#db = db
    this.#loops = this.#appended.map((_, caller) => this.#loop(caller))
    for (const loop of this.#loops) loop.catch(() => {})
  }

  async #loop(caller: number): Promise<void> {
    while (!this.#isStopping) {
      const n = (this.#appended[caller] ?? 0) + 1
      await this.#db.run(
        'put $key get $key + $item;',
        { key: `caller ${caller}`, item: `${n},` },
        { timeoutMs: 20_000 },
      )
      this.#appended[caller] = n
      this.#count += 1
    }
  }

  async progress(calls: number): Promise<void> {
    const goal = this.#count + calls
    await Promise.race([Promise.all(this.#loops), waitFor(`${calls} calls`, () => this.#count >= goal)])
  }

  async verify(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
    for (const [caller, count] of this.#appended.entries()) {
      const expected = Array.from({ length: count }, (_, n) => `${n + 1},`).join('')
      expect(await this.#db.get(`caller ${caller}`)).toBe(expected)
    }
  }
}

describe('a cluster in this process', () => {
  test('runs programs as one over the network does', async () => {
    const { cluster, db } = await start()
    expect(cluster.nodes.map(({ address, isRunning }) => [address, isRunning])).toEqual([
      ['node-1:50051', true],
      ['node-2:50051', true],
      ['node-3:50051', true],
    ])
    expect(await db.get('k')).toBeNull()
    const { revision } = await db.put('k', new Uint8Array([1, 2]))
    expect(await db.get('k')).toEqual(new Uint8Array([1, 2]))
    expect(await db.run(program`x = get ${'k'}; put "l" x;`)).toEqual({
      status: 'committed',
      revision: revision + 1n,
      reads: new Map([['k', new Uint8Array([1, 2])]]),
      value: null,
      complete: true,
    })
    await db.delete('k')
    expect(await db.get('k')).toBeNull()
    expect(await failure(db.run('put "a"'))).toMatchObject({ code: 'syntax_error', outcome: 'none' })
    expect(await failure(db.run('put $k "v";'))).toMatchObject({ code: 'missing_parameter' })
    expect(await failure(db.put('k', 'x'.repeat(2 ** 21)))).toMatchObject({ code: 'limit_exceeded', outcome: 'none' })
  })

  test('keeps what callers put in apart from what they hold', async () => {
    const { db } = await start()
    const bytes = new Uint8Array([1])
    await db.put('k', bytes)
    bytes[0] = 2
    const held = (await db.get('k')) as Uint8Array
    held[0] = 3
    expect(await db.get('k')).toEqual(new Uint8Array([1]))
  })

  test('answers every one of thousands of calls made at once', async () => {
    const { db } = await start()
    await Promise.all(Array.from({ length: 5_000 }, () => db.run('put "n" get "n" + $by;', { by: 1 })))
    expect(await db.get('n')).toBe(5_000)
  })

  test('hands leadership on so often as it is told, and no caller notices', async () => {
    const { cluster, db } = await start({ rotateMs: 200 })
    const load = new Load(db)
    const leaders = new Set<ClusterNode>()
    await waitFor('three leaders', async () => leaders.add(await cluster.leader()).size === 3)
    await load.verify()
  })

  test('can be of one node, or of five', async () => {
    for (const nodes of [1, 5]) {
      const { cluster, db } = await start({ nodes })
      expect(cluster.nodes).toHaveLength(nodes)
      await db.put('k', nodes)
      expect(await db.get('k')).toBe(nodes)
    }
  })

  test('keeps its data on a directory when it is given one', async () => {
    const directory = temporaryDirectory()
    const first = await start({ directory })
    await first.db.put('k', 'kept')
    const taken = await failure(startCluster({ directory }))
    expect(taken).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(/in use by this process/) })
    await first.cluster.close()
    const { cluster, db } = await start({ directory })
    expect(await db.get('k')).toBe('kept')
    const leader = await cluster.leader()
    await leader.kill()
    await leader.restart()
    expect(await db.get('k')).toBe('kept')
  })

  test('refuses options that make no sense', async () => {
    for (const nodes of [0, 10, 1.5]) {
      expect(await failure(startCluster({ nodes }))).toMatchObject({ code: 'invalid_argument' })
    }
    expect(await failure(startCluster({ rotateMs: -1 }))).toMatchObject({ code: 'invalid_argument' })
  })
})

describe('under load, nothing is lost or doubled when', () => {
  test('the leader is killed and restarted, five times in a row', async () => {
    const { cluster, db } = await start({ rotateMs: 0 })
    const load = new Load(db)
    for (let round = 0; round < 5; round++) {
      await load.progress(200)
      const leader = await cluster.leader()
      await leader.kill()
      expect(leader.isRunning).toBe(false)
      expect(await leader.status()).toBeNull()
      expect(await cluster.leader()).not.toBe(leader)
      await load.progress(200)
      await leader.restart()
    }
    await load.verify()
    await agreement(cluster)
  })

  test('all nodes are killed at once', async () => {
    const { cluster, db } = await start()
    const load = new Load(db)
    await load.progress(200)
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    await Promise.all(cluster.nodes.map((node) => node.restart()))
    await load.progress(200)
    await load.verify()
    await agreement(cluster)
  })

  test('the leader is cut off, and healed', async () => {
    const { cluster, db } = await start({ rotateMs: 0 })
    const load = new Load(db)
    for (let round = 0; round < 3; round++) {
      await load.progress(200)
      const old = await cluster.leader()
      old.isolate()
      expect(await cluster.leader()).not.toBe(old)
      await load.progress(200)
      old.heal()
    }
    await load.verify()
    await agreement(cluster)
  })

  test('each node is stopped and restarted in turn', async () => {
    const { cluster, db } = await start()
    const load = new Load(db)
    for (const node of cluster.nodes) {
      await node.stop()
      await load.progress(100)
      await node.restart()
      await waitFor('the node to follow', async () => (await node.status())?.role !== 'forming')
    }
    await load.verify()
    await agreement(cluster)
  })
})

describe('a node', () => {
  test('that was away catches up', async () => {
    const { cluster, db } = await start()
    const [node] = cluster.nodes as [ClusterNode]
    await node.kill()
    await Promise.all(Array.from({ length: 200 }, (_, n) => db.put(`k${n}`, n)))
    await node.restart()
    await agreement(cluster)
  })

  test('without a majority decides nothing, and what was asked of it has an unknown outcome', async () => {
    const { cluster, db } = await start({ rotateMs: 0 })
    await db.put('k', 'before')
    const leader = await cluster.leader()
    for (const node of cluster.nodes) node.isolate()
    const error = await failure(db.run('put "k" "during";', {}, { timeoutMs: 400 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
    expect(await failure(cluster.leader({ timeoutMs: 50 }))).toMatchObject({ code: 'timeout' })
    expect(leader.isIsolated).toBe(true)
    for (const node of cluster.nodes) node.heal()
    expect(['before', 'during']).toContain(await db.get('k', { timeoutMs: 20_000 }))
  })

  test('that is stopped twice, killed twice, or restarted while it runs does what it is told', async () => {
    const { cluster, db } = await start()
    const [node] = cluster.nodes as [ClusterNode]
    await Promise.all([node.stop(), node.stop(), node.kill(), node.restart(), node.restart(), node.kill(), node.kill()])
    expect(node.isRunning).toBe(false)
    await node.restart()
    await db.put('k', 1)
    await agreement(cluster)
  })

  test('that has lost its data ends and says why, and starts again when it has it back', async () => {
    const directory = temporaryDirectory()
    const told: string[] = []
    const tell = (fields: object, message: string) => told.push(`${message} ${JSON.stringify(fields)}`)
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: tell }
    const { cluster, db } = await start({ directory, log })
    const [node] = cluster.nodes as [ClusterNode]
    await node.stop()
    renameSync(join(directory, 'node-1'), join(directory, 'away'))
    await node.restart()
    await waitFor('the end of the node', () => !node.isRunning)
    expect(told.join()).toContain('node-1:50051 is already a member of the cluster')
    await db.put('k', 1)
    rmSync(join(directory, 'node-1'), { recursive: true })
    renameSync(join(directory, 'away'), join(directory, 'node-1'))
    await node.restart()
    await agreement(cluster)
  })

  test('that does not run is named with the reason when no other does', async () => {
    const { cluster, db } = await start({ nodes: 1 })
    await cluster.nodes[0]?.kill()
    const error = await failure(db.put('k', 1, { timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'none' })
    expect(error.message).toContain('node-1:50051 cannot be reached: it was killed')
    expect(await failure(cluster.connect({ timeoutMs: 100 }))).toMatchObject({ code: 'unreachable' })
  })
})

describe('wrong options', () => {
  test.each([Number.NaN, 0, '5s'])('a timeoutMs of %j is refused wherever one is taken', async (given) => {
    const timeoutMs = given as number
    const refused = { code: 'invalid_argument', message: expect.stringMatching(/^timeoutMs is .* above 0$/) }
    expect(await failure(startCluster({ timeoutMs }))).toMatchObject(refused)
    expect(await failure(openLocal({ timeoutMs }))).toMatchObject(refused)
    const { cluster } = await start({ nodes: 1 })
    expect(await failure(cluster.leader({ timeoutMs }))).toMatchObject(refused)
  })
})

describe('closing a cluster', () => {
  test('ends its connections and its nodes, and may be repeated', async () => {
    const { cluster, db } = await start()
    for (const node of cluster.nodes) node.isolate()
    const waiting = failure(db.put('k', 1, { timeoutMs: 60_000 }))
    await Promise.all([cluster.close(), cluster.close()])
    expect(await waiting).toMatchObject({ code: 'closed' })
    expect(cluster.nodes.some(({ isRunning }) => isRunning)).toBe(false)
    expect(await failure(db.get('k'))).toMatchObject({ code: 'closed' })
    expect(await failure(cluster.connect())).toMatchObject({ code: 'closed' })
    expect(await failure(cluster.leader())).toMatchObject({ code: 'closed' })
    expect(await failure(cluster.nodes[0]!.restart())).toMatchObject({ code: 'closed' })
    await db.close()
  })

  test('is what `await using` does', async () => {
    const cluster = await startCluster()
    await cluster[Symbol.asyncDispose]()
    expect(cluster.nodes.some(({ isRunning }) => isRunning)).toBe(false)
  })

  test('lets the process end', async () => {
    const script = `
      import { startCluster, openLocal } from 'decree/local'
      const cluster = await startCluster({ nodes: 3 })
      const db = await cluster.connect()
      await db.put('k', 'v')
      const leader = await cluster.leader()
      await leader.kill()
      console.log(await db.get('k'))
      await cluster.close()
      const local = await openLocal()
      await local.put('k', 'v')
      await local.close()
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length)
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [[code], out, err] = await Promise.all([once(child, 'exit'), readAll(child.stdout), readAll(child.stderr)])
    expect({ code, out, err }).toEqual({ code: 0, out: 'v\n0\n', err: '' })
  })
})

describe('a store of one process', () => {
  test('in memory has the whole API, and goes with its database', async () => {
    const db = await openLocal()
    expect(await db.put('k', 'v')).toEqual({ revision: expect.any(BigInt) })
    expect(await db.get('k')).toBe('v')
    await db.close()
    await db.close()
    expect(await failure(db.get('k'))).toMatchObject({ code: 'closed' })
    const other = await openLocal()
    open.push(other)
    expect(await other.get('k')).toBeNull()
  })

  test('on a directory is there again when it is opened again, for one at a time', async () => {
    const directory = join(temporaryDirectory(), 'made')
    const db = await openLocal({ directory })
    await db.put('k', 'v')
    expect(await failure(openLocal({ directory }))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/is in use by this process/),
    })
    await db[Symbol.asyncDispose]()
    const again = await openLocal({ directory })
    open.push(again)
    expect(await again.get('k')).toBe('v')
  })

  test('on the directory of a cluster says whose it is', async () => {
    const directory = temporaryDirectory()
    await (await startCluster({ directory })).close()
    expect(await failure(openLocal({ directory: join(directory, 'node-1') }))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/belongs to the node at node-1:50051/),
    })
  })
})
