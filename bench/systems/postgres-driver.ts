import type { Keys } from '../keys.ts'
import { type Answer, type Driver, type DriverOptions, FailedCall, type Operation } from '../load/driver.ts'
import { hostOf, portOf } from './addresses.ts'
import { optionalPackage } from './optional.ts'

/** What we use of the package pg. */
interface Pool {
  query(statement: Statement): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  end(): Promise<void>
}

interface Statement {
  /** Under which it is prepared, on each connection once. */
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

interface PgPackage {
  readonly default: {
    readonly Pool: new (options: {
      readonly host: string
      readonly port: number
      readonly user: string
      readonly database: string
      readonly max: number
    }) => Pool
  }
}

const READ = 'SELECT value FROM entries WHERE key = $1'
const PUT = 'UPDATE entries SET value = $2 WHERE key = $1'
const RMW = `
  WITH old AS (SELECT value FROM entries WHERE key = $1)
  UPDATE entries SET value = $2 FROM old WHERE key = $1 RETURNING old.value`
const TRANSFER = `
  WITH a AS (SELECT value::int AS n FROM entries WHERE key = $1), b AS (SELECT value::int AS n FROM entries WHERE key = $2),
    moved AS (
      UPDATE entries SET value = CASE key WHEN $1 THEN a.n - $3::int ELSE b.n + $3::int END
      FROM a, b WHERE key IN ($1, $2) AND a.n >= $3::int)
  SELECT a.n AS value, CASE WHEN a.n >= $3::int THEN b.n END AS second FROM a, b`
const FILL = 'INSERT INTO entries SELECT * FROM unnest($1::text[], $2::text[])'
const READ_BACK = 'SELECT key, value FROM entries WHERE key = ANY($1)'

/** Callers of PostgreSQL, through the client that users of Node have: a connection for each, one round trip for each call. */
export class PostgresDriver implements Driver {
  /** Callers that met would have to try again. */
  readonly ownKeys = true
  readonly #pool: Pool
  readonly #keys: Keys

  static async open({ addresses: [address = ''], keys, callersMax }: DriverOptions): Promise<PostgresDriver> {
    const { default: pg } = await optionalPackage<PgPackage>('pg')
    const place = { host: hostOf(address), port: portOf(address), user: 'postgres', database: 'postgres' }
    return new PostgresDriver(new pg.Pool({ ...place, max: callersMax }), keys)
  }

  private constructor(pool: Pool, keys: Keys) {
    this.#pool = pool
    this.#keys = keys
    // A connection that breaks fails the call upon it, which is where it is heard.
    pool.on('error', () => {})
  }

  async fill(from: number, to: number): Promise<void> {
    const keys = Array.from({ length: to - from }, (_, n) => from + n)
    const names = keys.map((key) => this.#keys.nameOf(key))
    const values = keys.map((key) => String(this.#keys.firstValue(key)))
    await this.#pool.query({ name: 'fill', text: FILL, values: [names, values] })
  }

  async perform(operation: Operation): Promise<Answer> {
    try {
      const [row] = await this.#commit(this.#statementFor(operation))
      if (operation.type === 'put') return { revision: null }
      if (operation.type !== 'transfer') {
        return { revision: null, read: this.#keys.numberOf(operation.key, row?.value) }
      }
      const read = this.#keys.numberOf(operation.from, row?.value)
      if (row?.second === null) return { revision: null, read }
      return { revision: null, read, second: this.#keys.numberOf(operation.to, row?.second) }
    } catch (error) {
      throw new FailedCall(codeOf(error), true, error instanceof Error ? error.message : String(error))
    }
  }

  async readBack(from: number, to: number): Promise<readonly number[]> {
    const keys = Array.from({ length: to - from }, (_, n) => from + n)
    const names = keys.map((key) => this.#keys.nameOf(key))
    const { rows } = await this.#pool.query({ name: 'read back', text: READ_BACK, values: [names] })
    const values = new Map(rows.map(({ key, value }) => [key, value]))
    return keys.map((key, n) => this.#keys.numberOf(key, values.get(names[n])))
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  /** Tries again where PostgreSQL gave a transaction up for another's sake, as every application has to. */
  async #commit(statement: Statement): Promise<readonly Readonly<Record<string, unknown>>[]> {
    for (;;) {
      try {
        return (await this.#pool.query(statement)).rows
      } catch (error) {
        if (codeOf(error) !== SERIALIZATION_FAILURE) throw error
      }
    }
  }

  #statementFor(operation: Operation): Statement {
    switch (operation.type) {
      case 'read':
        return { name: 'read', text: READ, values: [this.#keys.nameOf(operation.key)] }
      case 'put':
        return { name: 'put', text: PUT, values: [this.#keys.nameOf(operation.key), operation.value] }
      case 'rmw':
        return { name: 'rmw', text: RMW, values: [this.#keys.nameOf(operation.key), operation.value] }
      case 'transfer': {
        const { from, to, amount } = operation
        return { name: 'transfer', text: TRANSFER, values: [this.#keys.nameOf(from), this.#keys.nameOf(to), amount] }
      }
      default:
        throw new Error(`PostgreSQL cannot do ${operation.type}.`)
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'failed'
}

/** It had no effect: the client is to try again. */
const SERIALIZATION_FAILURE = '40001'
