import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, DecreeError, type Result } from '../../client/index.ts'
import { historyOf, parseHistory } from '../check/history.ts'
import type { Call } from '../workload/index.ts'
import { longestGapMs } from './availability.ts'
import { Recorder, unmarked } from './recorder.ts'

const WRITE: Call = { workload: 'w', program: 'put "k" 1;', parameters: {}, ops: null, done: () => null }
const READ: Call = { workload: 'w', program: 'get "k";', parameters: {}, ops: null, done: () => null }

/** A connection on which every call ends like this. */
function ending(how: Result | DecreeError): Database {
  const run = () => (how instanceof DecreeError ? Promise.reject(how) : Promise.resolve(how))
  return { run } as unknown as Database
}

const COMMITTED = ending({ status: 'committed', revision: 7n, reads: new Map([['k', 1]]), value: null, complete: true })
const REFUSED = ending(new DecreeError('timeout', 'never sent'))
const UNKNOWN = ending(new DecreeError('timeout', 'no answer', { outcome: 'unknown' }))

describe('what is recorded', () => {
  let directory: string
  let file: string
  let recorder: Recorder

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-recorder-'))
    file = join(directory, 'history.jsonl')
    recorder = new Recorder(file)
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  const outcomes = () => historyOf(recorder.events).operations.map(({ outcome }) => outcome)

  it('is in the file what it is in memory', async () => {
    await recorder.run(COMMITTED, 'a', READ, 1_000)
    await recorder.run(REFUSED, 'a', WRITE, 1_000)
    recorder.end([{ node: 'n', slot: 1, hash: 'h' }], {})
    recorder.close()
    expect(parseHistory(readFileSync(file, 'utf8'))).toEqual(historyOf(recorder.events))
    expect(outcomes()).toEqual(['committed', 'refused'])
    expect(recorder.counts).toEqual({ calls: 2, committed: 1, refused: 1, unknown: 0 })
  })

  it('says of unknown calls what the marks on a disk say', async () => {
    for (const process of ['a', 'b']) await recorder.run(UNKNOWN, process, WRITE, 1_000)
    expect(outcomes()).toEqual(['unknown', 'unknown'])
    const [first] = historyOf(recorder.events).operations
    recorder.settle((key) => (key === first?.program?.parameters.mark ? 12 : undefined))
    recorder.close()
    expect(outcomes()).toEqual(['committed', 'refused'])
    expect(historyOf(recorder.events).operations[0]?.answer.revision).toBe(12)
  })

  it('leaves open for ever what no disk was asked about', async () => {
    await recorder.run(UNKNOWN, 'a', WRITE, 1_000)
    recorder.close()
    expect(recorder.events.at(-1)).toMatchObject({ process: 'a', type: 'info', code: 'timeout' })
  })

  it('marks programs that write, and only them', async () => {
    await recorder.run(COMMITTED, 'a', WRITE, 1_000)
    await recorder.run(COMMITTED, 'a', READ, 1_000)
    const texts = historyOf(recorder.events).operations.map(({ program }) => program?.text ?? '')
    expect(texts).toEqual(['put $mark true; put "k" 1;', 'get "k";'])
    expect(texts.map(unmarked)).toEqual([WRITE.program, READ.program])
  })

  it('tells of answers that no storm explains', async () => {
    await recorder.run(ending(new DecreeError('session_expired', 'gone')), 'a', WRITE, 1_000)
    await recorder.run(ending({ status: 'aborted', value: null, reads: new Map() }), 'a', WRITE, 1_000)
    expect(recorder.problems).toEqual([
      expect.stringContaining('session_expired'),
      expect.stringContaining('answered as aborted'),
    ])
  })
})

describe('the longest time without a commit', () => {
  it.each([
    [[], 10],
    [[15], 5],
    [[11, 12, 18], 6],
    [[1, 11, 25], 9],
  ])('with commits at %j is %d between 10 and 20', (commits, expected) => {
    expect(longestGapMs(commits, 10, 20)).toBe(expected)
  })
})
