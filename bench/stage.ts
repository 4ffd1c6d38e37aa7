import { spawnSync } from 'node:child_process'
import { CheckedContestant, type Contestant, type Entry, type LoadOptions } from './contestant.ts'
import type { KeyOptions } from './keys.ts'
import type { Options } from './options.ts'
import { RedisBenchmark } from './redis-benchmark.ts'
import { DecreeSystem } from './systems/decree.ts'
import { EtcdSystem, etcdVersion } from './systems/etcd.ts'
import { whyNoPackage } from './systems/optional.ts'
import { findPostgres, PostgresSystem } from './systems/postgres.ts'
import { RedisSystem, redisVersion } from './systems/redis.ts'
import type { System } from './systems/system.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

const OWN_KEYS = 'Each caller has keys of its own: no two of them ever meet.'
const NO_PROGRAMS: readonly Workload[] = ['rmw', 'put', 'read', 'transfer', 'mixed']

/** All that takes part: it is made here, and ends here. */
export class Stage {
  /** Sentences about what does not take part, and why. */
  readonly absent: string[] = []
  readonly #options: Options
  readonly #systems: System[] = []
  readonly #contestants: Contestant[] = []

  constructor(options: Options) {
    this.#options = options
  }

  async decree(keys: Partial<KeyOptions> = {}): Promise<{ system: DecreeSystem; contestant: CheckedContestant }> {
    const system = this.#keep(await DecreeSystem.start(this.#options.dataDirectory))
    return { system, contestant: this.decreeOn(system, keys) }
  }

  /** Another contestant on a system that runs already. */
  decreeOn(system: DecreeSystem, keys: Partial<KeyOptions>): CheckedContestant {
    const remarks = ['Decree by its public library; the leader stays where it is (--rotate off).']
    return this.#enter({ name: 'decree', system, driver: 'decree', workloads: WORKLOADS, remarks }, keys)
  }

  /** Starts those that ours is compared with, as far as they are installed. */
  async others(): Promise<readonly Contestant[]> {
    const before = this.#contestants.length
    for (const name of this.#options.compare) {
      if (name === 'etcd') await this.#etcd()
      else if (name === 'redis') await this.#redis()
      else await this.#postgres()
    }
    return this.#contestants.slice(before)
  }

  /** Ends everything, and leaves nothing behind. Idempotent. */
  async end(): Promise<void> {
    await Promise.all(this.#contestants.map((contestant) => contestant.end()))
    await Promise.all(this.#systems.map((system) => system.stop()))
  }

  async #etcd(): Promise<void> {
    const version = etcdVersion()
    if (version === null) {
      this.absent.push('etcd is not installed (Debian: apt-get install etcd-server).')
      return
    }
    const system = this.#keep(await EtcdSystem.start(version, this.#options.dataDirectory))
    const how = `Writes are a comparison of revisions and a put in one round trip. ${OWN_KEYS} So no comparison fails.`
    const native =
      'etcd (light) is etcd by a light gRPC client of ours, over four connections to the leader, in place of one in Go.'
    this.#enter({ name: 'etcd (light)', system, driver: 'etcd', workloads: NO_PROGRAMS, remarks: [`${native} ${how}`] })
    const remarks = [`etcd3 is etcd by the package etcd3, asking the leader. ${how}`]
    await this.#enterWith('etcd3', { name: 'etcd3', system, driver: 'etcd3', workloads: NO_PROGRAMS, remarks })
  }

  async #redis(): Promise<void> {
    const version = redisVersion()
    if (version === null) {
      this.absent.push('Redis is not installed (Debian: apt-get install redis-server).')
      return
    }
    const single = this.#keep(await RedisSystem.start(version, false, this.#options.dataDirectory))
    const workloads: readonly Workload[] = [...NO_PROGRAMS, 'append-hot']
    // The order of answers on several connections is not that of transactions.
    const possible = this.#options.loadProcesses === 1 ? workloads : NO_PROGRAMS
    if (spawnSync('redis-benchmark', ['--version']).status === 0) {
      const keys = this.#keys({ prefix: 'generated ' })
      this.#contestants.push(new RedisBenchmark(single, keys))
    } else this.absent.push('redis-benchmark is not installed (Debian: apt-get install redis-tools).')
    const alone = `redis is a single Redis by the package redis, over one connection: its data is lost with its machine. ${OWN_KEYS}`
    await this.#enterWith('redis', {
      name: 'redis',
      system: single,
      driver: 'redis',
      workloads: possible,
      remarks: [alone],
    })
    const pair = this.#keep(await RedisSystem.start(version, true, this.#options.dataDirectory))
    const waits =
      'redis + WAIT 1 has a replica, which each write waits for; that is not consensus: a fail-over may lose what was ' +
      'acknowledged, and readers may see what is lost later. A connection for each caller.'
    await this.#enterWith('redis', {
      name: 'redis + WAIT 1',
      system: pair,
      driver: 'redis-wait',
      workloads: NO_PROGRAMS,
      remarks: [waits],
    })
  }

  async #postgres(): Promise<void> {
    const found = findPostgres()
    if (found === null) {
      this.absent.push('PostgreSQL is not installed (Debian: apt-get install postgresql).')
      return
    }
    const callersMax = this.#callersMax * this.#options.loadProcesses
    const system = this.#keep(await PostgresSystem.start(found, callersMax, this.#options.dataDirectory))
    const how =
      'postgres is PostgreSQL by the package pg, one statement for each transaction, a connection for each caller. It has ' +
      `one standby, and nobody who would promote it; what it had to give up was tried again. ${OWN_KEYS}`
    await this.#enterWith('pg', {
      name: 'postgres',
      system,
      driver: 'postgres',
      workloads: NO_PROGRAMS,
      remarks: [how],
    })
  }

  async #enterWith(name: string, entry: Entry): Promise<void> {
    const why = await whyNoPackage(name)
    if (why === null) this.#enter(entry, { prefix: `${entry.driver} ` })
    else this.absent.push(`${entry.name} is left out. ${why}`)
  }

  #enter(entry: Entry, keys: Partial<KeyOptions> = {}): CheckedContestant {
    const options: LoadOptions = {
      keys: this.#keys(keys),
      processes: this.#options.loadProcesses,
      callersMax: this.#callersMax,
      timeoutMs: this.#options.overload?.timeoutMs ?? null,
    }
    const contestant = new CheckedContestant(entry, options)
    this.#contestants.push(contestant)
    return contestant
  }

  #keys(more: Partial<KeyOptions>): KeyOptions {
    const { keys, valueBytes, workloads } = this.#options
    return { keys, valueBytes, hasAccounts: workloads.includes('transfer'), prefix: '', ...more }
  }

  get #callersMax(): number {
    return Math.max(...this.#options.callers)
  }

  #keep<S extends System>(system: S): S {
    this.#systems.push(system)
    return system
  }
}
