import { describe, expect, test } from 'vitest'
import { compile } from '../../../lang/index.ts'
import type { Json } from '../json.ts'
import { Story, type Told } from '../testing/story.ts'
import type { Programs } from './entries.ts'
import { judgeReplay } from './replay.ts'

type Reads = Readonly<Record<string, Json>>

function runs(
  program: string,
  revision: number,
  reads: Reads = {},
  parameters: Readonly<Record<string, Json>> = {},
): Told {
  return { program, parameters, answer: { status: 'committed', revision, reads, value: null } }
}

/** Adds `token` to the string under `key`. */
function adds(key: string, token: string, revision: number, before?: string): Told {
  return runs(`put "${key}" get "${key}" + "${token}";`, revision, before === undefined ? {} : { [key]: before })
}

function judge(story: Story) {
  return judgeReplay(story.history().operations)
}

function anomalies(story: Story): readonly string[] {
  return judge(story).findings.map(({ anomaly }) => anomaly)
}

describe('committed programs', () => {
  test('may have deleted a key that they did not read', () => {
    const removes = 'put "x" get "nothing";'
    const story = (revision: number) =>
      new Story().run(0, runs('put "x" "a";', 1)).run(0, runs(removes, revision)).run(0, runs(removes, 2))
    expect(anomalies(story(2))).toEqual([])
    // There is something to delete: it must have a revision of its own.
    expect(anomalies(story(1))).toEqual(['replay-mismatch'])
  })

  test('must give what their clients were told', () => {
    const story = (seen: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .run(0, adds('x', 'b', 2, 'a'))
        .run(1, runs('get "x";', 2, { x: seen }))
    expect(anomalies(story('ab'))).toEqual([])
    expect(judge(story('ba'))).toMatchObject({
      valid: false,
      findings: [
        {
          anomaly: 'replay-mismatch',
          message: 'line 5, executed again at revision 2, reads "ab" from "x", not "ba"',
          lines: [5],
        },
      ],
    })
  })

  test('may take their revisions in another order than they were answered in', () => {
    const [first, second] = [adds('x', 'a', 1), adds('x', 'b', 2, 'a')]
    expect(anomalies(new Story().begin(0, second).begin(1, first).ok(0).ok(1))).toEqual([])
  })

  test('read at exactly their revision', () => {
    const story = (revision: number) =>
      new Story()
        .begin(0, runs('get "x";', revision, { x: 'a' }))
        .run(1, adds('x', 'a', 1))
        .run(1, adds('x', 'b', 2, 'a'))
        .ok(0)
    expect(anomalies(story(1))).toEqual([])
    expect(anomalies(story(2))).toEqual(['replay-mismatch'])
  })

  test('that could have written and did not read at their revision too', () => {
    const swap = 'if get "x" == "b" { put "x" "c"; }'
    expect(anomalies(new Story().run(0, adds('x', 'a', 1)).run(1, runs(swap, 1, { x: 'a' })))).toEqual([])
    expect(anomalies(new Story().run(0, adds('x', 'b', 1)).run(1, runs(swap, 1, { x: 'b' })))).toEqual([
      'duplicate-revision',
    ])
    expect(anomalies(new Story().run(0, adds('x', 'b', 1)).run(1, runs(swap, 2, { x: 'b' })))).toEqual([])
  })

  test('that wrote have revisions of their own', () => {
    const story = (revision: number) => new Story().together(adds('x', 'a', 1), adds('y', 'a', revision))
    expect(anomalies(story(1))).toEqual(['duplicate-revision'])
    expect(anomalies(story(2))).toEqual([])
  })

  test('must give the value that was told, by type as well', () => {
    const story = (parameter: Json, seen: Json) =>
      new Story().run(0, runs('put "x" $v;', 1, {}, { v: parameter })).run(0, runs('get "x";', 1, { x: seen }))
    for (const value of [7, 1.5, true, 'a', [1, ['b']], { a: 1, b: [2] }, { $int: '9007199254740993' }]) {
      expect(anomalies(story(value, value))).toEqual([])
    }
    expect(anomalies(story({ $float: 4 }, { $float: 4 }))).toEqual([])
    expect(anomalies(story({ $bytes: 'AAE=' }, { $bytes: 'AAE=' }))).toEqual([])
    for (const [value, other] of [
      [7, '7'],
      [1, true],
      [[1], [1, 2]],
      [{ a: 1 }, { b: 1 }],
      [{ $bytes: 'AAE=' }, { $bytes: 'AAI=' }],
    ] satisfies [Json, Json][]) {
      expect(anomalies(story(value, other))).toEqual(['replay-mismatch'])
    }
  })

  test('of which reads and value are not known any more still count', () => {
    const lost: Told = { program: 'put "x" get "x" + "b";', answer: { revision: 2 } }
    const story = (seen: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .run(0, lost)
        .run(1, adds('x', 'c', 3, seen))
    expect(anomalies(story('ab'))).toEqual([])
    expect(anomalies(story('a'))).toEqual(['replay-mismatch'])
  })

  test('without a revision leave the replay undecided', () => {
    const story = new Story().run(0, { program: 'put "x" "a";', answer: { reads: {} } })
    expect(judge(story)).toMatchObject({ valid: 'unknown', findings: [{ anomaly: 'undecided' }] })
  })

  test('that fail when they are executed again, or do not compile, were not committed', () => {
    expect(anomalies(new Story().run(0, runs('if get "x" { put "y" "a"; }', 1)))).toEqual(['replay-mismatch'])
    expect(anomalies(new Story().run(0, runs('nonsense', 1)))).toEqual(['undecided'])
  })
})

describe('real time', () => {
  test('a write has a higher revision than what had ended before it began', () => {
    const story = (first: number, second: number) =>
      new Story().run(0, adds('x', 'a', first)).run(1, adds('y', 'a', second))
    expect(anomalies(story(1, 2))).toEqual([])
    expect(anomalies(story(2, 1))).toEqual(['revision-order'])
    expect(anomalies(new Story().together(adds('x', 'a', 2), adds('y', 'a', 1)))).toEqual([])
  })

  test('a read is at least as new as what had ended before it began', () => {
    const story = (revision: number, reads: Reads) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .run(0, adds('x', 'b', 2, 'a'))
        .run(1, runs('get "x";', revision, reads))
    expect(anomalies(story(1, { x: 'a' }))).toEqual(['revision-order'])
    expect(anomalies(story(2, { x: 'ab' }))).toEqual([])
  })

  test('a read does not see what began only after it had ended', () => {
    const story = new Story().run(1, runs('get "x";', 1, { x: 'a' })).run(0, adds('x', 'a', 1))
    expect(anomalies(story)).toEqual(['revision-order'])
  })

  test('revisions of operations without programs are compared too', () => {
    const append = (revision: number): Told => ({ ops: [['append', 'x', revision]], answer: { revision } })
    expect(anomalies(new Story().run(0, append(1)).run(0, append(2)))).toEqual([])
    expect(anomalies(new Story().run(0, append(2)).run(0, append(1)))).toEqual(['revision-order'])
    const same = (element: number): Told => ({ ops: [['append', 'x', element]], answer: { revision: 1 } })
    expect(anomalies(new Story().together(same(1), same(2)))).toEqual(['duplicate-revision'])
  })
})

describe('unknown programs', () => {
  const unknown = (key: string, token: string) => ({ program: `put "${key}" get "${key}" + "${token}";` })

  test('are placed where a revision is free, if what was told needs them', () => {
    const story = (free: boolean, seen: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .begin(1, unknown('x', 'u'))
        .info(1)
        .run(0, adds('x', 'b', free ? 3 : 2, seen))
    expect(anomalies(story(true, 'au'))).toEqual([])
    expect(anomalies(story(true, 'a'))).toEqual([])
    expect(anomalies(story(false, 'a'))).toEqual([])
    expect(anomalies(story(false, 'au'))).toEqual(['replay-mismatch'])
    expect(anomalies(story(true, 'ua'))).toEqual(['replay-mismatch'])
    expect(anomalies(story(true, 'auu'))).toEqual(['replay-mismatch'])
  })

  test('have no revision that was told before they began', () => {
    const story = (isLate: boolean) => {
      const told = new Story()
      if (!isLate) told.begin(1, unknown('x', 'u')).info(1)
      told.begin(0, adds('x', 'b', 3, 'u')).run(2, adds('y', 'a', 2))
      if (isLate) told.begin(1, unknown('x', 'u')).info(1)
      return told.ok(0)
    }
    expect(anomalies(story(false))).toEqual([])
    expect(anomalies(story(true))).toEqual(['replay-mismatch'])
  })

  test('are placed in whatever order explains what was told', () => {
    const tokens = ['p', 'q', 'r', 's', 't', 'u', 'v', 'w']
    const story = (seen: string) => {
      const told = new Story().run(0, adds('x', 'a', 1))
      for (const [index, token] of tokens.entries()) told.begin(index + 1, unknown('x', token)).info(index + 1)
      return told.run(0, adds('x', 'b', 20, seen))
    }
    for (const seen of ['apqrstuvw', 'awvutsrqp', 'aqsw', 'a']) expect(anomalies(story(seen))).toEqual([])
  })

  test('that cannot explain a mismatch in any order do not hide it', () => {
    const told = new Story().run(0, adds('x', 'a', 1))
    for (const [index, token] of ['p', 'q', 'r', 's', 't'].entries())
      told.begin(index + 1, unknown('x', token)).info(index + 1)
    expect(anomalies(told.run(0, adds('x', 'b', 20, 'apqz')))).toEqual(['replay-mismatch'])
  })

  test('are placed once, and tried elsewhere if they do harm', () => {
    // u writes both keys: it explains x anywhere, but y was read without it at revision 3.
    const both = { program: 'put "x" get "x" + "u"; put "y" get "y" + "u";' }
    const story = (y: Reads) =>
      new Story()
        .begin(1, both)
        .info(1)
        .run(0, adds('z', 'a', 2))
        .run(0, runs('put "y" get "y" + "b";', 4, y))
        .run(0, adds('z', 'b', 6, 'a'))
        .run(0, runs('get "x";', 6, { x: 'u' }))
    expect(anomalies(story({}))).toEqual([])
    expect(anomalies(story({ y: 'u' }))).toEqual([])
    expect(anomalies(story({ y: 'uu' }))).toEqual(['replay-mismatch'])
  })

  test('may enable one another', () => {
    const first = { program: 'put "x" "go";' }
    const second = { program: 'if get "x" == "go" { put "y" "done"; }' }
    const story = (...programs: readonly Told[]) => {
      const told = new Story()
      for (const [index, program] of programs.entries()) told.begin(index + 1, program).info(index + 1)
      return told.run(0, adds('z', 'a', 3)).run(0, runs('get "y";', 3, { y: 'done' }))
    }
    expect(anomalies(story(second, first))).toEqual([])
    expect(anomalies(story(second))).toEqual(['replay-mismatch'])
  })

  test('that have nothing to do with a mismatch do not hide it, however many', () => {
    const told = new Story()
    for (let index = 1; index <= 40; index += 1) told.begin(index, unknown(`k${index % 4}`, `u${index}`)).info(index)
    told.run(0, adds('x', 'a', 50)).run(0, runs('get "k1";', 50, { k1: 'u1u5u9' }))
    told.run(0, runs('get "k2";', 50, { k2: 'u2u6u10' })).run(0, adds('x', 'b', 90, 'WRONG'))
    expect(anomalies(told)).toEqual(['replay-mismatch'])
  })

  test('that take too long to place leave the replay undecided', () => {
    const told = new Story()
    for (let index = 1; index <= 30; index += 1) told.begin(index, unknown('x', `u${index}`)).info(index)
    told.run(0, runs('get "x";', 50, { x: 'WRONG' }))
    const { valid, findings } = judgeReplay(told.history().operations, { runsMax: 500 })
    expect({ valid, anomaly: findings[0]?.anomaly }).toEqual({ valid: 'unknown', anomaly: 'undecided' })
  })

  test('that ask for a random number may have written anything', () => {
    const programs: Programs = { compile: (text) => compile(text.replace('uuid()', '"random"')) }
    const story = (text: string) =>
      new Story()
        .begin(1, { program: text })
        .info(1)
        .run(0, adds('z', 'a', 2))
        .run(0, runs('get "x";', 2, { x: '4f2e' }))
    const judged = (text: string) => judgeReplay(story(text).history().operations, { programs }).valid
    expect(judged('put "x" uuid();')).toBe('unknown')
    expect(judged('put "x" "random";')).toBe(false)
  })

  test('with computed keys may explain anything, and are tried', () => {
    const computed = { program: 'k = "x" + "y"; put k "u";' }
    const story = (key: string) =>
      new Story()
        .begin(1, computed)
        .info(1)
        .run(0, adds('z', 'a', 2))
        .run(0, runs(`get "${key}";`, 2, { [key]: 'u' }))
    expect(anomalies(story('xy'))).toEqual([])
    expect(anomalies(story('x'))).toEqual(['replay-mismatch'])
  })
})

describe('refused and aborted programs', () => {
  test('have no effect', () => {
    const story = (seen: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .begin(1, { program: 'put "x" get "x" + "f";' })
        .fail(1)
        .run(0, adds('x', 'b', 3, seen))
    expect(anomalies(story('a'))).toEqual([])
    expect(anomalies(story('af'))).toEqual(['replay-mismatch'])
  })
})

/** Aborts what any program tells, until the language can: it gives `aborted` wherever the text says so. */
const ABORTING: Programs = {
  compile(text) {
    const program = compile(text.replace('ABORT', ''))
    if (!text.startsWith('ABORT')) return program
    const { canWrite, parameters } = program
    return {
      canWrite,
      parameters,
      checkNames: (given) => program.checkNames(given),
      run: (view, given) => ({ ...program.run(view, given), status: 'aborted', writes: new Map() }),
    }
  },
}

describe('aborted programs', () => {
  const aborts = (seen: string): Told => ({
    program: 'ABORT get "x";',
    answer: { status: 'aborted', reads: { x: seen }, value: null },
  })
  const anomaliesOf = (story: Story) =>
    judgeReplay(story.history().operations, { programs: ABORTING }).findings.map(({ anomaly }) => anomaly)

  test('saw a state between what was told before they began and after they had ended', () => {
    const story = (seen: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .run(0, adds('x', 'b', 2, 'a'))
        .begin(1, aborts(seen))
        .run(0, adds('x', 'c', 3, 'ab'))
        .ok(1)
        .run(0, adds('x', 'd', 4, 'abc'))
    expect(anomaliesOf(story('ab'))).toEqual([])
    expect(anomaliesOf(story('abc'))).toEqual([])
    expect(anomaliesOf(story('a'))).toEqual(['replay-mismatch'])
    expect(anomaliesOf(story('abcd'))).toEqual(['replay-mismatch'])
  })

  test('may have seen what an unknown program did: that is not decided', () => {
    const story = (key: string) =>
      new Story()
        .run(0, adds('x', 'a', 1))
        .begin(1, { program: `put "${key}" get "${key}" + "u";` })
        .info(1)
        .run(2, aborts('au'))
    expect(anomaliesOf(story('x'))).toEqual(['undecided'])
    expect(anomaliesOf(story('y'))).toEqual(['replay-mismatch'])
  })
})
