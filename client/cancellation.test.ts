import { expect, test } from 'vitest'
import { onAbort } from './cancellation.ts'

test('a signal calls all that wait for it, once, but not those that no longer do', () => {
  const controller = new AbortController()
  const called: string[] = []
  const call = () => called.push('same')
  onAbort(controller.signal, call)
  onAbort(controller.signal, call)
  const forget = onAbort(controller.signal, () => called.push('forgotten'))
  forget()
  onAbort(controller.signal, () => called.push('other'))
  controller.abort()
  controller.abort()
  expect(called).toEqual(['same', 'same', 'other'])
})

test('a signal that is shared by very many has one listener', () => {
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1
    add(...args)
  }
  for (let n = 0; n < 1_000; n += 1) onAbort(signal, () => undefined)
  expect(listeners).toBe(1)
})

test('what is called may take itself and others back', () => {
  const controller = new AbortController()
  const called: number[] = []
  const forgets = [0, 1].map((n) =>
    onAbort(controller.signal, () => {
      called.push(n)
      for (const forget of forgets) forget()
    }),
  )
  controller.abort()
  expect(called).toEqual([0, 1])
})
