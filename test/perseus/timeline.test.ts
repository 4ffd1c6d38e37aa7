import { expect, test } from 'vitest'
import { servedSpans } from './timeline.ts'

test('answers in neighbouring cells are one span, cut at the edges of what is shown', () => {
  const shown = { fromMs: 100, toMs: 195 }
  expect(servedSpans([50, 101, 103, 112, 145, 149, 193, 250], shown)).toEqual([
    { fromMs: 100, toMs: 120 },
    { fromMs: 140, toMs: 150 },
    { fromMs: 190, toMs: 195 },
  ])
})
