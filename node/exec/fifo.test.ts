import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Fifo } from './fifo.ts'

test('what comes first goes first, however much comes and goes', () => {
  const fifo = new Fifo<number>()
  let next = 0
  let taken = 0
  for (let round = 0; round < 100; round += 1) {
    for (let n = 0; n < 70; n += 1) fifo.push(next++)
    for (let n = 0; n < 60; n += 1) expect(fifo.removeFirst()).toBe(taken++)
    expect(fifo.length).toBe(next - taken)
    expect(fifo.first).toBe(taken)
  }
  expect(fifo.takeAll()).toEqual(Array.from({ length: next - taken }, (_, n) => taken + n))
  expect(fifo.length).toBe(0)
  expect(fifo.removeFirst()).toBeUndefined()
})

test('what is put back is the first again', () => {
  const fifo = new Fifo<string>()
  fifo.putBack('b')
  fifo.push('c')
  fifo.putBack('a')
  expect(fifo.removeFirst()).toBe('a')
  fifo.putBack('a')
  expect(fifo.takeAll()).toEqual(['a', 'b', 'c'])
})

test('what was taken is not held on to', async () => {
  const fifo = new Fifo<object>()
  for (let n = 0; n < 100; n += 1) fifo.push({ n })
  const taken = new WeakRef(fifo.removeFirst() ?? {})
  await collect()
  expect(taken.deref()).toBeUndefined()
  expect(fifo.length).toBe(99)
})

/** In a later turn: what a turn has seen of a WeakRef is kept until its end. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  await new Promise((resolve) => setImmediate(resolve))
  runInNewContext('gc')()
}
