import { expect, test } from 'vitest'
import { suggestion } from './suggestion.ts'

test.each([
  ['totl', ['sum', 'total'], 'total'],
  ['toatl', ['total'], 'total'],
  ['totals', ['total', 'totals2'], 'total'],
  ['Total', ['total'], 'total'],
  ['lenght', ['len', 'length'], 'length'],
  ['mx', ['max'], 'max'],
])('of %s and %j, %s was meant', (name, known, meant) => {
  expect(suggestion(name, known)).toBe(`; did you mean ${meant}?`)
})

test.each([
  ['b', ['a', 'bc']],
  ['ab', ['cd']],
  ['total', ['balance']],
  ['total', []],
])('%s is near none of %j', (name, known) => {
  expect(suggestion(name, known)).toBe('')
})
