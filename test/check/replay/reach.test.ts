import { describe, expect, test } from 'vitest'
import { reachOf } from './reach.ts'

const keysOf = (text: string, parameters = {}) => {
  const { keys } = reachOf(text, parameters)
  return keys === null ? 'any' : [...keys].sort()
}

describe('the reach of a program', () => {
  test('is the keys that it spells out, parameters included', () => {
    expect(keysOf('put "a" get "b" + "c"; if exists "d" { delete $k; }', { k: 'e' })).toEqual(['a', 'b', 'd', 'e'])
    expect(keysOf('put "say \\"get\\" \\u00e9" "x";')).toEqual(['say "get" é'])
    expect(keysOf('put"a"get"b";')).toEqual(['a', 'b'])
    expect(keysOf('put /* get "no" */ "a" // get "no"\n "x";')).toEqual(['a'])
    expect(keysOf('put "a\nb" "x";')).toEqual(['a\nb'])
  })

  test('is any key where one is computed', () => {
    expect(keysOf('k = "a"; get k;')).toBe('any')
    expect(keysOf('put ("a" + "b") "x";')).toBe('any')
    expect(keysOf('x = scan "a";')).toBe('any')
    expect(keysOf('put $k "x";')).toBe('any')
  })

  test('does not take fields and names for statements', () => {
    expect(keysOf('x = d.get; y = getter; z = $get; put "a" x;', { get: 'b' })).toEqual(['a'])
  })

  test('says whether the reads tell all, and whether chance has a part', () => {
    const facts = (text: string) => {
      const { isTold, isRandom } = reachOf(text, {})
      return { isTold, isRandom }
    }
    expect(facts('put "a" get "b";')).toEqual({ isTold: true, isRandom: false })
    expect(facts('x = "exists now()"; now = x.version;')).toEqual({ isTold: true, isRandom: false })
    for (const text of ['exists "a"', 'version "a"', 'revision "a"', 'scan "a"']) {
      expect(facts(`x = ${text};`)).toEqual({ isTold: false, isRandom: false })
    }
    expect(facts('put "a" uuid ();')).toEqual({ isTold: true, isRandom: true })
    expect(facts('put "a" now();')).toEqual({ isTold: true, isRandom: true })
  })
})
