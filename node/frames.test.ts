import { expect, test } from 'vitest'
import { FrameQueue } from './frames.ts'

function sink(frameBytesMax: number) {
  const frames: string[] = []
  const pending: (() => void)[] = []
  const queue = new FrameQueue(frameBytesMax, (frame, written) => {
    frames.push(frame.toString())
    pending.push(written)
  })
  return { queue, frames, written: () => pending.shift()?.() }
}

test('parts added before a flush go in one frame', () => {
  const { queue, frames } = sink(100)
  for (const part of ['a', 'bb', 'c']) queue.add(Buffer.from(part))
  queue.flush()
  expect(frames).toEqual(['abbc'])
})

test('a frame closes before the bound, and a larger part is a frame of its own', () => {
  const { queue, frames, written } = sink(4)
  for (const part of ['aa', 'bb', 'c', 'dddddd', 'e']) queue.add(Buffer.from(part))
  queue.flush()
  for (let frame = 0; frame < 4; frame++) written()
  expect(frames).toEqual(['aabb', 'c', 'dddddd', 'e'])
})

test('what the other end does not take waits, and its bytes are known', () => {
  const { queue, frames, written } = sink(2)
  for (const part of ['aa', 'bb', 'cc']) queue.add(Buffer.from(part))
  queue.flush()
  expect(frames).toEqual(['aa', 'bb'])
  expect(queue.bytes).toBe(6)
  written()
  expect(frames).toEqual(['aa', 'bb', 'cc'])
  expect(queue.bytes).toBe(4)
  written()
  written()
  expect(queue.bytes).toBe(0)
})
