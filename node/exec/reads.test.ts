import { expect, test } from 'vitest'
import { LoneCluster } from './testing/lone-cluster.ts'

const seen = (revision: number, reads: Record<string, string>) => [
  { type: 'committed', revision, reads: new Map(Object.entries(reads)), value: null, complete: true },
]

/** A leader whose merged state is a = A, at revision 1. */
function settled(): LoneCluster {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put a A')
  cluster.decree()
  return cluster
}

test('a read waits for a round that started after its arrival', () => {
  const cluster = settled()
  const before = cluster.startRound()
  const read = cluster.run('l2', 1, 'get a')
  expect(cluster.executor.hasBatch).toBe(false)
  expect(cluster.executor.wantsRound).toBe(true)
  cluster.executor.confirmed(before)
  expect(read.responses).toEqual([])
  const after = cluster.startRound()
  expect(cluster.executor.wantsRound).toBe(false)
  cluster.executor.confirmed(after)
  expect(read.responses).toEqual(seen(1, { a: 'A' }))
})

test('one round serves all reads that wait, and a later round stands for an earlier one', () => {
  const cluster = settled()
  const first = cluster.run('l2', 1, 'get a')
  cluster.startRound()
  const second = cluster.run('l3', 1, 'get a')
  expect(cluster.executor.wantsRound).toBe(true)
  const round = cluster.startRound()
  const third = cluster.run('l4', 1, 'get a')
  cluster.executor.confirmed(round)
  expect(first.responses).toHaveLength(1)
  expect(second.responses).toHaveLength(1)
  expect(third.responses).toEqual([])
  expect(cluster.executor.wantsRound).toBe(true)
})

test('a read that saw the layer in flight waits for its slot as well as for a round', () => {
  const cluster = settled()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  const confirmedFirst = cluster.run('l3', 1, 'get a')
  expect(cluster.executor.wantsRound).toBe(true)
  cluster.confirm()
  expect(confirmedFirst.responses).toEqual([])
  const chosenFirst = cluster.run('l4', 1, 'get a')
  cluster.choose()
  expect(confirmedFirst.responses).toEqual(seen(2, { a: 'AB' }))
  expect(chosenFirst.responses).toEqual([])
  cluster.confirm()
  expect(chosenFirst.responses).toEqual(seen(2, { a: 'AB' }))
})

test('the choice of a slot proposed after its arrival serves a read as a round does', () => {
  const cluster = settled()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  const read = cluster.run('l3', 1, 'get a')
  cluster.run('l4', 1, 'append a C')
  expect(cluster.executor.wantsRound).toBe(false)
  cluster.choose()
  expect(read.responses).toEqual([])
  cluster.propose()
  expect(cluster.executor.wantsRound).toBe(false)
  cluster.choose()
  expect(read.responses).toEqual(seen(2, { a: 'AB' }))
})

test('a read that saw the batch being built is answered when that is chosen, without a round', () => {
  const cluster = settled()
  const write = cluster.run('l2', 1, 'append a B')
  const read = cluster.run('l3', 1, 'get a')
  expect(cluster.executor.wantsRound).toBe(false)
  cluster.confirm()
  expect(read.responses).toEqual([])
  cluster.propose()
  expect(read.responses).toEqual([])
  cluster.choose()
  expect(write.responses).toHaveLength(1)
  expect(read.responses).toEqual(seen(2, { a: 'AB' }))
})

test('a read of a lost slot is redirected, and never answered from it', () => {
  const cluster = settled()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  const read = cluster.run('l3', 1, 'get a')
  const round = cluster.startRound()
  cluster.leadAgain(false)
  expect(read.responses).toEqual([{ type: 'redirect', leader: null, proposed: false }])
  cluster.executor.confirmed(round)
  const again = cluster.run('l3', 1, 'get a')
  cluster.confirm()
  expect(read.responses).toHaveLength(1)
  expect(again.responses).toEqual(seen(1, { a: 'A' }))
})

test('the choice of a re-proposed slot does not confirm a read', () => {
  const cluster = settled()
  cluster.run('l2', 1, 'append a B')
  cluster.propose()
  cluster.leadAgain(true)
  const read = cluster.run('l3', 1, 'get a')
  cluster.choose()
  expect(read.responses).toEqual([])
  expect(cluster.executor.wantsRound).toBe(true)
  cluster.confirm()
  expect(read.responses).toEqual(seen(2, { a: 'AB' }))
})

test('aborts and run-time errors of programs that cannot write wait like reads, and are not recorded', () => {
  const cluster = settled()
  const aborted = cluster.run('l2', 1, 'get a; abort no')
  const failed = cluster.run('l3', 1, 'get a; fail')
  const deep = cluster.run('l4', 1, 'deep')
  expect(cluster.executor.hasBatch).toBe(false)
  for (const { responses } of [aborted, failed, deep]) expect(responses).toEqual([])
  cluster.confirm()
  expect(aborted.responses).toEqual([{ type: 'aborted', value: 'no', reads: new Map([['a', 'A']]) }])
  expect(failed.responses).toMatchObject([{ code: 'type_error', outcome: 'none' }])
  expect(deep.responses).toMatchObject([{ code: 'limit_exceeded' }])
})

test('a read needs no session', () => {
  const cluster = settled()
  const reads = [cluster.run('', 1, 'get a'), cluster.run('s77', 1, 'get a')]
  cluster.confirm()
  for (const { responses } of reads) expect(responses).toEqual(seen(1, { a: 'A' }))
})

test('many reads are answered once each, in the order of their arrival', () => {
  const cluster = settled()
  const order: number[] = []
  for (let count = 0; count < 5_000; count++) {
    cluster.executor.submit(
      {
        session: '',
        number: count,
        acked: 0,
        deadlineMs: 9_999,
        kind: { type: 'program', text: 'get a', parameters: new Map() },
      },
      () => order.push(count),
      cluster.nowMs,
    )
    if (count % 700 === 0) cluster.confirm()
  }
  cluster.confirm()
  expect(order).toEqual(Array.from({ length: 5_000 }, (_, index) => index))
})
