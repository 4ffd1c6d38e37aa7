import { describe, expect, test } from 'vitest'
import { HistoryError, historyOf, parseHistory } from './history.ts'
import { does, Story } from './testing/story.ts'

describe('a history', () => {
  test('is told in lines of JSON, in the order in which they happened', () => {
    const text = [
      '{"process":0,"type":"invoke","time":1,"workload":"w","ops":[["r","x",null],["append","x",7]]}',
      '{"process":"p","type":"invoke","time":2,"program":"get $k;","parameters":{"k":"x"}}',
      '',
      '{"process":0,"type":"ok","time":3,"ops":[["r","x",[3]],["append","x",7]],"revision":9}',
      '{"process":"p","type":"info","time":4}',
      '{"type":"end","replicas":[{"node":"a","slot":1,"hash":"f"}],"reads":{"x":[3,7]}}',
    ].join('\n')
    expect(parseHistory(text)).toEqual({
      operations: [
        {
          index: 0,
          line: 1,
          process: 0,
          workload: 'w',
          invoked: 1,
          completed: 4,
          outcome: 'committed',
          ops: [
            ['r', 'x', [3]],
            ['append', 'x', 7],
          ],
          sees: true,
          program: null,
          answer: { revision: 9 },
        },
        {
          index: 1,
          line: 2,
          process: 'p',
          workload: null,
          invoked: 2,
          completed: Number.POSITIVE_INFINITY,
          outcome: 'unknown',
          ops: [],
          sees: false,
          program: { text: 'get $k;', parameters: { k: 'x' } },
          answer: {},
        },
      ],
      end: { type: 'end', replicas: [{ node: 'a', slot: 1, hash: 'f' }], reads: { x: [3, 7] } },
    })
  })

  test('knows four outcomes, and an operation that it leaves open is unknown', () => {
    const ended = (status: 'committed' | 'aborted' | 'error') => ({ ...does(['w', 'x', 1]), answer: { status } })
    const story = new Story()
      .run(0, ended('committed'))
      .run(0, ended('aborted'))
      .run(0, ended('error'))
      .begin(0, does(['w', 'x', 1]))
      .fail(0)
      .begin(0, does(['w', 'x', 1]))
      .info(0)
      .begin(1, does(['w', 'x', 1]))
    const outcomes = story.history().operations.map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['committed', 'aborted', 'refused', 'refused', 'unknown', 'unknown'])
  })

  const invoke = '{"process":0,"type":"invoke","ops":[["append","x",1]]}'
  const ok = '{"process":0,"type":"ok","ops":[["append","x",1]]}'
  test.each<[string, readonly string[], string]>([
    ['no JSON', [invoke, 'ok'], 'line 2 is not JSON'],
    ['no object', ['[]'], 'line 1 is not an object'],
    ['an unknown type', ['{"process":0,"type":"done"}'], 'line 1 has the type "done", not invoke'],
    ['no process', ['{"type":"invoke"}'], 'line 1 has no process'],
    ['a strange time', ['{"process":0,"type":"invoke","time":"noon"}'], 'line 1 has a time that is no number'],
    ['strange ops', ['{"process":0,"type":"invoke","ops":[["inc","x",1]]}'], 'line 1 has ops that are not'],
    ['a strange program', ['{"process":0,"type":"invoke","program":1}'], 'line 1 has a program that is no string'],
    ['strange parameters', ['{"process":0,"type":"invoke","parameters":[]}'], 'line 1 has parameters that are no'],
    ['a strange status', [invoke, '{"process":0,"type":"ok","status":"x"}'], 'line 2 has the status "x"'],
    ['a strange revision', [invoke, '{"process":0,"type":"ok","revision":1.5}'], 'line 2 has a revision that is no'],
    ['strange replicas', ['{"type":"end","replicas":[1]}'], 'line 1 has replicas that are not a list'],
    ['an ok without an invoke', [ok], 'line 1 completes an operation that process 0 has not invoked'],
    ['two ends', [invoke, ok, ok], 'line 3 completes an operation that process 0 has not invoked'],
    ['two open operations', [invoke, invoke], 'line 2 invokes while an operation of process 0 is open'],
    ['a process after info', [invoke, '{"process":0,"type":"info"}', invoke], 'line 3 uses process 0 again'],
    ['other ops', [invoke, '{"process":0,"type":"ok","ops":[["append","x",2]]}'], 'line 2 completes other ops'],
    ['an element twice', [invoke, ok, invoke], 'line 3 appends 1 to "x" a second time'],
    ['a key of two kinds', [invoke, ok, '{"process":0,"type":"invoke","ops":[["w","x",1]]}'], 'line 3 uses "x" as a'],
    ['more behind its end', [invoke, ok, '{"type":"end"}', ok], 'line 4 follows the end'],
  ])('with %s is refused, naming the line', (_name, lines, sentence) => {
    expect(() => parseHistory(lines.join('\n'))).toThrow(HistoryError)
    expect(() => parseHistory(lines.join('\n'))).toThrow(sentence)
  })

  test('can be given as events, too', () => {
    const { events } = new Story().run(0, does(['w', 'x', 1], ['r', 'x', 1], ['cas', 'x', [1, 2], true]))
    expect(historyOf(events)).toEqual(parseHistory(events.map((event) => JSON.stringify(event)).join('\n')))
  })
})
