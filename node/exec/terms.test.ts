import { expect, test } from 'vitest'
import type { Response } from './requests.ts'
import { LoneCluster } from './testing/lone-cluster.ts'

const LEADER = { id: '00000000000000aa', address: '127.0.0.2:50051' }

function committed(revision: number, reads: Record<string, string> = {}, value: string | null = null): Response {
  return { type: 'committed', revision, reads: new Map(Object.entries(reads)), value, complete: true }
}

const redirect = (proposed: boolean, leader: typeof LEADER | null = null) => ({ type: 'redirect', leader, proposed })

test('a candidate lets requests wait; as a leader it executes them, as a follower it redirects them', () => {
  const winner = new LoneCluster()
  winner.executor.candidate()
  const first = winner.run('l1', 1, 'put a A')
  const second = winner.run('l2', 1, 'get a; append a B')
  winner.lead()
  winner.decree()
  expect(first.responses).toEqual([committed(1)])
  expect(second.responses).toEqual([committed(2, { a: 'A' })])

  const loser = new LoneCluster()
  loser.executor.candidate()
  const waiting = loser.run('l1', 1, 'put a A')
  loser.executor.deposed(LEADER)
  expect(waiting.responses).toEqual([redirect(false, LEADER)])
})

test('nothing is answered, and nothing proposed, before the re-proposed slot is chosen', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a A')
  cluster.decree()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  cluster.leadAgain(true)
  const merged = cluster.run('l1', 1, 'put a A')
  const inFlight = cluster.run('l2', 1, 'append a B')
  const fresh = cluster.run('l3', 1, 'get a; append a C')
  const read = cluster.run('l4', 1, 'get a')
  const unknown = cluster.run('s99', 1, 'put a Z')
  cluster.confirm()
  expect(cluster.executor.hasBatch).toBe(false)
  expect(cluster.executor.wantsRound).toBe(false)
  for (const { responses } of [merged, inFlight, fresh, read, unknown]) expect(responses).toEqual([])
  cluster.choose()
  expect(merged.responses).toEqual([committed(1)])
  expect(inFlight.responses).toEqual([committed(2)])
  expect(fresh.responses).toEqual([])
  cluster.decree()
  expect(fresh.responses).toEqual([committed(3, { a: 'AB' })])
  expect(read.responses).toEqual([committed(3, { a: 'ABC' })])
  expect(unknown.responses).toMatchObject([{ code: 'session_expired', outcome: 'unknown' }])
})

test('with nothing to re-propose, `established` is awaited all the same', () => {
  const cluster = new LoneCluster()
  cluster.executor.leading(1, null)
  const read = cluster.run('l1', 1, 'get a')
  cluster.confirm()
  expect(read.responses).toEqual([])
  const write = cluster.run('l2', 1, 'put a A')
  expect(cluster.executor.hasBatch).toBe(false)
  cluster.executor.established()
  expect(read.responses).toEqual([committed(0)])
  cluster.decree()
  expect(write.responses).toEqual([committed(1)])
})

test('`established` may be reported before the choice of the re-proposed slot, or after it, or instead of it', () => {
  for (const reports of [['established', 'chosen'], ['chosen', 'established'], ['established'], ['chosen']]) {
    const cluster = new LoneCluster().lead()
    cluster.run('l1', 1, 'put a A')
    cluster.propose()
    cluster.leadAgain(true)
    const sent = cluster.run('l1', 1, 'put a A')
    for (const report of reports) {
      if (report === 'established') cluster.executor.established()
      else cluster.executor.chosen(1)
    }
    expect(sent.responses).toEqual([committed(1)])
  }
})

test('a re-proposed decree that the view holds already changes nothing twice', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'append a A')
  cluster.propose()
  const body = cluster.inFlight
  cluster.choose()
  cluster.mergeAll()
  cluster.executor.deposed(null)
  cluster.executor.leading(1, body)
  cluster.executor.established()
  const sent = cluster.run('l2', 1, 'get a; append a B')
  cluster.decree()
  expect(sent.responses).toEqual([committed(2, { a: 'A' })])
})

test('an empty re-proposed body changes nothing', () => {
  const cluster = new LoneCluster()
  cluster.executor.leading(1, new Uint8Array())
  cluster.executor.established()
  cluster.slot = 1
  const sent = cluster.run('l1', 1, 'put a A')
  cluster.decree()
  expect(sent.responses).toEqual([committed(1)])
})

test('who is deposed redirects, and says whether the request may have been executed', () => {
  const cluster = new LoneCluster({ batchBytesMax: 2_000 }).lead()
  const proposed = cluster.run('l1', 1, 'put a A')
  cluster.propose()
  const again = cluster.run('l1', 1, 'put a A')
  const built = cluster.run('l2', 1, 'put b B; large 1500')
  const queued = cluster.run('l3', 1, 'put c C; large 1500')
  const read = cluster.run('l4', 1, 'get a')
  cluster.executor.deposed(LEADER)
  expect(proposed.responses).toEqual([redirect(true, LEADER)])
  expect(again.responses).toEqual([redirect(true, LEADER)])
  for (const { responses } of [built, queued, read]) expect(responses).toEqual([redirect(false, LEADER)])
})

test('what was executed on a lost layer is forgotten with it', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a lost')
  cluster.propose()
  cluster.run('l2', 1, 'append a more')
  cluster.leadAgain(false)
  const sent = cluster.run('l1', 1, 'get a; put a A')
  cluster.decree()
  expect(sent.responses).toEqual([committed(1)])
  expect(cluster.view.get('a')).toMatchObject({ value: 'A', version: 0, revision: 1 })
})

test('reports that contradict each other are faults of ours and are not believed', () => {
  const cluster = new LoneCluster().lead()
  expect(() => cluster.executor.proposed(1)).toThrow('slot 1 was proposed')
  expect(() => cluster.executor.chosen(1)).toThrow('slot 1 was chosen')
  cluster.run('l1', 1, 'put a A')
  cluster.executor.takeBatch()
  expect(() => cluster.executor.chosen(1)).toThrow('slot 1 was chosen')
  cluster.executor.proposed(1)
  expect(() => cluster.executor.chosen(2)).toThrow('slot 2 was chosen')
})
