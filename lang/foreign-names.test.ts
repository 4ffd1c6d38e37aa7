import { expect, test } from 'vitest'
import { builtins } from './builtins/index.ts'
import { adviceOnConstant, adviceOnFunction } from './foreign-names.ts'

test.each([
  ['length', '; write len(x)'],
  ['lenght', '; write len(x)'],
  ['strlen', '; write len(x)'],
  ['toUpperCase', '; write upper(s)'],
  ['parseInt', '; write int(x)'],
  ['concat', '; write a + b'],
  ['remove', '; write unset(map, k)'],
  ['time', '; write now()'],
  ['Len', '; did you mean len?'],
  ['splt', '; did you mean split?'],
  ['frobnicate', ''],
  ['f', ''],
])('a function %s: %j', (name, advice) => {
  expect(adviceOnFunction(name)).toBe(advice)
})

test('no function that there is would be advised against', () => {
  for (const name of builtins.keys()) expect(adviceOnFunction(name)).toBe(`; did you mean ${name}?`)
})

test.each([
  ['undefined', '; write null'],
  ['NULL', '; write null'],
  ['True', '; write true'],
  ['FALSE', '; write false'],
  ['x', ''],
])('a variable %s: %j', (name, advice) => {
  expect(adviceOnConstant(name)).toBe(advice)
})
