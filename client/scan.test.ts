import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from './database.ts'
import { openLocal } from './local.ts'
import type { ScanEntry } from './scan.ts'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import { Store } from './testing/store.ts'

afterEach(closeAll)

async function all(entries: AsyncIterable<ScanEntry>): Promise<readonly ScanEntry[]> {
  const found: ScanEntry[] = []
  for await (const entry of entries) found.push(entry)
  return found
}

const keysOf = async (entries: AsyncIterable<ScanEntry>) => (await all(entries)).map(({ key }) => key)

describe('scan', () => {
  let db: Database
  const many = Array.from({ length: 1_200 }, (_, n) => `many/${String(n).padStart(5, '0')}`)

  beforeAll(async () => {
    db = await openLocal()
    for (let n = 0; n < many.length; n += 400) {
      await db.run('for key in $keys { put key [key]; }', { keys: many.slice(n, n + 400) })
    }
    await db.put('user/😀', 1)
    await db.put('user/｡', 2.5)
    await db.put('users', 'no')
  })
  afterAll(() => db.close())

  test('gives key, value and revision of every entry of the prefix, in the order of keys', async () => {
    const { revision } = await db.put('user/a', [1])
    expect(await all(db.scan('user/'))).toEqual([
      { key: 'user/a', value: [1], revision },
      { key: 'user/｡', value: 2.5, revision: expect.any(BigInt) },
      { key: 'user/😀', value: 1, revision: expect.any(BigInt) },
    ])
    await db.delete('user/a')
    expect(await keysOf(db.scan('nobody/'))).toEqual([])
  })

  test('goes on over pages until there is no more', async () => {
    const found = await all(db.scan('many/'))
    expect(found.map(({ key }) => key)).toEqual(many)
    expect(found.map(({ value }) => value)).toEqual(many.map((key) => [key]))
    expect(await keysOf(db.scan(''))).toHaveLength(1_203)
  })

  test('begins behind `after`, and ends after `limit`', async () => {
    expect(await keysOf(db.scan('many/', { after: 'many/00600', limit: 550 }))).toEqual(many.slice(601, 1_151))
    expect(await keysOf(db.scan('many/', { after: 'many/00000x', limit: 1 }))).toEqual(['many/00001'])
    expect(await keysOf(db.scan('many/', { after: 'many/01199' }))).toEqual([])
    expect(await keysOf(db.scan('many/', { limit: 0 }))).toEqual([])
  })

  test('asks for smaller pages where entries are large, and for larger ones behind them', async () => {
    const large = Array.from({ length: 9 }, (_, n) => `large/${n}`)
    for (const key of large) await db.put(key, new Uint8Array(1_000_000))
    const small = Array.from({ length: 300 }, (_, n) => `large/small/${String(n).padStart(3, '0')}`)
    await db.run('for key in $small { put key 1; }', { small })
    expect(await keysOf(db.scan('large/'))).toEqual([...large, ...small])
  })

  test('ends with its reader', async () => {
    for await (const { key } of db.scan('many/')) {
      expect(key).toBe(many[0])
      break
    }
  })

  test('refuses what is no range', async () => {
    for (const refused of [
      db.scan(7 as never),
      db.scan('\ud800'),
      db.scan('a', { limit: -1 }),
      db.scan('a', { limit: 1.5 }),
      db.scan('a', { after: 7 as never }),
      db.scan('a', { timeoutMs: 0 }),
      db.scan('a', 'b' as never),
    ]) {
      expect(await failure(all(refused))).toMatchObject({ code: 'invalid_argument', outcome: 'none' })
    }
  })

  test('takes a signal', async () => {
    const signal = AbortSignal.abort('enough')
    expect(await failure(all(db.scan('many/', { signal })))).toMatchObject({ code: 'cancelled', cause: 'enough' })
  })
})

test('a page of a scan is one request, made when the one before is used up; an error of one is no page lost', async () => {
  const store = new Store()
  for (let n = 0; n < 1_001; n++) store.put(`k${String(n).padStart(4, '0')}`, null)
  for (let n = 0; n < 1_001; n++) store.put(`k${String(n).padStart(4, '0')}`, BigInt(n))
  let met = 0
  const server = await serve((request) => {
    const answer = store.execute(request)
    if (request.request.kind?.$case === 'program' && met++ === 1) request.hangUp()
    else request.reply(answer)
  })
  const db = await join(server)
  const pages: number[] = []
  const values: unknown[] = []
  for await (const { value } of db.scan('k')) {
    values.push(value)
    if (pages.at(-1) !== server.programs.length) pages.push(server.programs.length)
  }
  expect(values).toEqual(Array.from({ length: 1_001 }, (_, n) => n))
  expect(pages).toEqual([1, 3, 4])
})

test('what exceeds a limit even alone is told', async () => {
  const store = new Store()
  const server = await serve((met) => {
    const isProgram = met.request.kind?.$case === 'program'
    if (!isProgram) return store.obey(met)
    met.reply({
      $case: 'failed',
      value: {
        code: 'limit_exceeded',
        message: 'too much',
        unknown: false,
        position: { line: 2, column: 9 },
        retryAfterMs: 0,
      },
    })
  })
  const db = await join(server)
  expect(await failure(all(db.scan('k')))).toMatchObject({ code: 'limit_exceeded', position: undefined })
})
