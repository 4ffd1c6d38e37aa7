import { expect, test } from 'vitest'
import { Random } from '../../support/random.ts'
import type { MicroOperation } from '../event.ts'
import type { Operation } from '../history.ts'
import { does, Story } from '../testing/story.ts'
import { judgeAppends } from './append.ts'
import { elementsOf } from './lists.ts'

/** Small histories with arbitrary reads: whatever can be executed one by one must be found valid, and nothing else. */

function story(random: Random): Story {
  const events = new Story()
  const open = new Set<number>()
  let element = 0
  for (let event = 0; event < 11; event += 1) {
    const process = random.below(3)
    if (open.delete(process)) {
      events.ok(process)
      continue
    }
    const steps = Array.from({ length: 1 + random.below(2) }, (): MicroOperation => {
      const key = random.pick(['x', 'y'])
      if (random.chance(0.5)) {
        element += 1
        return ['append', key, element]
      }
      const elements = Array.from({ length: element }, (_, index) => index + 1).filter(() => random.chance(0.4))
      return ['r', key, random.chance(0.2) ? elements.reverse() : elements]
    })
    if (random.chance(0.15)) {
      const lonely = 10 + event
      events.begin(lonely, does(...steps)).info(lonely)
      continue
    }
    open.add(process)
    events.begin(process, does(...steps))
  }
  for (const process of open) events.ok(process)
  return events
}

type Lists = ReadonlyMap<string, readonly unknown[]>

function execute({ ops, sees }: Operation, before: Lists): Lists | undefined {
  const lists = new Map(before)
  for (const op of ops) {
    const list = lists.get(op[1]) ?? []
    if (op[0] === 'append') lists.set(op[1], [...list, op[2]])
    else if (op[0] === 'r' && sees && elementsOf(op[2]).join() !== list.join()) return undefined
  }
  return lists
}

/** Whether they can be executed one by one, by trying all orders. */
function isSerial(operations: readonly Operation[], lists: Lists = new Map()): boolean {
  if (operations.every(({ outcome }) => outcome === 'unknown')) return true
  return operations.some((operation) => {
    const rest = operations.filter((other) => other !== operation)
    if (rest.some(({ completed }) => completed < operation.invoked)) return false
    const after = execute(operation, lists)
    return after !== undefined && isSerial(rest, after)
  })
}

test('what can be executed one by one is valid, and nothing else is', () => {
  const found = { serial: 0, other: 0 }
  for (let seed = 0; seed < 6_000; seed += 1) {
    const { operations } = story(new Random(seed)).history()
    const expected = isSerial(operations)
    found[expected ? 'serial' : 'other'] += 1
    const { valid } = judgeAppends(operations)
    expect({ seed, valid }).toEqual({ seed, valid: expected })
  }
  expect(Math.min(found.serial, found.other)).toBeGreaterThan(200)
})
