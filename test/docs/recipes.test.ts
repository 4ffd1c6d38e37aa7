import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Database, type Input, type Result, type Value } from '../../client/index.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { waitFor } from '../support/wait.ts'
import { readPage } from './blocks.ts'

const PROGRAMS = readPage('docs/recipes.md').blocks.filter(({ language }) => language === 'decree')
const RECIPES = new Map(PROGRAMS.filter(({ note }) => note !== '').map(({ note, text }) => [note, text]))
const tried = new Set<string>()

/** An hour: nothing expires that is not meant to. */
const LONG_MS = 3_600_000

let cluster: ProcessCluster
/** Each knows another server. */
let callers: readonly Database[] = []

beforeAll(async () => {
  // Several leaders will have had a part in every test.
  cluster = await ProcessCluster.start(3, ['--rotate', '1s'])
  callers = await Promise.all(cluster.addresses.map((servers) => connect({ servers, timeoutMs: 30_000 })))
})

afterAll(async () => {
  await Promise.all(callers.map((caller) => caller.close()))
  await cluster?.stop()
})

type Given = Readonly<Record<string, Input>>

function run(recipe: string, given: Given, caller = 0): Promise<Result> {
  const text = RECIPES.get(recipe)
  const db = callers[caller % callers.length]
  if (text === undefined || db === undefined) throw new Error(`there is no recipe or nobody to run it: ${recipe}`)
  tried.add(recipe)
  return db.run(text, given, { timeoutMs: 30_000 })
}

async function valueFrom(recipe: string, given: Given, caller = 0): Promise<Value> {
  const { status, value } = await run(recipe, given, caller)
  expect({ recipe, status, value }).toMatchObject({ status: 'committed' })
  return value
}

/** What a recipe that gives a map gives. */
async function mapFrom(recipe: string, given: Given, caller = 0): Promise<Readonly<Record<string, Value>>> {
  return (await valueFrom(recipe, given, caller)) as Readonly<Record<string, Value>>
}

/** Calls made all at once, by all callers. */
function atOnce<T>(count: number, call: (n: number) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => call(n)))
}

async function stored(key: string): Promise<Value> {
  return (await callers[0]?.get(key)) ?? null
}

async function put(key: string, value: Input): Promise<void> {
  await callers[0]?.put(key, value)
}

describe('the counter', () => {
  it('ends at 50 after 50 increments at once, each of which got a number of its own', async () => {
    const numbers = await atOnce(50, (n) => valueFrom('increment', { key: 'counter', by: 1 }, n))
    expect([...numbers].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
    expect(await stored('counter')).toBe(50)
  })
})

describe('compare and set', () => {
  it('by value lets one of many through', async () => {
    const won = await atOnce(20, (n) => valueFrom('set-if-equal', { key: 'owner', expected: null, value: n }, n))
    expect(won.filter((value) => value === true)).toHaveLength(1)
    expect(await stored('owner')).toBe(won.indexOf(true))
  })

  it('by revision loses no increment', async () => {
    await atOnce(12, async (n) => {
      for (let isDone = false; !isDone; ) {
        const { value, revision } = await mapFrom('read-revision', { key: 'by revision' }, n)
        const given = { key: 'by revision', revision: revision ?? null, value: Number(value) + 1 }
        isDone = (await run('set-if-unchanged', given, n)).status === 'committed'
      }
    })
    expect(await stored('by revision')).toBe(12)
  })

  it('by revision notices a key that was deleted and created again; by version does not', async () => {
    await put('again', 'a')
    const { revision } = await mapFrom('read-revision', { key: 'again' })
    await put('again', null)
    await put('again', 'a')
    const given = { key: 'again', value: 'b' }
    expect(await run('set-if-unchanged', { ...given, revision: revision ?? null })).toMatchObject({
      status: 'aborted',
      value: { value: 'a' },
    })
    expect(await valueFrom('set-if-version', { ...given, version: 0 })).toBe(1)
    expect(await run('set-if-version', { ...given, version: 0 })).toMatchObject({
      status: 'aborted',
      value: { version: 1, value: 'b' },
    })
  })
})

describe('the lock', () => {
  it('is never held by two, and its numbers ascend', async () => {
    const numbers: number[] = []
    let holders = 0
    await atOnce(4, async (n) => {
      for (let rounds = 0; rounds < 5; ) {
        const number = await valueFrom('lock', { lock: 'lock', owner: `worker ${n}`, ms: LONG_MS }, n)
        if (number === null) continue
        holders += 1
        expect(holders).toBe(1)
        numbers.push(Number(number))
        await run('write-with-lock', { lock: 'lock', number, key: 'written', value: rounds }, n)
        expect(holders).toBe(1)
        holders -= 1
        rounds += 1
        expect(await valueFrom('unlock', { lock: 'lock', number }, n)).toBe(true)
      }
    })
    expect(numbers).toHaveLength(20)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })

  it('is released, kept and used by its holder only', async () => {
    const lock = 'lock of one'
    const number = Number(await valueFrom('lock', { lock, owner: 'a', ms: LONG_MS }))
    expect(await valueFrom('unlock', { lock, number: number - 1 })).toBe(false)
    expect(await valueFrom('relock', { lock, number: number - 1, ms: LONG_MS })).toBe(null)
    const longer = Number(await valueFrom('relock', { lock, number, ms: LONG_MS }))
    expect(longer).toBeGreaterThan(number)
    const late = await run('write-with-lock', { lock, number, key: 'late', value: true })
    expect(late).toMatchObject({ status: 'aborted', value: 'the lock was lost' })
    expect(await valueFrom('unlock', { lock, number: longer })).toBe(true)
    expect(await stored('late')).toBe(null)
    expect(await valueFrom('unlock', { lock, number: longer })).toBe(false)
  })

  it('expires, and who has lost it cannot write', async () => {
    const lock = 'short lock'
    const lost = await valueFrom('lock', { lock, owner: 'slow', ms: 20 })
    let number: Value = null
    await waitFor('the lock', async () => {
      number = await valueFrom('lock', { lock, owner: 'next', ms: LONG_MS })
      return number !== null
    })
    expect(Number(number)).toBeGreaterThan(Number(lost))
    expect(await valueFrom('unlock', { lock, number: lost })).toBe(false)
    const given = { lock, key: 'shared', value: 'mine' }
    expect((await run('write-with-lock', { ...given, number: lost })).status).toBe('aborted')
    expect((await run('write-with-lock', { ...given, number })).status).toBe('committed')
  })
})

describe('the leader lease', () => {
  const given = { lease: 'lease', ms: LONG_MS }

  it('has one holder, who keeps its term; another gets the next one', async () => {
    const leases = await atOnce(9, (n) => mapFrom('lease', { ...given, me: `process ${n % 3}` }, n))
    const holders = new Set(leases.map(({ holder }) => holder))
    expect(holders.size).toBe(1)
    expect(new Set(leases.map(({ term }) => term))).toEqual(new Set([1]))
    const me = String([...holders][0])
    expect(await valueFrom('resign', { lease: 'lease', me: 'somebody' })).toBe(false)
    expect(await valueFrom('resign', { lease: 'lease', me })).toBe(true)
    expect(await mapFrom('lease', { ...given, me: 'next' })).toMatchObject({ holder: 'next', term: 2 })
    expect(await mapFrom('lease', { ...given, me: 'too late' })).toMatchObject({ holder: 'next', term: 2 })
  })

  it('expires', async () => {
    const short = { lease: 'short lease', ms: 20 }
    await valueFrom('lease', { ...short, me: 'a' })
    await waitFor('the lease', async () => (await mapFrom('lease', { ...short, me: 'b' })).holder === 'b')
    expect(await stored('short lease')).toMatchObject({ term: 2 })
  })
})

describe('the unique index', () => {
  const email = 'ann@example.org'

  it('lets one of many have an address, and keeps no trace of the others', async () => {
    const added = await atOnce(10, (n) => run('add-user', { id: `u${n}`, email, name: `Ann ${n}` }, n))
    expect(added.filter(({ status }) => status === 'committed')).toHaveLength(1)
    const winner = added.findIndex(({ status }) => status === 'committed')
    expect(added[(winner + 1) % 10]).toMatchObject({ status: 'aborted', value: 'this address is taken' })
    expect(await valueFrom('user-by-email', { email })).toEqual({ email, name: `Ann ${winner}` })
    expect(await stored(`user/u${(winner + 1) % 10}`)).toBe(null)
  })

  it('holds when addresses change', async () => {
    await atOnce(5, (n) => run('add-user', { id: `v${n}`, email: `v${n}@example.org`, name: `V ${n}` }, n))
    const wanted = 'v@example.org'
    const changed = await atOnce(5, (n) => run('change-email', { id: `v${n}`, email: wanted }, n))
    expect(changed.filter(({ status }) => status === 'committed')).toHaveLength(1)
    const winner = changed.findIndex(({ status }) => status === 'committed')
    expect(await valueFrom('user-by-email', { email: wanted })).toEqual({ email: wanted, name: `V ${winner}` })
    expect(await valueFrom('user-by-email', { email: `v${winner}@example.org` })).toBe(null)
    expect((await run('change-email', { id: `v${winner}`, email: wanted })).status).toBe('committed')
    expect(await run('change-email', { id: 'nobody', email: 'x' })).toMatchObject({ value: 'no such user' })
    expect(await valueFrom('remove-user', { id: `v${winner}` })).toBe(true)
    expect(await valueFrom('remove-user', { id: `v${winner}` })).toBe(false)
    expect((await run('add-user', { id: 'w', email: wanted, name: 'W' })).status).toBe('committed')
  })
})

describe('the secondary index', () => {
  it('has each person once, where the person is, after many have moved at once', async () => {
    const cities = ['Oslo', 'Rome', 'Lima']
    const person = (n: number, city: string) => ({ id: `p${n % 6}`, person: { name: `P${n % 6}`, city } })
    await atOnce(60, (n) => valueFrom('put-person', person(n, cities[(n + Math.floor(n / 6)) % 3] ?? ''), n))
    const found = await Promise.all(cities.map((city) => valueFrom('people-in-city', { city })))
    const people = found.flat() as { name: string; city: string }[]
    expect(people.map(({ name }) => name).sort()).toEqual(['P0', 'P1', 'P2', 'P3', 'P4', 'P5'])
    expect(found).toEqual(cities.map((city) => people.filter((each) => each.city === city)))
  })
})

describe('the bank', () => {
  it('keeps its total, and lets no account go below 0', async () => {
    const accounts = ['ann', 'ben', 'cem', 'dov']
    for (const account of accounts) await put(`account/${account}`, 50)
    const transfers = await atOnce(120, (n) => {
      // Every pair occurs, an account with itself too; some want more than there is at all.
      const [from, to] = [accounts[n % 4] ?? '', accounts[Math.floor(n / 4) % 4] ?? '']
      return run('transfer', { from, to, amount: n % 10 === 0 ? 201 : n % 40 }, n)
    })
    const balances = await Promise.all(accounts.map(async (account) => Number(await stored(`account/${account}`))))
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(200)
    expect(Math.min(...balances)).toBeGreaterThanOrEqual(0)
    const refused = transfers.filter(({ status }) => status === 'aborted')
    expect(refused.length).toBeGreaterThanOrEqual(12)
    expect(refused.length).toBeLessThan(120)
    expect(await run('transfer', { from: 'ann', to: 'ben', amount: -1 })).toMatchObject({ status: 'aborted' })
  })
})

describe('the queue', () => {
  it('gives each item to one, in the order in which they were pushed', async () => {
    for (let n = 0; n < 12; n += 1) await valueFrom('push', { queue: 'in order', item: n }, n)
    const popped: Value[] = []
    for (let n = 0; n < 13; n += 1) popped.push(await valueFrom('pop', { queue: 'in order' }, n))
    expect(popped).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, null])
  })

  it('gives each item once while many push and pop', async () => {
    const popped: Value[] = []
    const pushing = atOnce(60, (n) => valueFrom('push', { queue: 'busy', item: n }, n))
    const popping = atOnce(4, async (n) => {
      for (let mayBeMore = true; mayBeMore; ) {
        const item = await valueFrom('pop', { queue: 'busy' }, n)
        if (item !== null) popped.push(item)
        mayBeMore = popped.length < 60
      }
    })
    const numbers = await pushing
    await popping
    expect(new Set(numbers).size).toBe(60)
    expect(popped.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n))
    expect(await valueFrom('pop', { queue: 'busy' })).toBe(null)
  })

  it('lends each item to one, and has it back, in its old place, if it is not finished in time', async () => {
    const queue = 'lent'
    for (let n = 0; n < 5; n += 1) await valueFrom('push', { queue, item: n }, n)
    // Its time has passed already.
    expect(await mapFrom('take', { queue, ms: -1 })).toMatchObject({ item: 0 })
    const taken = await atOnce(8, (n) => valueFrom('take', { queue, ms: LONG_MS }, n))
    const jobs = taken.filter((job) => job !== null) as { id: string; item: number }[]
    expect(jobs.map(({ item }) => item).sort()).toEqual([0, 1, 2, 3, 4])
    const finished = await Promise.all(jobs.map(({ id }) => valueFrom('finish', { id })))
    expect(finished).toEqual([true, true, true, true, true])
    expect(await valueFrom('finish', { id: jobs[0]?.id ?? '' })).toBe(false)
    expect(await valueFrom('take', { queue, ms: LONG_MS })).toBe(null)
  })
})

describe('the rate limiter', () => {
  it('by a fixed window lets exactly as many through as it says', async () => {
    // A window of 30 years: none ends during the test.
    const given = { key: 'fixed', limit: 10, ms: 1_000_000_000_000 }
    const allowed = await atOnce(30, (n) => valueFrom('fixed-window', given, n))
    expect(allowed.filter((each) => each === true)).toHaveLength(10)
    await waitFor('a new window', async () => (await valueFrom('fixed-window', { ...given, ms: 20 })) === true)
  })

  it('by a sliding window too, and tells when to come again', async () => {
    const given = { key: 'sliding', limit: 10, ms: LONG_MS }
    const answers = (await atOnce(30, (n) => mapFrom('sliding-window', given, n))).map(({ allowed, wait }) => {
      expect(Number(wait)).toBeLessThanOrEqual(allowed === true ? 0 : LONG_MS)
      expect(Number(wait)).toBeGreaterThanOrEqual(allowed === true ? 0 : LONG_MS - 60_000)
      return allowed
    })
    expect(answers.filter((each) => each === true)).toHaveLength(10)
    await waitFor('room', async () => (await mapFrom('sliding-window', { ...given, ms: 20 })).allowed === true)
  })
})

describe('the idempotency key', () => {
  it('has an order run once, however many ask', async () => {
    await put('stock/apples', 5)
    const given = { request: 'r1', item: 'apples', count: 3 }
    const answers = await atOnce(10, (n) => valueFrom('order', given, n))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toEqual({ order: 1, item: 'apples', count: 3 })
    expect(await stored('stock/apples')).toBe(2)
    expect(await run('order', { ...given, request: 'r2' })).toMatchObject({ status: 'aborted', value: { stock: 2 } })
  })
})

describe('pages and parts', () => {
  it('show everything once', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `page/${String(n).padStart(2, '0')}`)
    expect(await valueFrom('load', { entries: names.map((name, n) => [name, n]) })).toBe(20)
    for (const [size, pages] of [
      [7, 3],
      [10, 3],
      [50, 1],
    ] as const) {
      const seen: Value[] = []
      let after: Value = null
      let count = 0
      do {
        const page: Readonly<Record<string, Value>> = await mapFrom('page', { prefix: 'page/', after, size })
        seen.push(...(page.entries as readonly (readonly Value[])[]).map(([key]) => key ?? null))
        after = page.next ?? null
        count += 1
      } while (after !== null)
      expect({ size, count, seen }).toEqual({ size, count: pages, seen: names })
    }
    expect(await valueFrom('delete-prefix', { prefix: 'page/', size: 15 })).toBe(15)
    expect(await valueFrom('delete-prefix', { prefix: 'page/', size: 15 })).toBe(5)
    expect(await valueFrom('delete-prefix', { prefix: 'page/', size: 15 })).toBe(0)
  })
})

describe('docs/recipes.md', () => {
  it('shows no program that was not tried here', () => {
    expect([...tried].sort()).toEqual([...RECIPES.keys()].sort())
  })

  it('shows a program that is shown again as it was', () => {
    const withParameters = PROGRAMS.filter(({ text }) => text.startsWith('// $'))
    const body = (text: string) => text.replace(/^\/\/ .*\n/, '')
    const bodies = new Set([...RECIPES.values()].map(body))
    expect(withParameters.filter(({ text }) => !bodies.has(body(text)))).toEqual([])
  })
})
