import { describe, expect, test } from 'vitest'
import { Random } from '../../support/random.ts'
import type { MicroOperation } from '../event.ts'
import { does, Story } from '../testing/story.ts'
import { judgeRegisters } from './register.ts'
import { linearize } from './search.ts'
import { ABSENT, type Access, apply, registersOf, type State } from './steps.ts'

const NO_LISTS: ReadonlySet<string> = new Set()

function judge(story: Story, stepsMax?: number) {
  return judgeRegisters(story.history().operations, NO_LISTS, stepsMax)
}

function anomalies(story: Story): readonly string[] {
  return judge(story).findings.map(({ anomaly }) => anomaly)
}

const write = (value: number) => does(['w', 'x', value])
const read = (value: number | null) => does(['r', 'x', value])
const swap = (from: number | null, to: number, took: boolean) => does(['cas', 'x', [from, to], took])

describe('registers', () => {
  test('begin absent, and hold what was written last', () => {
    expect(anomalies(new Story().run(0, read(null)).run(0, write(1)).run(0, read(1)))).toEqual([])
    expect(anomalies(new Story().run(0, write(1)).run(0, read(null)))).toEqual(['not-linearizable'])
  })

  test('a stale read is told by its line', () => {
    const story = (value: number) => new Story().run(0, write(1)).run(0, write(2)).run(1, read(value))
    expect(anomalies(story(2))).toEqual([])
    expect(judge(story(1))).toMatchObject({
      valid: false,
      findings: [
        {
          anomaly: 'not-linearizable',
          message:
            'no order explains what was done to "x": the longest one that was found ends where line 5 reads 1 ' +
            'while it holds 2',
          lines: [5],
        },
      ],
    })
  })

  test('operations that overlap may happen in any order', () => {
    for (const value of [1, 2])
      expect(anomalies(new Story().together(write(1), write(2)).run(0, read(value)))).toEqual([])
    const torn = new Story().together(write(1), write(2)).run(0, read(1)).run(0, read(2))
    expect(anomalies(torn)).toEqual(['not-linearizable'])
  })

  test('two reads see a write in the order of time', () => {
    const story = (first: number | null, second: number | null) =>
      new Story().begin(0, write(1)).run(1, read(first)).run(2, read(second)).ok(0)
    expect(anomalies(story(null, 1))).toEqual([])
    expect(anomalies(story(1, null))).toEqual(['not-linearizable'])
  })

  test('a compare-and-put takes place if, and only if, the register holds what it compares with', () => {
    const story = (from: number | null, took: boolean, then: number) =>
      new Story()
        .run(0, write(1))
        .run(0, swap(from, 2, took))
        .run(0, read(then))
    expect(anomalies(story(1, true, 2))).toEqual([])
    expect(anomalies(story(3, false, 1))).toEqual([])
    expect(anomalies(story(1, false, 1))).toEqual(['not-linearizable'])
    expect(anomalies(story(null, true, 2))).toEqual(['not-linearizable'])
  })

  test('of two that compare with the same, one takes place', () => {
    expect(anomalies(new Story().together(swap(null, 1, true), swap(null, 2, false)))).toEqual([])
    expect(anomalies(new Story().together(swap(null, 1, true), swap(null, 2, true)))).toEqual(['not-linearizable'])
  })

  test('steps of one operation happen at once', () => {
    const twice = does(['w', 'x', 1], ['r', 'x', 1], ['w', 'x', 2])
    expect(anomalies(new Story().together(twice, read(2)))).toEqual([])
    expect(anomalies(new Story().together(twice, read(1)))).toEqual(['not-linearizable'])
  })

  test('a refused write has no effect, and a value from nowhere is called so', () => {
    const refused = () => new Story().begin(0, write(1)).fail(0)
    expect(anomalies(refused().run(0, read(null)))).toEqual([])
    expect(anomalies(refused().run(0, read(1)))).toEqual(['G1a'])
    expect(anomalies(refused().run(0, read(9)))).toEqual(['garbage-read'])
    expect(anomalies(refused().run(1, write(1)).run(0, read(1)))).toEqual([])
  })

  test('an unknown operation may happen at any time since it began, or never, and once', () => {
    const unknown = () => new Story().begin(0, write(1)).info(0)
    expect(anomalies(unknown().run(1, read(null)).run(1, read(1)))).toEqual([])
    expect(anomalies(unknown().run(1, read(null)).run(1, read(null)))).toEqual([])
    expect(anomalies(unknown().run(1, read(1)).run(1, write(2)).run(1, read(1)))).toEqual(['not-linearizable'])
    expect(anomalies(new Story().run(1, read(1)).begin(0, write(1)).info(0))).toEqual(['not-linearizable'])
  })

  test('an unknown write that nobody read can explain why a comparison failed', () => {
    const story = new Story().begin(0, write(1)).info(0)
    expect(anomalies(story.run(1, write(2)).run(1, swap(2, 3, false)))).toEqual([])
  })

  test('each is judged alone, and values are compared whatever the order of their members', () => {
    const both = does(['w', 'x', { a: 1, b: [2] }], ['w', 'y', 2])
    expect(anomalies(new Story().run(0, both).run(0, does(['r', 'x', { b: [2], a: 1 }], ['r', 'y', 2])))).toEqual([])
    const late = new Story().run(0, both).run(0, does(['r', 'y', null]))
    expect(judge(late).findings).toMatchObject([{ message: expect.stringContaining('done to "y"') }])
  })

  test('what takes too many steps is unknown', () => {
    const writes = Array.from({ length: 12 }, (_, value) => write(value))
    const story = new Story()
      .together(...writes)
      .run(0, read(3))
      .run(0, read(4))
    expect(judge(story, 100)).toMatchObject({ valid: 'unknown', findings: [{ anomaly: 'undecided' }] })
    expect(judge(story).valid).toBe(false)
  })

  test('ten thousand operations take well under a second', () => {
    const story = new Story()
    for (let value = 0; value < 2_500; value += 1)
      story
        .together(write(2 * value), write(2 * value + 1))
        .run(0, read(2 * value))
        .run(0, swap(2 * value, -value, true))
    const history = story.history()
    const start = performance.now()
    expect(judgeRegisters(history.operations, NO_LISTS).valid).toBe(true)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

/** Whether accesses can be put in order, by trying all orders. */
function canBeOrdered(accesses: readonly Access[], state: State = ABSENT): boolean {
  if (accesses.every(({ isUnknown }) => isUnknown)) return true
  return accesses.some((access) => {
    const rest = accesses.filter((other) => other !== access)
    if (rest.some(({ operation }) => operation.completed < access.operation.invoked)) return false
    const after = apply(access.steps, state)
    return after !== undefined && canBeOrdered(rest, after)
  })
}

test('the search finds an order exactly where trying all of them finds one', () => {
  const found = { possible: 0, impossible: 0 }
  for (let seed = 0; seed < 3_000; seed += 1) {
    const random = new Random(seed)
    const story = new Story()
    const open = new Set<number>()
    let fresh = 4
    for (let event = 0; event < 14; event += 1) {
      const process = random.below(3)
      if (open.has(process)) {
        open.delete(process)
        story.ok(process)
        continue
      }
      const small = () => 1 + random.below(3)
      const step = (): MicroOperation => {
        const kind = random.below(3)
        if (kind === 0) return ['r', 'x', random.chance(0.2) ? null : small()]
        return kind === 1 ? ['w', 'x', small()] : ['cas', 'x', [small(), small()], random.chance(0.5)]
      }
      const steps = random.chance(0.2) ? [step(), step()] : [step()]
      if (random.chance(0.15)) {
        fresh += 1
        story.begin(fresh, does(...steps)).info(fresh)
        continue
      }
      open.add(process)
      story.begin(process, does(...steps))
    }
    for (const process of open) story.ok(process)
    const [register] = registersOf(story.history().operations, NO_LISTS)
    if (register === undefined || register.accesses.length > 8) continue
    const expected = canBeOrdered(register.accesses)
    found[expected ? 'possible' : 'impossible'] += 1
    const { type } = linearize(register.accesses, 100_000)
    expect({ seed, type }).toEqual({ seed, type: expected ? 'linearizable' : 'impossible' })
  }
  expect(Math.min(found.possible, found.impossible)).toBeGreaterThan(100)
})
