import { expect, test } from 'vitest'
import { LanguageError, ProgramCache } from './index.ts'

const text = (name: string): string => `put "${name}" "x";`

test('a program is compiled once', () => {
  const cache = new ProgramCache(2 ** 20)
  const first = cache.compile(text('a'))
  expect(cache.compile(text('a'))).toBe(first)
  expect(cache.compile(text('b'))).not.toBe(first)
})

test('those unused the longest make room', () => {
  const cache = new ProgramCache(10_000)
  const first = cache.compile(text('a'))
  const unused = cache.compile(text('b'))
  for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) {
    cache.compile(text(name))
    expect(cache.compile(text('a'))).toBe(first)
  }
  expect(cache.compile(text('b'))).not.toBe(unused)
})

test('a program larger than the cache is compiled, and not kept', () => {
  const cache = new ProgramCache(0)
  expect(cache.compile(text('a'))).not.toBe(cache.compile(text('a')))
})

test('a text that does not compile is not remembered', () => {
  const cache = new ProgramCache(2 ** 20)
  for (let attempt = 0; attempt < 2; attempt++) expect(() => cache.compile('put')).toThrow(LanguageError)
})
