import { expect, test } from 'vitest'
import { compile } from './index.ts'
import { TEXTS, warmUp } from './warm.ts'

test('every program that warms the parser is one', () => {
  for (const text of TEXTS) expect(() => compile(text)).not.toThrow()
  expect([...warmUp()].length).toBeGreaterThanOrEqual(TEXTS.length)
})
