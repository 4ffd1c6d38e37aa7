import { expect, test } from 'vitest'
import { decodePatch } from '../store/index.ts'
import type { Response } from './requests.ts'
import { LoneCluster } from './testing/lone-cluster.ts'

const LEADER = { id: '00000000000000aa', address: '127.0.0.2:50051' }

function committed(revision: number, reads: Record<string, string> = {}, value: string | null = null): Response {
  return { type: 'committed', revision, reads: new Map(Object.entries(reads)), value, complete: true }
}

const redirect = (proposed: boolean, leader: typeof LEADER | null = null) => ({ type: 'redirect', leader, proposed })

test('a write is answered when its decree is chosen, and not before', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('l1', 1, 'put a A')
  expect(sent.responses).toEqual([])
  cluster.propose()
  expect(sent.responses).toEqual([])
  cluster.choose()
  expect(sent.responses).toEqual([committed(1)])
  cluster.mergeAll()
  expect(cluster.view.get('a')).toEqual({ slot: 1, revision: 1, version: 0, value: 'A' })
})

test('programs see what earlier ones wrote in every layer below them', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a A')
  cluster.decree()
  cluster.run('l2', 1, 'append a B; put b 1')
  cluster.propose()
  const third = cluster.run('l3', 1, 'get a; append a C')
  cluster.choose()
  cluster.propose()
  const fourth = cluster.run('l4', 1, 'get a; get b; append a D')
  cluster.choose()
  cluster.decree()
  expect(third.responses).toEqual([committed(3, { a: 'AB' })])
  expect(fourth.responses).toEqual([committed(4, { a: 'ABC', b: '1' })])
  expect(cluster.view.get('a')).toMatchObject({ value: 'ABCD', version: 3, revision: 4 })
})

test('layers are needed until the view has caught up, and not longer', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a A')
  cluster.propose()
  cluster.choose()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  cluster.choose()
  const behind = cluster.run('l3', 1, 'get a; put c C')
  cluster.mergeAll()
  const after = cluster.run('l4', 1, 'get a; put d D')
  cluster.decree()
  expect(behind.responses).toEqual([committed(3, { a: 'AB' })])
  expect(after.responses).toEqual([committed(4, { a: 'AB' })])
})

test('the layer of a slot that is not merged stays when the slot before it is', () => {
  const cluster = new LoneCluster().lead()
  for (const number of [1, 2]) {
    cluster.run('l1', number, 'append a x')
    cluster.propose()
    cluster.choose()
  }
  cluster.merge(1)
  cluster.run('l2', 1, 'append a y')
  cluster.decree()
  expect(cluster.view.get('a')?.value).toBe('xxy')
})

test('a transaction takes a revision only if it writes; the others have the one that they read at', () => {
  const cluster = new LoneCluster().lead()
  const sent = ['put a A', 'get a; abort no; put a B', 'put b B'].map((text, index) =>
    cluster.run(`l${index}`, 1, text),
  )
  cluster.decree()
  expect(sent.map(({ responses }) => responses)).toEqual([
    [committed(1)],
    [{ type: 'aborted', value: 'no', reads: new Map([['a', 'A']]) }],
    [committed(2)],
  ])
})

test('a delete is a tombstone, and a put after it begins at version 0', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a A')
  cluster.run('l2', 1, 'put a B')
  cluster.decree()
  cluster.run('l3', 1, 'delete a')
  cluster.decree()
  expect(cluster.view.get('a')).toEqual({ slot: 2, revision: 3, version: 0, value: null })
  cluster.run('l4', 1, 'put a C')
  cluster.decree()
  expect(cluster.view.get('a')).toMatchObject({ version: 0, value: 'C' })
})

test('a node that follows redirects at once, to the leader that it knows', () => {
  const cluster = new LoneCluster()
  expect(cluster.run('l1', 1, 'put a A').responses).toEqual([redirect(false)])
  cluster.executor.deposed(LEADER)
  expect(cluster.run('l1', 1, 'put a A').responses).toEqual([redirect(false, LEADER)])
})

test('errors that rest on no state are answered at once by who leads or tries to, and leave no record', () => {
  for (const prepare of [(c: LoneCluster) => c.executor.candidate(), (c: LoneCluster) => c.lead()]) {
    const cluster = new LoneCluster()
    prepare(cluster)
    expect(cluster.run('l1', 1, 'syntax').responses).toEqual([
      {
        type: 'failed',
        code: 'syntax_error',
        message: 'expected a statement',
        outcome: 'none',
        position: { line: 1, column: 1 },
      },
    ])
    expect(cluster.run('l1', 1, 'put a $v').responses).toMatchObject([{ code: 'missing_parameter', outcome: 'none' }])
    const parameters = new Map([['w', '1']])
    expect(cluster.run('l1', 1, 'put a A', { parameters }).responses).toMatchObject([{ code: 'unknown_parameter' }])
    expect(cluster.run('', 1, 'put a A').responses).toMatchObject([{ code: 'protocol_error', outcome: 'none' }])
    expect(cluster.executor.hasBatch).toBe(false)
  }
})

test('run-time errors and faults of programs that can write are recorded', () => {
  const cluster = new LoneCluster().lead()
  const failed = cluster.run('l1', 1, 'put a A; fail')
  const faulty = cluster.run('l2', 1, 'put a A; bug')
  const deep = cluster.run('l3', 1, 'put a A; deep')
  cluster.decree()
  expect(failed.responses).toMatchObject([{ code: 'type_error', outcome: 'none', position: { line: 1, column: 7 } }])
  expect(faulty.responses).toMatchObject([{ code: 'internal', outcome: 'none' }])
  expect(deep.responses).toMatchObject([{ code: 'limit_exceeded', outcome: 'none' }])
  expect(cluster.view.entries.size).toBe(0)
  expect(cluster.run('l1', 1, 'put a A; fail').responses).toEqual(failed.responses)
  expect(cluster.run('l2', 1, 'put a A; bug').responses).toEqual(faulty.responses)
})

test('parameters reach the program', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a $v', { parameters: new Map([['v', 'from outside']]) })
  cluster.decree()
  expect(cluster.view.get('a')?.value).toBe('from outside')
})

test('the time of decrees never goes back', () => {
  const cluster = new LoneCluster().lead()
  const times: number[] = []
  for (const wallClockMs of [500, 400, 600]) {
    cluster.wallClockMs = wallClockMs
    cluster.run(`l${wallClockMs}`, 1, 'put a A')
    cluster.propose()
    times.push(decodePatch(cluster.inFlight ?? new Uint8Array()).timeMs)
    cluster.choose()
    cluster.mergeAll()
    cluster.leadAgain(true)
  }
  expect(times).toEqual([500, 500, 600])
})

test('an exception from a caller harms nobody else, and its response is not given twice', () => {
  const cluster = new LoneCluster().lead()
  let calls = 0
  const fault = new Error('from the caller')
  const request = { session: 'l1', number: 1, acked: 0, deadlineMs: 9_999 }
  cluster.executor.submit(
    { ...request, kind: { type: 'program', text: 'put a A', parameters: new Map() } },
    () => {
      calls += 1
      throw fault
    },
    cluster.nowMs,
  )
  const other = cluster.run('l2', 1, 'append a B')
  cluster.decree()
  cluster.leadAgain(true)
  expect(calls).toBe(1)
  expect(cluster.faults).toEqual([fault])
  expect(other.responses).toEqual([committed(2)])
})

test('an answer may bring the next request', () => {
  const cluster = new LoneCluster().lead()
  const responses: Response[] = []
  const send = (number: number): void => {
    const request = { session: 'l1', number, acked: 0, deadlineMs: 9_999 }
    cluster.executor.submit(
      { ...request, kind: { type: 'program', text: 'append a x', parameters: new Map() } },
      (response) => {
        responses.push(response)
        if (number < 3) send(number + 1)
      },
      cluster.nowMs,
    )
  }
  send(1)
  for (let count = 0; count < 3; count++) cluster.decree()
  expect(responses).toEqual([committed(1), committed(2), committed(3)])
  expect(cluster.view.get('a')?.value).toBe('xxx')
})
