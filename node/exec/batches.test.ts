import { expect, test } from 'vitest'
import { limits } from '../../lang/index.ts'
import { VALUE_NESTING_MAX } from '../values.ts'
import { Layer, Layers, resultBytes } from './layers.ts'
import { DEFAULT_EXECUTOR_OPTIONS } from './options.ts'
import { entryBytes } from './size.ts'
import { LoneCluster } from './testing/lone-cluster.ts'
import { MergedView } from './testing/merged-view.ts'

test('what does not fit into a batch waits for the next one, in order', () => {
  const cluster = new LoneCluster({ batchBytesMax: 3_000 }).lead()
  const sent = Array.from({ length: 10 }, (_, index) => cluster.run(`l${index}`, 1, `append a ${index}; large 1000`))
  let batches = 0
  while (cluster.executor.hasBatch) {
    cluster.propose()
    expect(cluster.inFlight?.byteLength).toBeLessThanOrEqual(3_000)
    cluster.choose()
    batches += 1
  }
  cluster.mergeAll()
  expect(batches).toBe(5)
  expect(cluster.view.get('a')?.value).toBe('0123456789')
  expect(sent.map(({ responses }) => responses.length)).toEqual(Array(10).fill(1))
})

test('a transaction that is too large for any decree fails, and stays failed', () => {
  const cluster = new LoneCluster({ batchBytesMax: 3_000 }).lead()
  const parameters = new Map([['v', 'v'.repeat(4_000)]])
  const small = cluster.run('l0', 1, 'put b B')
  const sent = cluster.run('l1', 1, 'put a $v', { parameters })
  cluster.decree()
  expect(small.responses).toMatchObject([{ type: 'committed' }])
  cluster.decree()
  expect(sent.responses).toMatchObject([{ code: 'limit_exceeded', outcome: 'none' }])
  expect(cluster.run('l1', 1, 'put a $v', { parameters }).responses).toEqual(sent.responses)
  expect(cluster.view.get('a')).toBeUndefined()
})

test('an opened session waits for the next batch too', () => {
  const cluster = new LoneCluster({ batchBytesMax: 1_160 }).lead()
  cluster.run('l1', 1, 'put a A; large 1000')
  const opened = cluster.open()
  cluster.decree()
  expect(opened.responses).toEqual([])
  cluster.decree()
  expect(opened.responses).toEqual([{ type: 'opened', session: 2 }])
})

test('a queue has an end', () => {
  const cluster = new LoneCluster({ queueMax: 3 })
  cluster.executor.candidate()
  const sent = Array.from({ length: 5 }, (_, index) => cluster.run(`l${index}`, 1, 'append a x'))
  expect(sent.slice(0, 3).flatMap(({ responses }) => responses)).toEqual([])
  for (const { responses } of sent.slice(3)) expect(responses).toMatchObject([{ code: 'overloaded', outcome: 'none' }])
  cluster.lead()
  cluster.decree()
  expect(cluster.view.get('a')?.value).toBe('xxx')
})

test('a queue has an end in bytes', () => {
  const cluster = new LoneCluster({ queueBytesMax: 10_000 })
  cluster.executor.candidate()
  const parameters = new Map([['v', 'v'.repeat(9_000)]])
  const first = cluster.run('l1', 1, 'put a $v', { parameters })
  const second = cluster.run('l2', 1, 'put a $v', { parameters })
  expect(first.responses).toEqual([])
  expect(second.responses).toMatchObject([{ code: 'overloaded', outcome: 'none' }])
})

test('reads that wait have an end: what comes behind them waits to be executed', () => {
  const cluster = new LoneCluster({ readsMax: 2, queueMax: 1 }).lead()
  const reads = Array.from({ length: 4 }, () => cluster.run('', 1, 'get a'))
  expect(reads[3]?.responses).toMatchObject([{ code: 'overloaded', outcome: 'none' }])
  cluster.confirm()
  expect(reads.map(({ responses }) => responses.length)).toEqual([1, 1, 0, 1])
  expect(cluster.executor.wantsRound).toBe(true)
  cluster.confirm()
  expect(reads[2]?.responses).toMatchObject([{ type: 'committed' }])
})

test('a long queue is executed in pieces', () => {
  const cluster = new LoneCluster({ drainMax: 4 })
  cluster.executor.candidate()
  const sent = Array.from({ length: 10 }, (_, index) => cluster.run(`l${index}`, 1, 'append a x'))
  cluster.lead()
  let last = 0
  while (cluster.executor.hasBatch) {
    cluster.decree()
    const answered = sent.filter(({ responses }) => responses.length === 1).length
    expect(answered - last).toBeLessThanOrEqual(8)
    last = answered
  }
  expect(cluster.view.get('a')?.value).toBe('x'.repeat(10))
})

test('a request whose deadline is past is not executed', () => {
  const cluster = new LoneCluster()
  cluster.executor.candidate()
  const early = cluster.run('l1', 1, 'append a x', { deadlineMs: 1_100 })
  const late = cluster.run('l2', 1, 'append a y', { deadlineMs: 1_300 })
  cluster.executor.expire(1_100)
  expect(early.responses).toEqual([])
  cluster.executor.expire(1_101)
  expect(early.responses).toMatchObject([{ code: 'timeout', outcome: 'none' }])
  expect(late.responses).toEqual([])
  cluster.nowMs = 1_301
  const last = cluster.run('l3', 1, 'append a z')
  cluster.lead()
  expect(late.responses).toMatchObject([{ code: 'timeout', outcome: 'none' }])
  cluster.decree()
  expect(last.responses).toMatchObject([{ type: 'committed' }])
  expect(cluster.view.get('a')?.value).toBe('z')
})

test('a batch counts its transactions, and is taken one at a time', () => {
  const cluster = new LoneCluster().lead()
  expect(cluster.executor.takeBatch()).toBeNull()
  cluster.open()
  cluster.run('l1', 1, 'put a A')
  cluster.run('l1', 1, 'put a A')
  cluster.run('l2', 1, 'abort no; put a A')
  cluster.run('l3', 1, 'get a')
  cluster.outcome('l4', 1)
  expect(cluster.executor.takeBatch()?.count).toBe(4)
  cluster.executor.proposed(1)
  cluster.run('l5', 1, 'put a A')
  expect(cluster.executor.hasBatch).toBe(false)
  expect(cluster.executor.takeBatch()).toBeNull()
  cluster.executor.chosen(1)
  expect(cluster.executor.takeBatch()?.count).toBe(1)
})

test('the estimate of a batch is never below its encoded size, and near it', () => {
  const layer = new Layers(new MergedView(), 1, null).building
  layer.revision = Number.MAX_SAFE_INTEGER
  layer.timeMs = Number.MAX_SAFE_INTEGER
  for (let index = 0; index < 200; index++) {
    const key = `key ${index} é`
    const value = [null, true, -(2n ** 63n), 0.1, `text 𝄞 ${index}`, new Uint8Array(index), new Map([[key, [1n]]])]
    layer.put(key, { revision: layer.revision, version: index, value })
    layer.bytes += entryBytes(key, value)
    const result = new Uint8Array(index)
    layer.session(`session ${index}`).results.set(index, result)
    layer.bytes += resultBytes(result)
  }
  const { byteLength } = layer.encode()
  expect(layer.bytes).toBeGreaterThanOrEqual(byteLength)
  expect(layer.bytes).toBeLessThan(2 * byteLength)
  expect(Layer.decode(layer.encode(), 7, { revision: 0, timeMs: 0 }).entries).toEqual(layer.entries)
})

test('what the language lets a program build can be encoded', () => {
  expect(limits.valueNestingMax).toBeLessThanOrEqual(VALUE_NESTING_MAX)
  expect(limits.patchBytesMax).toBeLessThan(DEFAULT_EXECUTOR_OPTIONS.batchBytesMax - LARGEST_RESULT_KEPT)
})

/** With the session around it. */
const LARGEST_RESULT_KEPT = DEFAULT_EXECUTOR_OPTIONS.resultBytesMax + 2_048
