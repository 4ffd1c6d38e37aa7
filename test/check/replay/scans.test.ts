import { describe, expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { Story, type Told } from '../testing/story.ts'
import { judgeReplay } from './replay.ts'
import { State } from './state.ts'

function told(program: string, revision: number, value: Json = null, reads: Readonly<Record<string, Json>> = {}): Told {
  return { program, answer: { status: 'committed', revision, reads, value } }
}

const anomalies = (story: Story) => judgeReplay(story.history().operations).findings.map(({ anomaly }) => anomaly)

describe('what is scanned', () => {
  const join = (key: string, revision: number, before: number) =>
    told(`n = len(scan "k"); put "${key}" n; return n;`, revision, before)

  test('is what earlier transactions have left, and nothing else', () => {
    const story = (seen: number) =>
      new Story()
        .run(0, join('k1', 1, 0))
        .run(0, join('k2', 2, 1))
        .run(0, join('k3', 3, seen))
    expect(anomalies(story(2))).toEqual([])
    // A phantom, or a member that was missed.
    expect(anomalies(story(3))).toEqual(['replay-mismatch'])
    expect(anomalies(story(1))).toEqual(['replay-mismatch'])
  })

  test('leaves out what was deleted, and stands in the order of code points', () => {
    const story = (...keys: readonly string[]) =>
      new Story()
        .run(0, told('put "k😀" 1; put "k\uffff" 2; put "k" 3;', 1))
        .run(0, told('delete "k";', 2))
        .run(0, told('l = []; for key, v in scan "k" { l = append(l, key); } return l;', 2, [...keys]))
    expect(anomalies(story('k\uffff', 'k😀'))).toEqual([])
    expect(anomalies(story('k😀', 'k\uffff'))).toEqual(['replay-mismatch'])
    expect(anomalies(story('k', 'k\uffff', 'k😀'))).toEqual(['replay-mismatch'])
  })
})

describe('versions and revisions', () => {
  test('are those of the transactions that wrote', () => {
    const story = (version: number, revision: number) =>
      new Story()
        .run(0, told('put "k" 1;', 3))
        .run(0, told('put "k" 2; put "seen" revision "k";', 7))
        .run(0, told('return [version "k", revision "k", get "seen"];', 7, [version, revision, 7], { seen: 7 }))
    expect(anomalies(story(1, 7))).toEqual([])
    expect(anomalies(story(0, 7))).toEqual(['replay-mismatch'])
    expect(anomalies(story(1, 3))).toEqual(['replay-mismatch'])
  })

  test('of unknown programs are only guessed: what asks for them is not held against anybody', () => {
    const story = (asked: string, value: Json) =>
      new Story()
        .begin(1, { program: 'put "k" "u";' })
        .info(1)
        .run(0, told(`if get "k" == "u" { return ${asked}; }`, 5, value, { k: 'u' }))
        .run(0, told('put "z" 1;', 9))
    expect(anomalies(story('revision "k"', 2))).toEqual(['undecided'])
    expect(anomalies(story('version "k"', 0))).toEqual([])
    expect(anomalies(story('version "k"', 1))).toEqual(['replay-mismatch'])
  })
})

test('a state that is taken back shows what it showed', () => {
  const state = new State()
  const written = (value: string | null) => ({ value, version: 0 })
  state.apply(
    new Map([
      ['b', written('1')],
      ['a', written('2')],
    ]),
    1,
  )
  const { moment } = state
  state.apply(
    new Map([
      ['a', written(null)],
      ['c', written('3')],
    ]),
    2,
  )
  const keys = () => state.scan('', '').map(([key, { value }]) => [key, value])
  expect(keys()).toEqual([
    ['a', null],
    ['b', '1'],
    ['c', '3'],
  ])
  expect(state.scan('', 'a').map(([key]) => key)).toEqual(['b', 'c'])
  state.backTo(moment)
  expect(keys()).toEqual([
    ['a', '2'],
    ['b', '1'],
  ])
})
