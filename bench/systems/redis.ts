import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freeAddresses, hostOf, portOf, until } from './addresses.ts'
import { pidOf, Spawned } from './spawned.ts'
import type { Processes, System } from './system.ts'

const START_MS_MAX = 20_000

/** The version of the Redis that is installed; null: none is. */
export function redisVersion(): string | null {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/v=(\S+)/.exec(stdout)?.[1] ?? 'of unknown version') : null
}

/** A Redis that syncs its file before it answers, alone or with a replica that does so too. */
export class RedisSystem implements System {
  readonly title: string
  readonly addresses: readonly string[]
  readonly #directory: string
  readonly #spawned = new Spawned()
  readonly #primary: ChildProcess
  readonly #replica: ChildProcess | null

  static async start(version: string, hasReplica: boolean, parent: string | undefined): Promise<RedisSystem> {
    const { addresses } = await freeAddresses(2)
    const directory = mkdtempSync(join(parent ?? tmpdir(), 'decree-bench-redis-'))
    return new RedisSystem(version, addresses, hasReplica, directory)
  }

  private constructor(version: string, addresses: readonly string[], hasReplica: boolean, directory: string) {
    const [primary = '', replica = ''] = addresses
    const what = hasReplica ? 'two nodes, WAIT 1: on one disk, and heard of by a replica' : 'one node, on its one disk'
    this.title = `Redis ${version}: ${what} before the answer`
    this.addresses = [primary]
    this.#directory = directory
    this.#primary = this.#start(primary, [])
    this.#replica = hasReplica ? this.#start(replica, ['--replicaof', hostOf(primary), String(portOf(primary))]) : null
  }

  get died(): Promise<never> {
    return this.#spawned.died
  }

  async ready(): Promise<void> {
    const [address = ''] = this.addresses
    await until('Redis to listen, and its replica to follow', START_MS_MAX, async () => {
      const said = await ask(address, 'INFO replication')
      return said.includes('role:master') && (this.#replica === null || said.includes('state=online'))
        ? true
        : undefined
    })
  }

  async processes(): Promise<Processes> {
    return { leader: [pidOf(this.#primary)], followers: this.#replica === null ? [] : [pidOf(this.#replica)] }
  }

  /** It has no slots. */
  async progress(): Promise<null> {
    return null
  }

  async stop(): Promise<void> {
    await this.#spawned.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #start(address: string, more: readonly string[]): ChildProcess {
    const directory = join(this.#directory, address.replace(':', '-'))
    mkdirSync(directory)
    const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    // Neither a snapshot nor a rewrite of the file falls into a measurement.
    settings.push('--auto-aof-rewrite-percentage', '0', '--repl-diskless-sync-delay', '0')
    const place = ['--bind', hostOf(address), '--port', String(portOf(address)), '--dir', directory]
    return this.#spawned.start('redis-server', [...place, ...settings, ...more], `${directory}.log`)
  }
}

/** One command without arguments that need quoting; the answer as it comes. */
async function ask(address: string, command: string): Promise<string> {
  const socket = connect(portOf(address), hostOf(address))
  socket.end(`${command}\r\nQUIT\r\n`)
  return text(socket)
}
