import { describe, expect, test } from 'vitest'
import { Keys } from '../keys.ts'
import { FIELDS, Ledger } from '../ledger.ts'
import { WORKLOADS, type Workload } from '../workloads.ts'
import { type Answer, type Driver, FailedCall, type Operation } from './driver.ts'
import { Load, type Task } from './load.ts'

const KEYS = new Keys({ keys: 250, valueBytes: 40, hasAccounts: true, prefix: '' })

/** A store in memory that does what a driver's store does, and now and then what it must not. */
class Memory implements Driver {
  readonly ownKeys: boolean = false
  readonly values = new Map<number, string | number>()
  calls = 0
  #revision = 0
  readonly #misdeed: (memory: Memory, operation: Operation) => void

  constructor(misdeed: (memory: Memory, operation: Operation) => void = () => {}) {
    this.#misdeed = misdeed
  }

  async fill(from: number, to: number): Promise<void> {
    for (let key = from; key < to; key += 1) this.values.set(key, KEYS.firstValue(key))
  }

  async perform(operation: Operation): Promise<Answer> {
    this.calls += 1
    const answer = this.#perform(operation)
    this.#misdeed(this, operation)
    // Like a network: others get their turn.
    await new Promise(setImmediate)
    return answer
  }

  async readBack(from: number, to: number): Promise<readonly number[]> {
    return Array.from({ length: to - from }, (_, n) => this.#numberOf(from + n))
  }

  async close(): Promise<void> {}

  #perform(operation: Operation): Answer {
    switch (operation.type) {
      case 'read':
        return { revision: this.#revision, read: this.#numberOf(operation.key) }
      case 'transfer': {
        const { from, to, amount } = operation
        const [read, second] = [this.#numberOf(from), this.#numberOf(to)]
        if (read < amount) return { revision: this.#revision, read }
        this.values.set(from, read - amount).set(to, second + amount)
        return { revision: ++this.#revision, read, second }
      }
      case 'append': {
        const read = this.#numberOf(operation.key)
        const appended = this.values.get(operation.key) + operation.piece
        this.values.set(operation.key, appended.slice(-KEYS.valueBytes))
        return { revision: ++this.#revision, read }
      }
      default: {
        const read = this.#numberOf(operation.key)
        this.values.set(operation.key, operation.value)
        return { revision: ++this.#revision, ...(operation.type === 'put' ? {} : { read }) }
      }
    }
  }

  #numberOf(key: number): number {
    return KEYS.numberOf(key, this.values.get(key))
  }
}

/** Lets callers run until they have made some calls; gives the ledger, checked. */
async function run(memory: Memory, task: Partial<Task>, calls = 500): Promise<Ledger> {
  const load = new Load(memory, KEYS, { index: 0, of: 1 })
  await load.fill(KEYS.count, Number.POSITIVE_INFINITY)
  load.start({ workload: 'rmw', callers: 8, rate: null, ...task })
  while (memory.calls < calls) await new Promise(setImmediate)
  const { operations, doubtful } = await load.stop()
  const ledger = new Ledger(KEYS.count, (key) => KEYS.firstNumber(key))
  for (const piece of operations) ledger.add(piece)
  for (let n = 0; n < doubtful.length; n += 2) ledger.maybeWrote(doubtful[n]!, doubtful[n + 1]!)
  ledger.check()
  const held = await load.readBack(0, KEYS.count)
  held.forEach((number, key) => {
    ledger.checkHeld(key, number)
  })
  return ledger
}

describe('callers', () => {
  test.each(WORKLOADS)('agree with a store that does %s right', async (workload: Workload) => {
    await run(new Memory(), { workload })
  })

  test.each<Workload>(['rmw', 'put', 'literal', 'append-hot'])('notice a lost write of %s', async (workload) => {
    const loses = new Memory((memory, operation) => {
      // From then on, because a later put would hide a single one.
      if (memory.calls >= 400 && 'key' in operation) memory.values.set(operation.key, KEYS.value(0))
    })
    await expect(run(loses, { workload })).rejects.toThrow(/held value 0/)
  })

  test('notice money that is gone', async () => {
    const loses = new Memory((memory) => {
      if (memory.calls === 400) memory.values.set(KEYS.account(7), 1)
    })
    await expect(run(loses, { workload: 'transfer' })).rejects.toThrow(/Key 258 held value/)
  })

  test('take a failed call to have happened or not, and count it', async () => {
    class Failing extends Memory {
      override async perform(operation: Operation): Promise<Answer> {
        const answer = await super.perform(operation)
        if (this.calls % 50 === 0) throw new FailedCall('timeout', true, 'too late')
        return answer
      }
    }
    for (const workload of ['rmw', 'transfer'] as const) await run(new Failing(), { workload })
  })

  test('end with what a caller throws', async () => {
    class Broken extends Memory {
      override async perform(): Promise<Answer> {
        this.calls += 1
        throw new TypeError('a fault')
      }
    }
    await expect(run(new Broken(), {}, 1)).rejects.toThrow('a fault')
  })

  test('keep to keys of their own where a driver wants that', async () => {
    class Own extends Memory {
      override readonly ownKeys = true
      readonly keys = new Set<number>()
      override perform(operation: Operation): Promise<Answer> {
        if ('key' in operation) this.keys.add(operation.key % 5)
        return super.perform(operation)
      }
    }
    const own = new Own()
    const second = new Load(own, KEYS, { index: 1, of: 2 })
    await own.fill(0, KEYS.count)
    second.start({ workload: 'rmw', callers: 5, rate: null })
    while (own.calls < 200) await new Promise(setImmediate)
    const { operations } = await second.stop()
    // Of five callers the second process has the second and the fourth.
    expect([...own.keys].sort()).toEqual([1, 3])
    expect(operations[0]!.length % FIELDS).toBe(0)
  })

  test('go no faster than they are told', async () => {
    const memory = new Memory()
    const load = new Load(memory, KEYS, { index: 0, of: 1 })
    await load.fill(KEYS.count, Number.POSITIVE_INFINITY)
    const startedMs = performance.now()
    load.start({ workload: 'put', callers: 4, rate: 200 })
    while (memory.calls < 40) await new Promise(setImmediate)
    // The first is due at once.
    expect(performance.now() - startedMs).toBeGreaterThan((38 * 1_000) / 200)
    await load.stop()
  })

  test('share the filling without a gap, and stop when the time is over', async () => {
    const [first, second] = [new Memory(), new Memory()]
    const shares = [first, second].map((memory, index) => new Load(memory, KEYS, { index, of: 2 }))
    const ends = await Promise.all(shares.map((load) => load.fill(KEYS.count, Number.POSITIVE_INFINITY)))
    expect(ends).toEqual([KEYS.count, KEYS.count])
    expect([...first.values.keys(), ...second.values.keys()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: KEYS.count }, (_, n) => n),
    )
    expect(await new Load(new Memory(), KEYS, { index: 1, of: 2 }).fill(KEYS.count, 0)).toBe(100)
  })
})
