import { describe, expect, test } from 'vitest'
import type { Response } from './requests.ts'
import { lead } from './testing/lead.ts'
import { LoneCluster, type Sent } from './testing/lone-cluster.ts'

const typesOf = (sent: readonly Sent[]) =>
  sent.map(({ responses }) => responses.map((response) => (response.type === 'failed' ? response.code : response.type)))

describe('a turn of the event loop', () => {
  test('executes only so much; the next one goes on, in the order of arrival, each request once', () => {
    const cluster = new LoneCluster({ turnCostMax: 10 }).lead()
    const sent = ['a', 'b', 'c', 'd', 'e'].map((letter, index) => cluster.run(`l${index}`, 1, `append k ${letter}`))
    cluster.decree()
    expect(typesOf(sent)).toEqual([['committed'], ['committed'], [], [], []])
    expect(cluster.executor.wantsTurn).toBe(true)
    cluster.executor.turn(cluster.nowMs)
    expect(cluster.executor.wantsTurn).toBe(true)
    cluster.executor.turn(cluster.nowMs)
    expect(cluster.executor.wantsTurn).toBe(false)
    cluster.decree()
    expect(typesOf(sent)).toEqual(sent.map(() => ['committed']))
    expect(cluster.view.get('k')?.value).toBe('abcde')
  })

  test('that takes long is over, whatever it cost; one that begins late is not', () => {
    const cluster = new LoneCluster({ turnMsMax: 20 }).lead()
    cluster.nowMs += 1_000
    const sent = [0, 19, 1, 50].map((ms, index) => {
      cluster.nowMs += ms
      return cluster.run(`l${index}`, 1, `append k ${index}`)
    })
    cluster.decree()
    expect(typesOf(sent)).toEqual([['committed'], ['committed'], [], []])
    expect(cluster.executor.wantsTurn).toBe(true)
    cluster.executor.turn(cluster.nowMs)
    cluster.decree()
    expect(typesOf(sent)).toEqual(sent.map(() => ['committed']))
  })

  test('that waits for a full batch, or leads no longer, wants no other', () => {
    const cluster = new LoneCluster({ turnCostMax: 5, batchBytesMax: 300 }).lead()
    const sent = [1, 2].map((index) => cluster.run(`l${index}`, 1, `put k ${'x'.repeat(150)}`))
    cluster.executor.turn(cluster.nowMs)
    expect(cluster.executor.wantsTurn).toBe(false)
    cluster.propose()
    cluster.run('l3', 1, 'put k y')
    cluster.executor.deposed(null)
    expect(cluster.executor.wantsTurn).toBe(false)
    expect(typesOf(sent)).toEqual([['redirect'], ['redirect']])
  })

  test('leaves what it does not compile to the next one: what is wrong with it is told then', () => {
    const cluster = new LoneCluster({ turnCostMax: 5 }).lead()
    const first = cluster.run('l0', 1, 'put a A')
    const others = ['syntax', 'put b $x', 'apart one; put c C', 'put d D'].map((text, index) =>
      cluster.run(`l${index + 1}`, 1, text),
    )
    const late = cluster.run('l9', 1, 'syntax', { deadlineMs: cluster.nowMs + 1 })
    expect(typesOf([...others, late])).toEqual([[], [], [], [], []])
    cluster.nowMs += 2
    for (let turn = 0; turn < 9; turn += 1) cluster.executor.turn(cluster.nowMs)
    cluster.parsed()
    cluster.executor.turn(cluster.nowMs)
    cluster.decree()
    expect(typesOf([first, ...others, late])).toEqual([
      ['committed'],
      ['syntax_error'],
      ['missing_parameter'],
      ['committed'],
      ['committed'],
      ['timeout'],
    ])
  })

  test('counts what programs cost, however they end', async () => {
    const list = `split("${'.'.repeat(90)}", "")`
    for (const end of ['put "a" 1;', 'put "a" 1; abort 1;', 'put "a" 1; x = 1 + "a";', 'return 1;']) {
      const leader = await lead({ turnCostMax: 6_000 })
      const text = `for a in ${list} { for b in ${list} { x = a; } } ${end}`
      const responses: (readonly Response[])[] = [1, 2].map(() => leader.submit(text))
      await leader.decree()
      expect(responses.map(({ length }) => length)).toEqual([1, 0])
      leader.turn()
      await leader.decree()
      expect(responses.map(({ length }) => length)).toEqual([1, 1])
      await leader.close()
    }
  })

  test('counts shapes that are new', async () => {
    const leader = await lead({ turnCostMax: 6_000 })
    const texts = ['put "a" 1;', 'put "a" 1 + 1;', 'put "a" 1 + 1 + 1;', 'put "a" +;']
    const responses = texts.map((text) => leader.submit(text))
    expect(responses[3]).toEqual([])
    leader.turn()
    leader.turn()
    await leader.decree()
    expect(responses.map(([response]) => response?.type)).toEqual(['committed', 'committed', 'committed', 'failed'])
    await leader.close()
  })
})

describe('the answers of a batch', () => {
  test('are bounded in memory: it closes before', () => {
    const cluster = new LoneCluster({ answersBytesMax: 25_000 }).lead()
    const sent = [1, 2, 3].map((index) => cluster.run(`l${index}`, 1, `put a ${index}; large 10000`))
    cluster.decree()
    expect(typesOf(sent)).toEqual([['committed'], ['committed'], []])
    cluster.decree()
    expect(typesOf(sent)).toEqual(sent.map(() => ['committed']))
  })

  test('are bounded when one result is asked for again and again', () => {
    const cluster = new LoneCluster({ answersBytesMax: 25_000 }).lead()
    const sent = [1, 2, 3, 4].map(() => cluster.run('l1', 1, 'put a A; large 10000'))
    cluster.decree()
    expect(typesOf(sent)).toEqual([['committed'], ['committed'], ['redirect'], ['redirect']])
    expect(sent[3]?.responses).toEqual([{ type: 'redirect', leader: null, proposed: true }])
    expect(typesOf([cluster.run('l1', 1, 'put a A; large 10000')])).toEqual([['committed']])
  })

  test('are bounded before the term is established', () => {
    const cluster = new LoneCluster({ answersBytesMax: 25_000 }).lead()
    cluster.run('l1', 1, 'put a A; large 10000')
    cluster.decree()
    cluster.run('l2', 1, 'put b B')
    cluster.propose()
    cluster.leadAgain(true)
    const sent = [1, 2, 3].map(() => cluster.run('l1', 1, 'put a A; large 10000'))
    cluster.choose()
    expect(typesOf(sent)).toEqual([['committed'], ['committed'], ['redirect']])
  })
})
