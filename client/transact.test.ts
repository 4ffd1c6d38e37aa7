import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Database } from './database.ts'
import { openLocal } from './local.ts'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import { Store } from './testing/store.ts'
import type { Transaction } from './transaction.ts'
import { float } from './value.ts'

afterEach(closeAll)
afterEach(() => vi.restoreAllMocks())

async function keysOf(entries: ReturnType<Transaction['scan']>): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of entries) keys.push(key)
  return keys
}

describe('a transaction', () => {
  let db: Database
  beforeAll(async () => {
    db = await openLocal()
  })
  beforeEach(async () => {
    const clear = 'found = scan "" limit 500; for key, value in found { delete key; } return len(found);'
    for (let left: unknown = 1; left !== 0; ) left = (await db.run(clear)).value
  })
  afterAll(() => db.close())

  test('gives what its function gives, and writes what it has put', async () => {
    await db.put('a', 1)
    await db.put('gone', 1)
    const sum = await db.transact(async (tx) => {
      const a = Number(await tx.get('a'))
      tx.put('b', a + 1)
      tx.delete('gone')
      return a + Number(await tx.get('absent'))
    })
    expect(sum).toBe(1)
    expect(await keysOf(db.scan(''))).toEqual(['a', 'b'])
    expect(await db.get('b')).toBe(2)
  })

  test('sees its own writes, nobody else does', async () => {
    await db.put('a', 'before')
    await db.transact(async (tx) => {
      tx.put('a', 'after')
      expect(await tx.get('a')).toBe('after')
      expect(await db.get('a')).toBe('before')
      tx.delete('a')
      expect(await tx.get('a')).toBeNull()
      tx.put('b', { c: [1] })
      expect(await tx.get('b')).toEqual({ c: [1] })
    })
    expect(await keysOf(db.scan(''))).toEqual(['b'])
  })

  test('scans what is stored with its own writes in their places', async () => {
    await db.run('for key in ["p/b", "p/d", "p/f", "q"] { put key 1; }')
    const scanned = await db.transact(async (tx) => {
      tx.put('p/a', 2)
      tx.put('p/d', 2)
      tx.delete('p/f')
      tx.put('p/g', 2)
      tx.put('o', 2)
      const entries: unknown[] = []
      for await (const { key, value, revision } of tx.scan('p/')) {
        entries.push([key, value, revision > 0n])
        // Shows in later scans only.
        tx.put('p/h', 2)
      }
      const parts = [{ after: 'p/a', limit: 2 }, { limit: 1 }, { limit: 0 }, { after: 'p/g' }]
      return [entries, ...(await Promise.all(parts.map((part) => keysOf(tx.scan('p/', part)))))]
    })
    expect(scanned).toEqual([
      [
        ['p/a', 2, false],
        ['p/b', 1, true],
        ['p/d', 2, false],
        ['p/g', 2, false],
      ],
      ['p/b', 'p/d'],
      ['p/a'],
      [],
      ['p/h'],
    ])
  })

  test('that throws has changed nothing, and what it threw comes through', async () => {
    const mistake = new RangeError('mine')
    const work = (tx: Transaction) => {
      tx.put('a', 1)
      throw mistake
    }
    await expect(db.transact(work)).rejects.toBe(mistake)
    expect(await db.get('a')).toBeNull()
  })

  test('cannot be used when it has ended', async () => {
    let escaped: Transaction | undefined
    await db.transact((tx) => {
      escaped = tx
    })
    const tx = escaped as unknown as Transaction
    expect(() => tx.put('a', 1)).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
    expect(await failure(tx.get('a'))).toMatchObject({ code: 'invalid_argument' })
    expect(await failure(keysOf(tx.scan('a')))).toMatchObject({ code: 'invalid_argument' })
  })

  test('refuses what is no value at once, and what can be no key', async () => {
    const message = '$value[0] is NaN'
    expect(await failure(db.transact((tx) => tx.put('a', [Number.NaN])))).toMatchObject({
      code: 'invalid_argument',
      message,
    })
    expect(await failure(db.transact((tx) => tx.get(7 as never)))).toMatchObject({ code: 'invalid_key' })
    expect(await failure(db.transact((tx) => tx.put('', 1)))).toMatchObject({ code: 'invalid_key', outcome: 'none' })
    expect(await failure(db.transact(7 as never))).toMatchObject({ code: 'invalid_argument' })
  })

  test('leaves a float a float', async () => {
    await db.put('f', float(4))
    await db.put('s/f', { x: float(4) })
    await db.transact(async (tx) => {
      tx.put('f', Number(await tx.get('f')) + 1)
      for await (const { key } of tx.scan('s/')) tx.put(key, { x: 1 })
    })
    expect((await db.run('return [get "f" / 2, (get "s/f").x / 2];')).value).toEqual([2.5, 0.5])
  })

  test('has room for thousands of writes, and for a thousand entries or keys that it has read', async () => {
    await db.transact((tx) => {
      for (let n = 0; n < 2_000; n++) tx.put(`k${n}`, n)
    })
    expect(await keysOf(db.scan('k'))).toHaveLength(2_000)
    await db.transact(async (tx) => {
      tx.put('scanned', (await keysOf(tx.scan('k', { limit: 1_000 }))).length)
    })
    await db.transact(async (tx) => {
      const values = await Promise.all(Array.from({ length: 1_000 }, (_, n) => tx.get(`k${n}`)))
      tx.put('read', values.length)
    })
    expect([await db.get('scanned'), await db.get('read')]).toEqual([1_000, 1_000])
  })

  test('that reads or writes more than one program can check or make is told the limit', async () => {
    const work = (tx: Transaction) => {
      for (let n = 0; n < 20_000; n++) tx.put(`k${n}`, n)
    }
    expect(await failure(db.transact(work))).toMatchObject({ code: 'limit_exceeded', outcome: 'none' })
  })
})

describe('a conflict', () => {
  async function joinStore() {
    const store = new Store()
    const server = await serve(store.obey)
    return { store, server, db: await join(server) }
  }

  /** What others do after the first read of an attempt, and what the function reads then: how often it is run. */
  async function attempts(
    act: (store: Store) => void,
    read: (tx: Transaction) => Promise<unknown>,
    then: (tx: Transaction) => Promise<unknown> = async () => undefined,
  ): Promise<number> {
    const { store, db } = await joinStore()
    for (const key of ['p/a', 'p/b', 'x']) store.put(key, 1n)
    let count = 0
    await db.transact(async (tx) => {
      await read(tx)
      if (count++ === 0) act(store)
      await then(tx)
      tx.put('written', count)
    })
    expect(store.entries.get('written')?.value).toBe(BigInt(count))
    return count
  }

  test('is a change of a key that was read, or its creation or end; not one of another key', async () => {
    expect(
      await attempts(
        (store) => store.put('x', 1n),
        (tx) => tx.get('x'),
      ),
    ).toBe(2)
    expect(
      await attempts(
        (store) => store.put('x', null),
        (tx) => tx.get('x'),
      ),
    ).toBe(2)
    expect(
      await attempts(
        (store) => store.put('y', 1n),
        (tx) => tx.get('y'),
      ),
    ).toBe(2)
    expect(
      await attempts(
        (store) => store.put('y', 1n),
        (tx) => tx.get('x'),
      ),
    ).toBe(1)
    // What is only written, not read, is written blindly.
    expect(
      await attempts(
        (store) => store.put('written', 1n),
        (tx) => tx.get('x'),
      ),
    ).toBe(1)
  })

  test('is an entry that appears in what was scanned, changes or goes; not one outside', async () => {
    const scan = (tx: Transaction) => keysOf(tx.scan('p/'))
    expect(await attempts((store) => store.put('p/c', 1n), scan)).toBe(2)
    expect(await attempts((store) => store.put('p/0', 1n), scan)).toBe(2)
    expect(await attempts((store) => store.put('p/a', 1n), scan)).toBe(2)
    expect(await attempts((store) => store.put('p/b', null), scan)).toBe(2)
    expect(await attempts((store) => store.put('q', 1n), scan)).toBe(1)
    expect(
      await attempts(
        (store) => store.put('q', 1n),
        (tx) => keysOf(tx.scan('none/')),
      ),
    ).toBe(1)
    expect(
      await attempts(
        (store) => store.put('none/1', 1n),
        (tx) => keysOf(tx.scan('none/')),
      ),
    ).toBe(2)
  })

  test('is not what happens behind the last entry of a limited scan, or before `after`', async () => {
    const first = (tx: Transaction) => keysOf(tx.scan('p/', { limit: 1 }))
    expect(await attempts((store) => store.put('p/b', null), first)).toBe(1)
    expect(await attempts((store) => store.put('p/0', 1n), first)).toBe(2)
    // The entry behind moves up into the place of the one that has gone.
    expect(await attempts((store) => store.put('p/a', null), first)).toBe(2)
    const second = (tx: Transaction) => keysOf(tx.scan('p/', { after: 'p/a' }))
    expect(await attempts((store) => store.put('p/a', 1n), second)).toBe(1)
    expect(await attempts((store) => store.put('p/bb', 1n), second)).toBe(2)
  })

  test('is noticed at the next read already: what an attempt reads is of one state', async () => {
    for (const value of [2n, null]) {
      const { store, db } = await joinStore()
      const pairs: unknown[] = []
      const set = (to: bigint | null) => ['x', 'y'].map((key) => store.put(key, to))
      set(1n)
      let count = 0
      const found = await db.transact(async (tx) => {
        const x = await tx.get('x')
        if (count++ === 0) set(value)
        const y = await tx.get('y')
        pairs.push([x, y])
        return [x, y]
      })
      const after = value === null ? null : Number(value)
      // The pair of the first attempt, [1, after], was never seen.
      expect(pairs).toEqual([[after, after]])
      expect(found).toEqual([after, after])
    }
  })

  test('makes the attempt come to nothing, also when the function catches its error', async () => {
    const { store, db } = await joinStore()
    store.put('x', 1n)
    let count = 0
    const seen = await db.transact(async (tx) => {
      await tx.get('x')
      if (count++ === 0) for (const key of ['x', 'y']) store.put(key, 2n)
      const y = await tx.get('y').catch((error: Error & { code?: string }) => error.code)
      tx.put('z', count)
      return y
    })
    expect(seen).toBe(2)
    expect(store.executed).toBe(1)
  })

  test('is none between reads that others only come between, and a transaction that only reads is sent no commit', async () => {
    const { store, server, db } = await joinStore()
    for (const key of ['x', 'y', 'z']) store.put(key, 1n)
    let count = 0
    await db.transact(async (tx) => {
      count++
      await tx.get('x')
      store.put('other', 1n)
      await tx.get('y')
      store.put('another', 1n)
      await Promise.all([tx.get('z'), tx.get('absent'), keysOf(tx.scan('x')), tx.get('x')])
    })
    expect(count).toBe(1)
    expect(store.executed).toBe(0)
    const texts = server.programs.map(({ kind }) => kind?.$case === 'program' && kind.value.text)
    expect(texts.filter((text) => String(text).startsWith('get'))).toHaveLength(4)
  })

  test('that comes again and again until the deadline is told as conflict', async () => {
    const { store, db } = await joinStore()
    // Two short rests, and one that would last beyond the deadline.
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0).mockReturnValue(10_000)
    const work = async (tx: Transaction) => {
      await tx.get('x')
      store.put('x', 1n)
      tx.put('x', 2)
    }
    const error = await failure(db.transact(work))
    expect(error).toMatchObject({ code: 'conflict', outcome: 'none', retryable: true })
    expect(error.message).toMatch(/3 times within 5000 ms/)
    expect(store.entries.get('x')?.value).toBe(1n)
  })

  test('that leaves an attempt no time to end is told as conflict; without one it is a timeout', async () => {
    const { store, db } = await joinStore()
    let count = 0
    const work = async (tx: Transaction) => {
      await tx.get('x')
      if (count++ > 0) return new Promise<void>(() => undefined)
      store.put('x', 1n)
      return tx.put('y', 1)
    }
    expect(await failure(db.transact(work, { timeoutMs: 100 }))).toMatchObject({ code: 'conflict', outcome: 'none' })
    expect(await failure(db.transact(work, { timeoutMs: 100 }))).toMatchObject({ code: 'timeout', outcome: 'none' })
  })
})

test('a commit whose answer is lost takes effect once, under one number', async () => {
  const store = new Store()
  const server = await serve(store.obeyLosing)
  const db = await join(server)
  for (let n = 1; n <= 5; n++) {
    await db.transact(async (tx) => tx.put('n', Number(await tx.get('n')) + 1))
    expect(await db.get('n')).toBe(n)
  }
  expect(store.executed).toBe(5)
})

test('a commit whose answer never comes has an unknown outcome, which can be found out', async () => {
  const store = new Store()
  const server = await serve((met) => {
    const answer = store.execute(met)
    const { kind } = met.request
    if (kind?.$case !== 'program' || !kind.value.text.includes('put')) met.reply(answer)
  })
  const db = await join(server)
  const error = await failure(db.transact((tx) => tx.put('n', 1), { timeoutMs: 200 }))
  expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
  expect(await db.outcome(error.requestId ?? '')).toMatchObject({ status: 'committed' })
})
