import { afterEach, describe, expect, test, vi } from 'vitest'
import { openLocal } from './local.ts'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import { Store } from './testing/store.ts'
import { float } from './value.ts'

afterEach(closeAll)
afterEach(() => vi.restoreAllMocks())

async function joinStore(store = new Store()) {
  const server = await serve(store.obey)
  return { store, server, db: await join(server) }
}

describe('change', () => {
  test('gives the function the old value, null if there is none, and gives back the new one', async () => {
    const { db } = await joinStore()
    const seen: unknown[] = []
    for (const next of ['a', ['b', 2n], null]) {
      const written = await db.change('k', (old) => {
        seen.push(old)
        return next
      })
      expect(written).toEqual(next === null ? null : await db.get('k'))
    }
    expect(seen).toEqual([null, 'a', ['b', 2]])
    expect(await db.get('k')).toBeNull()
  })

  test('writes nothing where there was nothing and is to be nothing', async () => {
    const { db, store } = await joinStore()
    expect(await db.change('k', () => null)).toBeNull()
    expect(store.executed).toBe(0)
  })

  test('of a function that is async waits for it', async () => {
    const { db } = await joinStore()
    await db.put('n', 4)
    expect(await db.change('n', async (old) => (await db.get('n')) === old && 5)).toBe(5)
  })

  test('throws what the function throws, and changes nothing', async () => {
    const { db, store } = await joinStore()
    const mistake = new RangeError('mine')
    for (const next of [() => Promise.reject(mistake), () => expect.fail('mine')]) {
      await expect(db.change('k', next)).rejects.toThrow('mine')
    }
    await expect(db.change('k', () => Promise.reject(mistake))).rejects.toBe(mistake)
    expect(store.executed).toBe(0)
  })

  test('refuses what is no value, naming the path, and what is no function', async () => {
    const { db, store } = await joinStore()
    const dated = { at: [new Date()] } as never
    expect(await failure(db.change('k', () => dated))).toMatchObject({
      code: 'invalid_argument',
      message: 'the new value.at[0] is a Date; a map is a plain object',
    })
    expect(await failure(db.change('k', 7 as never))).toMatchObject({ code: 'invalid_argument' })
    expect(await failure(db.change('k', () => undefined as never))).toMatchObject({ code: 'invalid_argument' })
    expect(await failure(db.change('', () => 1))).toMatchObject({ code: 'invalid_key', position: undefined })
    expect(store.executed).toBe(0)
  })

  test('leaves a float a float, inside of lists and maps too, and makes none of an int', async () => {
    const { db } = await joinStore()
    await db.put('v', { amount: float(4), list: [float(1), 1], int: 4 })
    await db.change('v', (old) => ({ ...(old as object), list: [2, 2, 2], new: 3 }))
    await db.put('f', float(1))
    await db.change('f', (old) => Number(old) + 1)
    await db.put('i', float(1))
    await db.change('i', () => 2n)
    // Only ints divide to ints.
    const { value } = await db.run(`
      v = get "v";
      halves = [v.amount / 8, v.list[0] / 4, v.list[1] / 4, v.list[2] / 4, v.int / 8, v.new / 6];
      return append(append(halves, get "f" / 4), get "i" / 4);
    `)
    expect(value).toEqual([0.5, 0.5, 0, 0, 0, 0, 0.5, 0])
  })

  test('begins anew when the key was written meanwhile, even with the same value', async () => {
    const { db, store } = await joinStore()
    let interferences = 3
    const seen: unknown[] = []
    await db.change('n', (old) => {
      seen.push(old)
      if (interferences-- > 0) store.put('n', 7n)
      return Number(old) + 1
    })
    expect(seen).toEqual([null, 7, 7, 7])
    expect(await db.get('n')).toBe(8)
  })

  test('ends with timeout and no effect when others are always faster', async () => {
    const { db, store } = await joinStore()
    // Two short rests, and one that would last beyond the deadline.
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0).mockReturnValue(10_000)
    const next = () => {
      store.put('n', 7n)
      return 1
    }
    const change = db.change('n', next)
    const error = await failure(change)
    expect(error).toMatchObject({ code: 'timeout', outcome: 'none', retryable: true })
    expect(error.message).toMatch(/3 times within 5000 ms/)
    expect(await db.get('n')).toBe(7)
  })

  test('waits for the function until the deadline or the signal, and what it gives later goes nowhere', async () => {
    const { db, store } = await joinStore()
    let finish = (_value: number): void => undefined
    const slow = () =>
      new Promise<number>((resolve) => {
        finish = resolve
      })
    expect(await failure(db.change('n', slow, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout', outcome: 'none' })
    finish(1)
    const controller = new AbortController()
    const cancelling = () => {
      setImmediate(() => controller.abort('enough'))
      return slow()
    }
    const cancelled = failure(db.change('n', cancelling, controller))
    expect(await cancelled).toMatchObject({ code: 'cancelled', outcome: 'none', cause: 'enough' })
    finish(2)
    expect(await failure(db.change('n', slow, controller))).toMatchObject({ code: 'cancelled' })
    expect(store.executed).toBe(0)
  })

  test('takes effect once when answers are lost, and each write keeps its number', async () => {
    const store = new Store()
    const server = await serve(store.obeyLosing)
    const db = await join(server)
    for (let n = 1; n <= 5; n++) expect(await db.change('n', (old) => Number(old) + 1)).toBe(n)
    expect(store.executed).toBe(5)
    const writes = server.programs.flatMap(({ kind, number }) =>
      kind?.$case === 'program' && kind.value.text.includes('put') ? [number] : [],
    )
    expect(writes.length).toBeGreaterThan(5)
    expect(new Set(writes).size).toBe(5)
  })

  test('tells the request whose answer is lost for good', async () => {
    const store = new Store()
    const server = await serve((met) => {
      const answer = store.execute(met)
      const { kind } = met.request
      if (kind?.$case !== 'program' || !kind.value.text.includes('put')) met.reply(answer)
    })
    const db = await join(server)
    const error = await failure(db.change('n', () => 1, { timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', requestId: expect.stringMatching(/^7\/\d+$/) })
    expect(await db.outcome(error.requestId ?? '')).toMatchObject({ status: 'committed' })
  })

  test('by very many callers at once loses and doubles nothing', async () => {
    await using db = await openLocal()
    const values = await Promise.all(
      Array.from({ length: 20 }, () => db.change('n', (old) => Number(old) + 1, { timeoutMs: 30_000 })),
    )
    expect(values.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })
})
