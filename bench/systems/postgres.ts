import { type ChildProcess, spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeAddresses, hostOf, portOf, until } from './addresses.ts'
import { pidOf, Spawned } from './spawned.ts'
import type { Processes, System } from './system.ts'

/** Where Debian keeps the versions of PostgreSQL. */
const VERSIONS = '/usr/lib/postgresql'
const START_MS_MAX = 60_000
/** Beside those of callers: for us and for the standby. */
const CONNECTIONS_MORE = 20

/** What is installed. */
export interface Postgres {
  readonly version: string
  readonly programs: string
}

/** The newest PostgreSQL that is installed as Debian does; null: none is. */
export function findPostgres(): Postgres | null {
  const [newest] = list(VERSIONS).toSorted((a, b) => Number(b) - Number(a))
  if (newest === undefined) return null
  const programs = join(VERSIONS, newest, 'bin')
  const { status, stdout } = spawnSync(join(programs, 'postgres'), ['--version'], { encoding: 'utf8' })
  return status === 0 ? { version: /\d[\d.]*/.exec(stdout)?.[0] ?? newest, programs } : null
}

/** A PostgreSQL and one standby: a commit is on the disks of both before the answer. */
export class PostgresSystem implements System {
  readonly title: string
  readonly addresses: readonly string[]
  readonly #found: Postgres
  readonly #standbyAddress: string
  readonly #directory: string
  readonly #owner: Owner | null
  readonly #callersMax: number
  readonly #spawned = new Spawned()
  #primary: ChildProcess | undefined
  #standby: ChildProcess | undefined
  #formed: Promise<void> | null = null

  static async start(found: Postgres, callersMax: number, parent: string | undefined): Promise<PostgresSystem> {
    const { addresses } = await freeAddresses(2)
    const directory = mkdtempSync(join(parent ?? tmpdir(), 'decree-bench-postgres-'))
    return new PostgresSystem(found, addresses, callersMax, directory)
  }

  private constructor(found: Postgres, addresses: readonly string[], callersMax: number, directory: string) {
    const [primary = '', standby = ''] = addresses
    this.title = `PostgreSQL ${found.version}: one synchronous standby, serializable, on both disks before the answer`
    this.addresses = [primary]
    this.#standbyAddress = standby
    this.#found = found
    this.#callersMax = callersMax
    this.#directory = directory
    this.#owner = process.getuid?.() === 0 ? ownerOf('postgres') : null
    if (this.#owner !== null) chownSync(directory, this.#owner.uid, this.#owner.gid)
  }

  get died(): Promise<never> {
    return this.#spawned.died
  }

  async ready(): Promise<void> {
    this.#formed ??= this.#form()
    await this.#formed
  }

  async processes(): Promise<Processes> {
    // What they have started, the processes of connections above all, counts as theirs.
    const root = (child: ChildProcess | undefined) => (child === undefined ? [] : [pidOf(child)])
    return { leader: root(this.#primary), followers: root(this.#standby) }
  }

  /** It has no slots. */
  async progress(): Promise<null> {
    return null
  }

  async stop(): Promise<void> {
    // At once, but with its processes and its shared memory.
    await this.#spawned.stop('SIGQUIT')
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #form(): Promise<void> {
    const [address = ''] = this.addresses
    const primary = join(this.#directory, 'primary')
    this.#run('initdb', ['--pgdata', primary, '--username', 'postgres', '--auth', 'trust', '--no-sync'])
    writeFileSync(
      join(primary, 'pg_hba.conf'),
      'local all all trust\nhost all all 127.0.0.0/8 trust\nhost replication all 127.0.0.0/8 trust\n',
    )
    appendFileSync(join(primary, 'postgresql.conf'), this.#settings())
    this.#primary = this.#serve(primary, address)
    await this.#awaits(address, 'SELECT 1', '1')
    this.#query(address, 'CREATE TABLE entries (key text PRIMARY KEY, value text NOT NULL)')
    const standby = join(this.#directory, 'standby')
    const from = ['--host', hostOf(address), '--port', String(portOf(address)), '--username', 'postgres']
    this.#run('pg_basebackup', [
      ...from,
      '--pgdata',
      standby,
      '--checkpoint',
      'fast',
      '--write-recovery-conf',
      '--no-sync',
    ])
    this.#standby = this.#serve(standby, this.#standbyAddress)
    await this.#awaits(address, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", '1')
    this.#query(address, "ALTER SYSTEM SET synchronous_standby_names = '*'")
    this.#query(address, 'SELECT pg_reload_conf()')
    await this.#awaits(address, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", '1')
  }

  #settings(): string {
    return [
      '',
      `max_connections = ${this.#callersMax + CONNECTIONS_MORE}`,
      "default_transaction_isolation = 'serializable'",
      'synchronous_commit = on',
      'max_wal_size = 4GB',
      "unix_socket_directories = ''",
      '',
    ].join('\n')
  }

  #serve(data: string, address: string): ChildProcess {
    const place = ['-D', data, '-h', hostOf(address), '-p', String(portOf(address))]
    return this.#spawned.start(join(this.#found.programs, 'postgres'), place, `${data}.log`, this.#as())
  }

  async #awaits(address: string, query: string, answer: string): Promise<void> {
    await until(
      `PostgreSQL to answer ${query}`,
      START_MS_MAX,
      async () => this.#query(address, query) === answer || undefined,
    )
  }

  /** Waits for it: nothing else is to be done then. Throws an Error with what the program said. */
  #query(address: string, query: string): string {
    const place = ['--host', hostOf(address), '--port', String(portOf(address)), '--username', 'postgres']
    return this.#run('psql', [...place, '--no-psqlrc', '--tuples-only', '--no-align', '--command', query])
  }

  #run(program: string, args: readonly string[]): string {
    const options = { encoding: 'utf8', cwd: this.#directory, ...this.#as() } as const
    const { status, stdout, stderr } = spawnSync(join(this.#found.programs, program), args, options)
    if (status !== 0) throw new Error(`${program} failed: ${stderr?.trim()}`)
    return stdout.trim()
  }

  /** PostgreSQL refuses to be root. */
  #as(): { readonly uid: number; readonly gid: number } | Record<string, never> {
    return this.#owner ?? {}
  }
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

function ownerOf(user: string): Owner {
  const id = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
