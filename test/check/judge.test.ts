import { describe, expect, test } from 'vitest'
import { Random } from '../support/random.ts'
import { historyOf } from './history.ts'
import { judge } from './judge.ts'
import {
  type Corruption,
  endCorruptions,
  listCorruptions,
  registerCorruptions,
  replayCorruptions,
} from './testing/corrupt.ts'
import { modelHistory, type Shape } from './testing/model.ts'
import { does, Story } from './testing/story.ts'
import type { CheckerName } from './verdict.ts'

const SHAPE: Shape = { operations: 120, processes: 6, keys: 3, refused: 0.05, unknown: 0.06 }

const SEEDS = Array.from({ length: 30 }, (_, seed) => seed)

describe('histories of a store that executes one transaction after the other', () => {
  test('are valid, however their operations overlap', () => {
    for (const seed of SEEDS) {
      const verdict = judge(historyOf(modelHistory(new Random(seed), SHAPE)))
      expect({ seed, ...verdict }).toMatchObject({ seed, valid: true, findings: [] })
      expect(verdict.counted).toMatchObject({ operations: SHAPE.operations, replicas: 3 })
    }
  })

  const corruptions: readonly (readonly [CheckerName, readonly Corruption[]])[] = [
    ['append', listCorruptions],
    ['register', registerCorruptions],
    ['replay', replayCorruptions],
    ['end', endCorruptions],
  ]
  const cases = corruptions.flatMap(([checker, each]) => each.map((corruption) => ({ checker, ...corruption })))

  test.each(cases)('are invalid when $name', ({ checker, anomalies, apply }) => {
    let applied = 0
    for (const seed of SEEDS) {
      const random = new Random(seed)
      const corrupted = apply(modelHistory(random, SHAPE), random)
      if (corrupted === null) continue
      applied += 1
      const { valid, findings } = judge(historyOf(corrupted), { checkers: [checker] })
      expect({ seed, valid }).toEqual({ seed, valid: false })
      expect(anomalies).toContain(findings.find(({ anomaly }) => anomalies.includes(anomaly))?.anomaly)
    }
    expect(applied).toBeGreaterThan(SEEDS.length / 2)
  })
})

describe('what is judged', () => {
  test('depends on what is in the history', () => {
    const counted = (story: Story) => Object.keys(judge(story.history()).counted)
    const list = new Story().run(0, does(['append', 'x', 1]))
    const register = new Story().run(0, does(['w', 'x', 1]))
    const program = new Story().run(0, { program: 'put "x" "a";', answer: { revision: 1, reads: {} } })
    expect(counted(list)).toContain('lists')
    expect(counted(list)).not.toContain('registers')
    expect(counted(register)).toContain('registers')
    expect(counted(register)).not.toContain('lists')
    expect(counted(program)).toContain('replayed')
    expect(counted(program.end({ replicas: [] }))).toContain('replicas')
  })

  test('may be lists, registers and programs in one operation', () => {
    const story = (y: number) =>
      new Story()
        .run(0, does(['append', 'x', 1], ['w', 'y', 1]))
        .run(1, does(['r', 'x', [1]], ['r', 'y', y]))
        .end({ reads: { x: [1], y } })
    expect(judge(story(1).history()).valid).toBe(true)
    expect(judge(story(2).history()).findings.map(({ checker }) => checker)).toEqual(['register', 'register'])
  })

  test('includes what registers hold at the end', () => {
    const story = (x: number | null) => new Story().run(0, does(['w', 'x', 1])).end({ reads: { x } })
    expect(judge(story(1).history()).valid).toBe(true)
    expect(judge(story(null).history()).valid).toBe(false)
  })

  test('is unknown when there is nothing to judge', () => {
    expect(judge(new Story().history()).valid).toBe('unknown')
    const list = new Story().run(0, does(['append', 'x', 1])).history()
    expect(judge(list, { checkers: ['register'] }).valid).toBe('unknown')
  })

  test('is the same whenever it is asked', () => {
    const history = historyOf(modelHistory(new Random(5), SHAPE))
    expect(judge(history)).toEqual(judge(history))
  })
})
