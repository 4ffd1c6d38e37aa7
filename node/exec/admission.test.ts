import { describe, expect, test } from 'vitest'
import { LoneCluster, type Sent } from './testing/lone-cluster.ts'

const typesOf = (sent: readonly Sent[]) =>
  sent.map(({ responses }) => responses.map((response) => (response.type === 'failed' ? response.code : response.type)))

/** Sends so many, each of a session of its own, at one time. */
function crowd(cluster: LoneCluster, name: string, count: number, timeoutMs = 60_000): readonly Sent[] {
  const deadlineMs = cluster.nowMs + timeoutMs
  return Array.from({ length: count }, (_, n) => cluster.run(`l${name}${n}`, 1, 'append k x', { deadlineMs }))
}

/** A decree, which has taken so long. */
function decreeAfter(cluster: LoneCluster, ms: number): void {
  cluster.nowMs += ms
  cluster.executor.expire(cluster.nowMs)
  cluster.decree()
}

describe('a request that cannot be answered in time', () => {
  test('is refused at once, without effect, with the time after which it may come again', () => {
    const cluster = new LoneCluster().lead()
    crowd(cluster, 'first', 100)
    decreeAfter(cluster, 200)
    // What is under way was answered in 2 ms each.
    const second = crowd(cluster, 'second', 100)
    const refused = cluster.run('ls', 1, 'append k y', { deadlineMs: cluster.nowMs + 399 })
    const taken = cluster.run('lt', 1, 'append k z', { deadlineMs: cluster.nowMs + 400 })
    expect(refused.responses).toMatchObject([
      { type: 'failed', code: 'overloaded', outcome: 'none', retryAfterMs: 200 },
    ])
    expect(refused.responses[0]).toMatchObject({
      message: 'the requests before it take about 200 ms; try again in 200 ms',
    })
    decreeAfter(cluster, 1)
    expect(typesOf([...second.slice(0, 1), taken])).toEqual([['committed'], ['committed']])
    expect(cluster.view.get('k')?.value).toBe(`${'x'.repeat(200)}z`)
    const again = cluster.run('ls', 1, 'append k y')
    decreeAfter(cluster, 1)
    expect(typesOf([again])).toEqual([['committed']])
  })

  test('is let in where nothing is under way, whatever took long before', () => {
    const cluster = new LoneCluster().lead()
    crowd(cluster, 'first', 3)
    decreeAfter(cluster, 30_000)
    const only = cluster.run('l1', 1, 'append k y', { deadlineMs: cluster.nowMs + 50 })
    const next = cluster.run('l2', 1, 'append k y', { deadlineMs: cluster.nowMs + 50 })
    decreeAfter(cluster, 1)
    expect(typesOf([only, next])).toEqual([['committed'], ['overloaded']])
  })

  test('is let in when few took long: many may share their decree', () => {
    const cluster = new LoneCluster().lead()
    crowd(cluster, 'first', 1)
    decreeAfter(cluster, 300)
    const many = crowd(cluster, 'many', 2_000, 700)
    expect(typesOf(many).flat()).toEqual([])
  })

  test('is not refused by a node that has just begun to lead', () => {
    const cluster = new LoneCluster().lead()
    crowd(cluster, 'first', 100)
    decreeAfter(cluster, 30_000)
    cluster.leadAgain(true)
    expect(typesOf(crowd(cluster, 'second', 100, 50)).flat()).toEqual([])
  })

  test('may be a read, and reads are counted', () => {
    const cluster = new LoneCluster().lead()
    const reads = (): readonly Sent[] =>
      Array.from({ length: 50 }, () => cluster.run('', 1, 'get k', { deadlineMs: cluster.nowMs + 500 }))
    const first = reads()
    const round = cluster.startRound()
    cluster.nowMs += 500
    cluster.executor.expire(cluster.nowMs)
    cluster.executor.confirmed(round)
    expect(typesOf(first).flat()).toEqual(Array(50).fill('committed'))
    // 10 ms each: the 27th would be answered when more than half of its time is over.
    expect(typesOf(reads()).filter(([type]) => type === 'overloaded')).toHaveLength(24)
  })
})

describe('a request that would wait too long to be executed', () => {
  /** A leader behind which two dozen requests wait, and that answers two in 40 ms. */
  function behind(waitMsMax: number): LoneCluster {
    const cluster = new LoneCluster({ waitMsMax, turnCostMax: 5 }).lead()
    crowd(cluster, 'first', 31)
    for (let n = 0; n < 3; n += 1) {
      cluster.executor.turn(cluster.nowMs)
      decreeAfter(cluster, 40)
    }
    return cluster
  }

  test('is refused, however much time it has', () => {
    const strict = behind(100)
    expect(typesOf(crowd(strict, 'late', 1))).toEqual([['overloaded']])
    const patient = behind(1_000)
    expect(typesOf(crowd(patient, 'late', 1))).toEqual([[]])
  })

  test('is not refused because others of another session wait', () => {
    const cluster = new LoneCluster({ waitMsMax: 100, turnCostMax: 5 }).lead()
    for (let number = 1; number <= 20; number += 1) cluster.run('l1', number, 'append k x', { deadlineMs: 60_000 })
    for (let n = 0; n < 4; n += 1) {
      cluster.executor.turn(cluster.nowMs)
      decreeAfter(cluster, 40)
    }
    const own = cluster.run('l1', 21, 'append k x', { deadlineMs: 60_000 })
    const other = cluster.run('l2', 1, 'append k y', { deadlineMs: 60_000 })
    expect(typesOf([own, other])).toEqual([['overloaded'], []])
    for (let n = 0; n < 3; n += 1) {
      cluster.executor.turn(cluster.nowMs)
      if (cluster.executor.hasBatch) decreeAfter(cluster, 40)
    }
    expect(typesOf([other])).toEqual([['committed']])
  })
})

test('a session that sends without end leaves room for others', () => {
  const cluster = new LoneCluster({ queueMax: 10 })
  cluster.executor.candidate()
  const many = Array.from({ length: 20 }, (_, index) => cluster.run('l1', index + 1, 'append k x'))
  const one = cluster.run('l2', 1, 'append k y')
  expect(typesOf(many).filter(([type]) => type === 'overloaded')).toHaveLength(15)
  cluster.lead().decree()
  expect(typesOf([one])).toEqual([['committed']])
  expect(cluster.view.get('k')?.value).toBe('xyxxxx')
})
