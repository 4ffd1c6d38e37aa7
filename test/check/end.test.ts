import { describe, expect, test } from 'vitest'
import { judgeEnd } from './end.ts'
import { does, Story } from './testing/story.ts'

function anomalies(story: Story): readonly string[] {
  const { operations, end } = story.history()
  if (end === null) throw new Error('the story has no end')
  return judgeEnd(operations, end).findings.map(({ anomaly }) => anomaly)
}

describe('the end of a run', () => {
  test('replicas at the same slot are equal; those at others need not be', () => {
    const story = (slot: number, hash: string) =>
      new Story().end({
        replicas: [
          { node: 'a', slot: 4, hash: 'f1' },
          { node: 'b', slot, hash },
        ],
      })
    expect(anomalies(story(4, 'f1'))).toEqual([])
    expect(anomalies(story(3, 'f2'))).toEqual([])
    expect(anomalies(story(4, 'f2'))).toEqual(['replicas-differ'])
  })

  test('every acknowledged append is there, once', () => {
    const story = (...x: readonly number[]) => new Story().run(0, does(['append', 'x', 1])).end({ reads: { x } })
    expect(anomalies(story(1))).toEqual([])
    expect(anomalies(story())).toEqual(['lost-append'])
    expect(anomalies(story(1, 1))).toEqual(['duplicate-append'])
    expect(anomalies(story(1, 2))).toEqual(['garbage-read'])
  })

  test('no refused or aborted append is there', () => {
    const append = does(['append', 'x', 1])
    const refused = (...x: readonly number[]) => new Story().begin(0, append).fail(0).end({ reads: { x } })
    const aborted = (...x: readonly number[]) =>
      new Story().run(0, { ...append, answer: { status: 'aborted' } }).end({ reads: { x } })
    for (const story of [refused, aborted]) {
      expect(anomalies(story())).toEqual([])
      expect(anomalies(story(1))).toEqual(['G1a'])
    }
  })

  test('an unknown operation has happened once, as a whole, or never', () => {
    const story = (x: readonly number[], y: readonly number[]) =>
      new Story()
        .begin(0, does(['append', 'x', 1], ['append', 'y', 2]))
        .info(0)
        .end({ reads: { x, y } })
    expect(anomalies(story([], []))).toEqual([])
    expect(anomalies(story([1], [2]))).toEqual([])
    expect(anomalies(story([1, 1], [2]))).toEqual(['duplicate-append'])
    expect(anomalies(story([1], []))).toEqual(['torn-write'])
  })

  test('lists that were not read at the end are not judged', () => {
    expect(anomalies(new Story().run(0, does(['append', 'x', 1])).end({ reads: {} }))).toEqual([])
  })
})
