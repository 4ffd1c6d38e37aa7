import { expect, test } from 'vitest'
import { LoneCluster, type Sent } from './testing/lone-cluster.ts'
import { PARSED } from './testing/toys.ts'

const LEADER = { id: '00000000000000aa', address: '127.0.0.2:50051' }

const typesOf = (sent: readonly Sent[]) =>
  sent.map(({ responses }) => responses.map((response) => (response.type === 'failed' ? response.code : response.type)))

const shapesOf = ({ jobs }: LoneCluster) => jobs.map(({ shape }) => shape)

test('a shape is parsed once for all that wait for it, and nobody else waits for it', () => {
  const cluster = new LoneCluster().lead()
  const large = ['l1', 'l2'].map((session) => cluster.run(session, 1, `apart one; append a ${session}`))
  const small = cluster.run('l3', 1, 'append a small')
  expect(shapesOf(cluster)).toEqual(['one'])
  cluster.decree()
  expect(typesOf([...large, small])).toEqual([[], [], ['committed']])
  cluster.parsed()
  cluster.decree()
  expect(typesOf(large)).toEqual([['committed'], ['committed']])
  expect(cluster.view.get('a')?.value).toBe('smalll1l2')
  cluster.run('l4', 1, 'apart one; append a again')
  cluster.decree()
  expect(cluster.view.get('a')?.value).toBe('smalll1l2again')
  expect(cluster.jobs).toEqual([])
})

test('shapes are parsed one after the other, in the order in which they came; a shape that nobody waits for is left out', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'apart one; put a A')
  const expired = cluster.run('l2', 1, 'apart two; put a A', { deadlineMs: cluster.nowMs + 10 })
  cluster.run('l3', 1, 'apart three; put a A')
  cluster.executor.expire(cluster.nowMs + 11)
  expect(typesOf([expired])).toEqual([['timeout']])
  expect(shapesOf(cluster)).toEqual(['one'])
  cluster.parsed()
  expect(shapesOf(cluster)).toEqual(['three'])
  cluster.parsed()
  expect(cluster.jobs).toEqual([])
})

test('sessions take turns: one that waits for many shapes does not keep another waiting for all of them', () => {
  const cluster = new LoneCluster().lead()
  for (const name of ['one', 'two', 'three', 'four']) cluster.run('s1', 1, `apart ${name}; put a A`)
  for (const name of ['five', 'three', 'six']) cluster.run('s2', 1, `apart ${name}; put a A`)
  const expired = cluster.run('s3', 1, 'apart two; put a A', { deadlineMs: cluster.nowMs + 10 })
  cluster.run('s4', 1, 'apart seven; put a A')
  cluster.executor.expire(cluster.nowMs + 11)
  expect(typesOf([expired])).toEqual([['timeout']])
  const parsed: (string | undefined)[] = []
  for (; cluster.jobs.length > 0; cluster.parsed()) parsed.push(...shapesOf(cluster))
  // The first was alone when it came. What two wait for comes with the first of them.
  expect(parsed).toEqual(['one', 'five', 'seven', 'two', 'three', 'four', 'six'])
})

test('sessions of one request take their turn together: they are as many as their sender likes', () => {
  const cluster = new LoneCluster().lead()
  for (const name of ['one', 'two', 'three']) cluster.run(`x${name}`, 1, `apart ${name}; put a A`)
  cluster.run('s1', 1, 'apart four; put a A')
  cluster.run('l1', 1, 'apart five; put a A')
  const parsed: (string | undefined)[] = []
  for (; cluster.jobs.length > 0; cluster.parsed()) parsed.push(...shapesOf(cluster))
  expect(parsed).toEqual(['one', 'four', 'five', 'two', 'three'])
})

test('what is being parsed for nobody is remembered when it is done', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('l1', 1, 'apart one; put a A', { deadlineMs: cluster.nowMs + 10 })
  cluster.executor.expire(cluster.nowMs + 11)
  cluster.parsed()
  const again = cluster.run('l1', 1, 'apart one; put a A')
  cluster.decree()
  expect(typesOf([sent, again])).toEqual([['timeout'], ['committed']])
  expect(cluster.jobs).toEqual([])
})

test('a request whose deadline passed when its program was ready is not executed', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('l1', 1, 'apart one; put a A', { deadlineMs: cluster.nowMs + 10 })
  cluster.nowMs += 11
  cluster.parsed()
  expect(typesOf([sent])).toEqual([['timeout']])
  expect(cluster.executor.hasBatch).toBe(false)
})

test('who waits for a parser is redirected with the others when the node leads no longer', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('l1', 1, 'apart one; put a A')
  const second = cluster.run('l2', 1, 'apart two; put a A')
  cluster.executor.deposed(LEADER)
  const redirect = { type: 'redirect', leader: LEADER, proposed: false }
  expect([...sent.responses, ...second.responses]).toEqual([redirect, redirect])
  cluster.parsed()
  expect(cluster.jobs).toEqual([])
  expect(sent.responses).toHaveLength(1)
  cluster.lead()
  expect(cluster.executor.hasBatch).toBe(false)
  // The same shape may be asked for again while the parser is still at it.
  cluster.run('l3', 1, 'apart two; put a A')
  cluster.executor.deposed(LEADER)
  cluster.lead()
  const again = cluster.run('l3', 1, 'apart two; put a A')
  expect(shapesOf(cluster)).toEqual(['two'])
  cluster.parsed()
  cluster.decree()
  expect(typesOf([again])).toEqual([['committed']])
})

test('a candidate has programs parsed, and executes them when it leads', () => {
  const cluster = new LoneCluster()
  const redirected = cluster.run('l1', 1, 'apart one; put a A')
  expect(typesOf([redirected])).toEqual([['redirect']])
  expect(cluster.jobs).toEqual([])
  cluster.executor.candidate()
  const sent = cluster.run('l1', 1, 'apart one; put a A')
  cluster.parsed()
  expect(typesOf([sent])).toEqual([[]])
  cluster.lead().decree()
  expect(typesOf([sent])).toEqual([['committed']])
})

test('what is wrong with a program is told to each that sent it', () => {
  const cluster = new LoneCluster().lead()
  const sent = ['l1', 'l2'].map((session) => cluster.run(session, 1, 'apart one; put a A'))
  const other = cluster.run('l3', 1, 'apart two; put a $x')
  const nameless = cluster.run('', 1, 'apart two; put a A')
  cluster.parsed({ type: 'fault', code: 'syntax_error', sentence: 'expected a key', at: 3 })
  cluster.parsed()
  expect(typesOf([...sent, other, nameless])).toEqual([
    ['syntax_error'],
    ['syntax_error'],
    ['missing_parameter'],
    ['protocol_error'],
  ])
  expect(cluster.executor.hasBatch).toBe(false)
})

test('a parser that dies answers for its job, certainly without effect, and the next one is given to it', () => {
  const cluster = new LoneCluster().lead()
  const sent = cluster.run('l1', 1, 'apart one; put a A')
  const next = cluster.run('l2', 1, 'apart two; put a A')
  cluster.parsed(null)
  expect(sent.responses).toMatchObject([{ type: 'failed', code: 'internal', outcome: 'none' }])
  expect(shapesOf(cluster)).toEqual(['two'])
  cluster.parsed()
  cluster.decree()
  expect(typesOf([next])).toEqual([['committed']])
  expect(() => cluster.executor.parsed(PARSED, 0)).toThrow('was not given')
})

test('those who wait for a parser and for their turn are bounded together, in number and bytes', () => {
  const full = (options: object, texts: readonly string[]) => {
    const cluster = new LoneCluster(options)
    cluster.executor.candidate()
    const sent = texts.map((text, index) => cluster.run(`l${index}`, 1, text))
    return { cluster, types: typesOf(sent), sent }
  }
  const two = full({ queueMax: 2 }, ['put a A', 'apart one; put a A', 'put b B', 'apart two; put b B'])
  expect(two.types).toEqual([[], [], ['overloaded'], ['overloaded']])
  two.cluster.parsed()
  two.cluster.lead().decree()
  expect(typesOf(two.sent)).toEqual([['committed'], ['committed'], ['overloaded'], ['overloaded']])
  const room = two.cluster.run('l9', 1, 'apart three; put a A')
  expect(typesOf([room])).toEqual([[]])

  const text = `apart one; put a ${'x'.repeat(600)}`
  const bytes = full({ queueBytesMax: 2_000 }, [text, text, text])
  expect(bytes.types).toEqual([[], [], ['overloaded']])
  bytes.cluster.executor.expire(bytes.cluster.nowMs + 6_000)
  expect(typesOf(bytes.sent)).toEqual([['timeout'], ['timeout'], ['overloaded']])
  expect(typesOf([bytes.cluster.run('l9', 1, text, { deadlineMs: Number.POSITIVE_INFINITY })])).toEqual([[]])
})

test('many that wait for one shape are executed in pieces, each once', () => {
  const cluster = new LoneCluster({ drainMax: 10 }).lead()
  const sent = Array.from({ length: 35 }, (_, index) => cluster.run(`l${index}`, 1, 'apart one; append a x'))
  cluster.parsed()
  for (let turn = 0; turn < 4; turn += 1) cluster.executor.expire(cluster.nowMs)
  cluster.decree()
  expect(typesOf(sent)).toEqual(sent.map(() => ['committed']))
  expect(cluster.view.get('a')?.value).toBe('x'.repeat(35))
})
