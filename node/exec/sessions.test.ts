import { expect, test } from 'vitest'
import { LoneCluster } from './testing/lone-cluster.ts'

test('a session is named by the revision that opened it', () => {
  const cluster = new LoneCluster().lead()
  const first = cluster.open()
  const second = cluster.open()
  expect(first.responses).toEqual([])
  cluster.decree()
  expect(first.responses).toEqual([{ type: 'opened', session: 1 }])
  expect(second.responses).toEqual([{ type: 'opened', session: 2 }])
  const sent = cluster.run('s2', 1, 'put a A')
  cluster.decree()
  expect(sent.responses).toMatchObject([{ type: 'committed', revision: 3 }])
})

test('a retry in the batch being built gets the one result', () => {
  const cluster = new LoneCluster().lead()
  const sent = [cluster.run('l1', 1, 'append a x'), cluster.run('l1', 1, 'append a x')]
  cluster.propose()
  for (const { responses } of sent) expect(responses).toEqual([])
  cluster.choose()
  cluster.mergeAll()
  for (const { responses } of sent) expect(responses).toMatchObject([{ type: 'committed', revision: 1 }])
  expect(cluster.view.get('a')?.value).toBe('x')
})

test('a retry of a request in flight is answered when its slot is chosen', () => {
  const cluster = new LoneCluster().lead()
  const first = cluster.run('l1', 1, 'append a x')
  cluster.propose()
  const second = cluster.run('l1', 1, 'append a x')
  expect(cluster.executor.hasBatch).toBe(false)
  cluster.choose()
  expect(second.responses).toEqual(first.responses)
})

test('a retry of a request in a re-proposed decree is not executed again', () => {
  const cluster = new LoneCluster().lead()
  const first = cluster.run('l1', 1, 'append a x')
  cluster.propose()
  cluster.leadAgain(true)
  expect(first.responses).toEqual([{ type: 'redirect', leader: null, proposed: true }])
  const second = cluster.run('l1', 1, 'append a x')
  expect(second.responses).toEqual([])
  cluster.choose()
  cluster.mergeAll()
  expect(second.responses).toMatchObject([{ type: 'committed', revision: 1 }])
  expect(cluster.view.get('a')?.value).toBe('x')
})

test('a retry of a chosen request is answered at once, merged or not, without a round', () => {
  const cluster = new LoneCluster().lead()
  const first = cluster.run('l1', 1, 'get a; append a x; return done')
  cluster.propose()
  cluster.choose()
  expect(cluster.run('l1', 1, 'get a; append a x; return done').responses).toEqual(first.responses)
  cluster.mergeAll()
  expect(cluster.run('l1', 1, 'get a; append a x; return done').responses).toEqual(first.responses)
  expect(cluster.executor.hasBatch).toBe(false)
})

test('a retry of a request whose decree was lost is executed', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'append a x')
  cluster.propose()
  cluster.leadAgain(false)
  const again = cluster.run('l1', 1, 'append a x')
  cluster.decree()
  expect(again.responses).toMatchObject([{ type: 'committed', revision: 1 }])
  expect(cluster.view.get('a')?.value).toBe('x')
})

test('an aborted request stays aborted, though it would not abort now', () => {
  const cluster = new LoneCluster().lead()
  const first = cluster.run('l1', 1, 'get a; abort no; put a A')
  cluster.decree()
  cluster.run('l2', 1, 'put a B')
  cluster.decree()
  expect(cluster.run('l1', 1, 'get a; abort no; put a A').responses).toEqual(first.responses)
})

test('what is acknowledged is forgotten, and never executed again', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  for (const number of [1, 2, 3]) cluster.run(session, number, 'append a x')
  cluster.decree()
  cluster.run(session, 4, 'append a x', { acked: 3 })
  const inBuilding = cluster.run(session, 5, 'append a x')
  cluster.decree()
  expect(inBuilding.responses).toMatchObject([{ type: 'committed' }])
  expect([...(cluster.view.session(session)?.results.keys() ?? [])]).toEqual([3, 4, 5])
  const late = cluster.run(session, 2, 'append a x')
  expect(late.responses).toEqual([])
  cluster.confirm()
  expect(late.responses).toMatchObject([{ type: 'failed', code: 'settled', outcome: 'unknown' }])
  expect(cluster.view.get('a')?.value).toBe('xxxxx')
})

test('a request counts as not settled though its client says so too early', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.run(session, 1, 'append a x', { acked: 7 })
  cluster.decree()
  const again = cluster.run(session, 1, 'append a x', { acked: 7 })
  expect(again.responses).toMatchObject([{ type: 'committed' }])
  expect(cluster.view.get('a')?.value).toBe('x')
})

test('a request of an unknown session is refused like a read, after a round', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('s77', 1, 'put a A')
  expect(sent.responses).toEqual([])
  expect(cluster.executor.wantsRound).toBe(true)
  cluster.confirm()
  expect(sent.responses).toMatchObject([{ code: 'session_expired', outcome: 'unknown' }])
  expect(cluster.executor.hasBatch).toBe(false)
})

test('a refusal waits for the layer that it rests on, and is redirected when that is lost', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.run(session, 5, 'put a A', { acked: 5 })
  cluster.propose()
  const settled = cluster.run(session, 2, 'put a B')
  cluster.confirm()
  expect(settled.responses).toEqual([])
  cluster.executor.deposed(null)
  expect(settled.responses).toEqual([{ type: 'redirect', leader: null, proposed: false }])
})

test('the outcome of a request is its recorded result', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  const sent = cluster.run(session, 1, 'put a A; return done')
  const early = cluster.outcome(session, 1)
  cluster.decree()
  expect(early.responses).toEqual(sent.responses)
  expect(cluster.outcome(session, 1).responses).toEqual(sent.responses)
})

test('asking for the outcome of a request that has not run settles that it never will', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  const asked = cluster.outcome(session, 1)
  expect(asked.responses).toEqual([])
  cluster.decree()
  expect(asked.responses).toMatchObject([{ code: 'cancelled', outcome: 'none' }])
  expect(cluster.run(session, 1, 'put a A').responses).toEqual(asked.responses)
  expect(cluster.outcome(session, 1).responses).toEqual(asked.responses)
  expect(cluster.view.get('a')).toBeUndefined()
})

test('the outcome of a settled request, or of one in an unknown session, is not known', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.run(session, 5, 'put a A', { acked: 5 })
  cluster.decree()
  const settled = cluster.outcome(session, 2)
  const unknown = cluster.outcome('s77', 2)
  cluster.confirm()
  expect(settled.responses).toMatchObject([{ code: 'settled', outcome: 'unknown' }])
  expect(unknown.responses).toMatchObject([{ code: 'session_expired', outcome: 'unknown' }])
})

test('a result that is too large is given whole once, and later without its values', () => {
  const cluster = new LoneCluster({ resultBytesMax: 1_000 }).lead()
  const text = 'get a; put a A; large 2000'
  const aborting = `get a; put a A; abort ${'n'.repeat(2_000)}`
  const sent = [cluster.run('l1', 1, text), cluster.run('l2', 1, aborting)]
  cluster.decree()
  expect(sent[0]?.responses).toMatchObject([{ type: 'committed', value: 'x'.repeat(2_000), complete: true }])
  expect(sent[1]?.responses).toMatchObject([{ type: 'aborted', value: 'n'.repeat(2_000) }])
  expect(cluster.run('l1', 1, text).responses).toEqual([
    { type: 'committed', revision: 1, reads: new Map(), value: null, complete: false },
  ])
  expect(cluster.run('l2', 1, aborting).responses).toEqual([{ type: 'aborted', value: null, reads: new Map() }])
})

test('idle sessions are dropped by later batches: an hour for opened ones, ten minutes for those of one request', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.run('l1', 1, 'append a x')
  cluster.run('x1', 1, 'append a x')
  cluster.decree()
  cluster.wallClockMs += 600_001
  cluster.run('l2', 1, 'put b B')
  cluster.decree()
  expect(cluster.view.session('l1')?.dropped).toBe(true)
  expect(cluster.view.session('x1')?.dropped).toBe(true)
  expect(cluster.view.session(session)?.dropped).toBe(false)
  cluster.wallClockMs += 3_600_000
  cluster.run('l3', 1, 'put b B')
  cluster.decree()
  expect(cluster.view.session(session)?.dropped).toBe(true)
  const expired = cluster.run(session, 1, 'put b B')
  cluster.confirm()
  expect(expired.responses).toMatchObject([{ code: 'session_expired' }])
  // A one-request session begins anew: a copy that comes so late runs again.
  const late = cluster.run('l1', 1, 'append a x')
  cluster.decree()
  expect(late.responses).toMatchObject([{ type: 'committed' }])
  expect(cluster.view.get('a')?.value).toBe('xxx')
})

test('a session that is used is not dropped, in whichever layer its use is', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.wallClockMs += 3_600_001
  cluster.run(session, 1, 'append a x')
  cluster.propose()
  cluster.choose()
  cluster.run('l1', 1, 'put b B')
  cluster.propose()
  cluster.choose()
  cluster.mergeAll()
  expect(cluster.view.session(session)).toMatchObject({ dropped: false })
  const again = cluster.run(session, 1, 'append a x')
  expect(again.responses).toMatchObject([{ type: 'committed' }])
})

test('a session dropped in a layer is unknown at once', () => {
  const cluster = new LoneCluster().lead()
  const session = cluster.opened()
  cluster.wallClockMs += 3_600_001
  cluster.run('l1', 1, 'put b B')
  cluster.propose()
  const sent = cluster.run(session, 1, 'put a A')
  cluster.choose()
  cluster.confirm()
  expect(sent.responses).toMatchObject([{ code: 'session_expired' }])
})

test('one batch drops a bounded number of sessions', () => {
  const cluster = new LoneCluster({ dropsMax: 3 }).lead()
  for (let count = 0; count < 5; count++) cluster.run(`l${count}`, 1, 'put a A')
  cluster.decree()
  cluster.wallClockMs += 600_001
  const dropped = () => [...cluster.view.sessions.values()].filter((session) => session.dropped).length
  cluster.run('m1', 1, 'put a A')
  cluster.decree()
  expect(dropped()).toBe(3)
  cluster.run('m2', 1, 'put a A')
  cluster.decree()
  expect(dropped()).toBe(5)
})

/** Session `s1` holds as many results as it may, two of them. */
function fullSession(): LoneCluster {
  const cluster = new LoneCluster({ sessionResultsMax: 2 }).lead()
  cluster.open()
  cluster.decree()
  cluster.run('s1', 1, 'put a A')
  cluster.run('s1', 2, 'put a B')
  return cluster
}

test('a session that holds too many results is told so, like a read, until its client settles some', () => {
  const cluster = fullSession()
  const third = cluster.run('s1', 3, 'put a C')
  expect(third.responses).toEqual([])
  cluster.decree()
  expect(third.responses).toMatchObject([{ type: 'failed', code: 'overloaded', outcome: 'none' }])
  expect(cluster.view.get('a')?.value).toBe('B')
})

test('a session that holds too many results still takes its oldest request, for whose sake they are held', () => {
  const cluster = new LoneCluster({ sessionResultsMax: 2 }).lead()
  cluster.open()
  cluster.decree()
  cluster.run('s1', 2, 'put a A', { acked: 1 })
  cluster.run('s1', 3, 'put a B', { acked: 1 })
  const [next, oldest] = [cluster.run('s1', 4, 'put a C', { acked: 1 }), cluster.run('s1', 1, 'put a D', { acked: 1 })]
  cluster.decree()
  expect(next.responses).toMatchObject([{ type: 'failed', code: 'overloaded', outcome: 'none' }])
  expect(oldest.responses).toMatchObject([{ type: 'committed' }])
})

test('a session that holds too many results may still ask how requests ended, for as many again', () => {
  const cluster = fullSession()
  const asked = [4, 5, 6].map((number) => cluster.outcome('s1', number))
  cluster.decree()
  const codes = asked.map(({ responses: [response] }) => response?.type === 'failed' && response.code)
  expect(codes).toEqual(['cancelled', 'cancelled', 'overloaded'])
})

test('beyond the bytes that a session may hold, results are kept without their values', () => {
  const cluster = new LoneCluster({ sessionBytesMax: 600 }).lead()
  cluster.open()
  cluster.decree()
  const long = 'x'.repeat(500)
  cluster.run('s1', 1, `put a ${long}`)
  cluster.decree()
  const whole = cluster.run('s1', 2, 'get a; put b B')
  cluster.decree()
  const short = cluster.run('s1', 3, 'get a; put c C')
  cluster.decree()
  for (const { responses } of [whole, short]) expect(responses).toMatchObject([{ complete: true }])
  expect(cluster.run('s1', 2, 'get a; put b B').responses).toEqual(whole.responses)
  expect(cluster.run('s1', 3, 'get a; put c C').responses).toMatchObject([{ complete: false, revision: 4 }])
})
