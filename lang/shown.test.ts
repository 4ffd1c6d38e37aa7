import { expect, test } from 'vitest'
import { elements, shown, shownNames } from './shown.ts'

test('of what is long the beginning is shown, in whole characters', () => {
  expect(shown('x'.repeat(30))).toBe('x'.repeat(30))
  expect(shown('x'.repeat(31))).toBe(`${'x'.repeat(30)}…`)
  expect(shown('😀'.repeat(40))).toBe(`${'😀'.repeat(30)}…`)
  expect(shown('😀'.repeat(20))).toBe('😀'.repeat(20))
})

test('of many names those that fit are shown', () => {
  expect(shownNames(['a'])).toBe('a')
  expect(shownNames(['a', 'b'])).toBe('a and b')
  expect(shownNames(['a', 'b', 'c'])).toBe('a, b and c')
  expect(shownNames(['x'.repeat(5_000), 'b', 'c'])).toBe(`${'x'.repeat(30)}… and 2 more`)
  expect(shownNames(['a', 'x'.repeat(5_000), 'c'])).toBe('a and 2 more')
})

test('elements are counted in words that fit the number', () => {
  expect([0, 1, 2].map(elements)).toEqual(['0 elements', '1 element', '2 elements'])
})
