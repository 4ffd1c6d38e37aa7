import { describe, expect, test } from 'vitest'
import { does, Story } from '../testing/story.ts'
import { judgeAppends } from './append.ts'

function judge(story: Story) {
  return judgeAppends(story.history().operations)
}

/** The anomalies that are found, each once. */
function anomalies(story: Story): readonly string[] {
  return [...new Set(judge(story).findings.map(({ anomaly }) => anomaly))]
}

describe('cycles', () => {
  test('G0: two transactions that overwrite each other', () => {
    const writes = [does(['append', 'x', 1], ['append', 'y', 1]), does(['append', 'x', 2], ['append', 'y', 2])]
    const bad = new Story().together(...writes).run(2, does(['r', 'x', [1, 2]], ['r', 'y', [2, 1]]))
    expect(anomalies(bad)).toEqual(['G0'])
    const good = new Story().together(...writes).run(2, does(['r', 'x', [1, 2]], ['r', 'y', [1, 2]]))
    expect(anomalies(good)).toEqual([])
  })

  test('G1c: two transactions that read what the other wrote', () => {
    const first = does(['append', 'x', 1], ['r', 'y', [1]])
    expect(anomalies(new Story().together(first, does(['append', 'y', 1], ['r', 'x', [1]])))).toEqual(['G1c'])
    expect(anomalies(new Story().together(first, does(['append', 'y', 1], ['r', 'x', []])))).toEqual([])
  })

  test('G-single: a read that sees one of two writes of a transaction', () => {
    const write = does(['append', 'x', 1], ['append', 'y', 1])
    const seeAll = does(['r', 'x', [1]], ['r', 'y', [1]])
    const skewed = new Story().together(write, does(['r', 'x', []], ['r', 'y', [1]]), seeAll)
    expect(anomalies(skewed)).toEqual(['G-single'])
    expect(anomalies(new Story().together(write, does(['r', 'x', []], ['r', 'y', []]), seeAll))).toEqual([])
  })

  test('G-single: a lost update, of two that both read nothing and appended', () => {
    const both = [does(['r', 'x', []], ['append', 'x', 1]), does(['r', 'x', []], ['append', 'x', 2])]
    const updated = [does(['r', 'x', []], ['append', 'x', 1]), does(['r', 'x', [1]], ['append', 'x', 2])]
    expect(anomalies(new Story().together(...both).run(3, does(['r', 'x', [1, 2]])))).toEqual(['G-single'])
    expect(anomalies(new Story().together(...updated).run(3, does(['r', 'x', [1, 2]])))).toEqual([])
  })

  test('G2: a write skew, also when nobody reads what was written', () => {
    const skew = [does(['r', 'x', []], ['append', 'y', 1]), does(['r', 'y', []], ['append', 'x', 1])]
    expect(anomalies(new Story().together(...skew))).toEqual(['G2'])
    expect(anomalies(new Story().together(...skew).run(2, does(['r', 'x', [1]], ['r', 'y', [1]])))).toEqual(['G2'])
    const serial = [does(['r', 'x', []], ['append', 'y', 1]), does(['r', 'y', [1]], ['append', 'x', 1])]
    expect(anomalies(new Story().together(...serial))).toEqual([])
  })

  test('G2: two updates of one key that nobody sees, which both read nothing', () => {
    const update = (element: number) => does(['r', 'x', []], ['append', 'x', element])
    expect(anomalies(new Story().together(update(1), update(2)))).toEqual(['G2'])
    expect(anomalies(new Story().together(update(1), does(['r', 'x', []])))).toEqual([])
  })

  test('G0-realtime: a later append stands before an earlier one', () => {
    const [one, two] = [does(['append', 'x', 1]), does(['append', 'x', 2])]
    const read = does(['r', 'x', [2, 1]])
    expect(anomalies(new Story().run(0, one).run(1, two).run(2, read))).toEqual(['G0-realtime'])
    expect(anomalies(new Story().together(one, two).run(2, read))).toEqual([])
  })

  test('G1c-realtime: a read of what is appended only later', () => {
    const [read, append] = [does(['r', 'x', [1]]), does(['append', 'x', 1])]
    expect(anomalies(new Story().run(0, read).run(1, append))).toEqual(['G1c-realtime'])
    expect(anomalies(new Story().together(read, append))).toEqual([])
  })

  test('G-single-realtime: a stale read', () => {
    const append = does(['append', 'x', 1])
    const late = does(['r', 'x', [1]])
    expect(
      anomalies(
        new Story()
          .run(0, append)
          .run(1, does(['r', 'x', []]))
          .run(2, late),
      ),
    ).toEqual(['G-single-realtime'])
    expect(anomalies(new Story().together(append, does(['r', 'x', []])).run(2, late))).toEqual([])
  })

  test('G2: two readers that see two appends in different orders', () => {
    const reads = (x: readonly number[], y: readonly number[]) => does(['r', 'x', x], ['r', 'y', y])
    const story = (second: ReturnType<typeof does>) =>
      new Story()
        .begin(0, does(['append', 'x', 1]))
        .begin(1, does(['append', 'y', 1]))
        .run(2, reads([1], []))
        .run(3, second)
        .ok(0)
        .ok(1)
        .run(4, reads([1], [1]))
    expect(anomalies(story(reads([], [1])))).toEqual(['G2'])
    expect(anomalies(story(reads([1], [1])))).toEqual([])
  })

  test('G2-realtime: two stale reads that are only wrong together', () => {
    const story = (isLate: boolean) => {
      const told = new Story()
        .begin(0, does(['append', 'x', 1], ['r', 'z', []]))
        .begin(1, does(['append', 'z', 1]))
        .begin(2, does(['r', 'x', []]))
      // The append to z has ended before the reader of x begins, unless both are under way together.
      if (!isLate)
        return told
          .ok(2)
          .ok(0)
          .ok(1)
          .run(3, does(['r', 'x', [1]], ['r', 'z', [1]]))
      const other = new Story().begin(0, does(['append', 'x', 1], ['r', 'z', []])).run(1, does(['append', 'z', 1]))
      return other
        .run(2, does(['r', 'x', []]))
        .ok(0)
        .run(3, does(['r', 'x', [1]], ['r', 'z', [1]]))
    }
    expect(anomalies(story(true))).toEqual(['G2-realtime'])
    expect(anomalies(story(false))).toEqual([])
  })

  test('a cycle names its operations and why each must come before the next', () => {
    const append = does(['append', 'x', 1])
    const story = new Story()
      .run(0, append)
      .run(1, does(['r', 'x', []]))
      .run(2, does(['r', 'x', [1]]))
    expect(judge(story)).toMatchObject({
      valid: false,
      findings: [
        {
          anomaly: 'G-single-realtime',
          message:
            'no order of these is possible: line 3 read "x" without what line 1 appended, ' +
            'line 3 began after line 1 had ended',
          cycle: [
            { from: 3, to: 1, kind: 'rw', key: 'x' },
            { from: 1, to: 3, kind: 'realtime', key: null },
          ],
        },
      ],
    })
  })
})

describe('single reads', () => {
  test('G1a and dirty-update: what a refused operation appended is read, and appended to', () => {
    const story = (read: readonly number[]) =>
      new Story()
        .begin(0, does(['append', 'x', 1]))
        .fail(0)
        .run(1, does(['append', 'x', 2]))
        .run(2, does(['r', 'x', read]))
    expect(anomalies(story([1, 2]))).toEqual(['G1a', 'dirty-update'])
    expect(anomalies(story([2, 1]))).toEqual(['G1a'])
    expect(anomalies(story([2]))).toEqual([])
  })

  test('an aborted operation is without effect too', () => {
    const aborted = { ...does(['append', 'x', 1]), answer: { status: 'aborted' } } as const
    expect(anomalies(new Story().run(0, aborted).run(1, does(['r', 'x', [1]])))).toEqual(['G1a'])
    expect(anomalies(new Story().run(0, aborted).run(1, does(['r', 'x', []])))).toEqual([])
  })

  test('G1b: a read between two appends of one operation', () => {
    const append = does(['append', 'x', 1], ['append', 'x', 2])
    expect(anomalies(new Story().together(append, does(['r', 'x', [1]])))).toContain('G1b')
    expect(anomalies(new Story().together(append, does(['r', 'x', [1, 2]])))).toEqual([])
    const own = does(['append', 'x', 1], ['r', 'x', [1]], ['append', 'x', 2])
    expect(anomalies(new Story().run(0, own).run(1, does(['r', 'x', [1, 2]])))).toEqual([])
  })

  test('torn-write: a part of what one operation appended to a list', () => {
    const append = does(['append', 'x', 1], ['append', 'x', 2])
    const story = (...elements: readonly number[]) =>
      new Story()
        .begin(0, append)
        .info(0)
        .begin(1, does(['append', 'x', 3]))
        .run(2, does(['r', 'x', elements]))
        .ok(1)
    expect(anomalies(story(2, 3))).toEqual(['torn-write', 'G0'])
    expect(anomalies(story(1, 2, 3))).toEqual([])
    expect(anomalies(story(3, 1, 2))).toEqual([])
    expect(anomalies(story(3))).toEqual([])
    expect(anomalies(story(1, 3, 2))).toContain('torn-write')
    expect(anomalies(story(1, 3))).toEqual(['G0'])
  })

  test('duplicate-append: one element twice', () => {
    const story = (read: readonly number[]) =>
      new Story().together(does(['append', 'x', 1]), does(['append', 'x', 2])).run(2, does(['r', 'x', read]))
    expect(anomalies(story([1, 2, 1]))).toEqual(['duplicate-append'])
    expect(anomalies(story([1, 2]))).toEqual([])
  })

  test('lost-append: acknowledged, and absent from a later read', () => {
    const [append, read] = [does(['append', 'x', 1]), does(['r', 'x', []])]
    expect(anomalies(new Story().run(0, append).run(1, read))).toEqual(['lost-append'])
    expect(anomalies(new Story().together(append, read))).toEqual([])
    expect(anomalies(new Story().begin(0, append).info(0).run(1, read))).toEqual([])
  })

  test('garbage-read: what nobody appended', () => {
    expect(anomalies(new Story().run(0, does(['r', 'x', [9]])))).toEqual(['garbage-read'])
    expect(anomalies(new Story().together(does(['append', 'x', 9]), does(['r', 'x', [9]])))).toEqual([])
  })

  test('incompatible-order: two reads that exclude each other', () => {
    const appends = [does(['append', 'x', 1]), does(['append', 'x', 2]), does(['append', 'x', 3])]
    const read = (...elements: readonly number[]) => does(['r', 'x', elements])
    const bad = new Story().together(...appends, read(1), read(2), read(1, 2, 3))
    expect(anomalies(bad)).toEqual(['incompatible-order'])
    expect(anomalies(new Story().together(...appends, read(1), read(1, 2), read(1, 2, 3)))).toEqual([])
  })

  test('internal: a transaction that does not find what it appended, or reads differently twice', () => {
    const append = does(['append', 'x', 1])
    const good = does(['r', 'x', [1]], ['append', 'x', 2], ['r', 'x', [1, 2]])
    expect(anomalies(new Story().together(append, good))).toEqual([])
    expect(anomalies(new Story().run(0, does(['append', 'x', 2], ['r', 'x', [2]])))).toEqual([])
    expect(anomalies(new Story().run(0, does(['append', 'x', 2], ['r', 'x', []])))).toContain('internal')
    const twice = does(['r', 'x', []], ['r', 'x', [1]])
    expect(anomalies(new Story().together(append, twice))).toContain('internal')
    const forgets = does(['r', 'x', [1]], ['append', 'x', 2], ['r', 'x', [2]])
    expect(anomalies(new Story().together(append, forgets))).toContain('internal')
  })
})

describe('unknown operations', () => {
  test('may have happened or not', () => {
    const append = does(['append', 'x', 1])
    for (const read of [[], [1]]) {
      expect(
        anomalies(
          new Story()
            .begin(0, append)
            .info(0)
            .run(1, does(['r', 'x', read])),
        ),
      ).toEqual([])
    }
  })

  test('may happen long after they were given up, but not before they began', () => {
    const append = does(['append', 'x', 1])
    const read = (...elements: readonly number[]) => does(['r', 'x', elements])
    expect(anomalies(new Story().begin(0, append).info(0).run(1, read()).run(1, read(1)))).toEqual([])
    expect(anomalies(new Story().run(1, read(1)).begin(0, append).info(0))).toEqual(['G1c-realtime'])
  })

  test('happen as a whole: who saw one append sees the others', () => {
    const append = does(['append', 'x', 1], ['append', 'y', 1])
    const story = (y: readonly number[]) =>
      new Story()
        .begin(0, append)
        .info(0)
        .run(1, does(['r', 'x', [1]]))
        .run(1, does(['r', 'y', y]))
    expect(anomalies(story([]))).toEqual(['G-single-realtime'])
    expect(anomalies(story([1]))).toEqual([])
  })

  test('happen once: what was read stays read', () => {
    const append = does(['append', 'x', 1])
    const read = (...elements: readonly number[]) => does(['r', 'x', elements])
    const story = new Story().begin(0, append).info(0).run(1, read(1)).run(1, read())
    expect(anomalies(story)).toEqual(['G-single-realtime'])
  })

  test('an answer that does not say what was read still says that it happened', () => {
    const story = new Story().begin(0, does(['r', 'x', []], ['append', 'x', 1]))
    story.events.push({ process: 0, type: 'ok' })
    expect(anomalies(story.run(1, does(['r', 'x', []])))).toEqual(['lost-append'])
  })
})
