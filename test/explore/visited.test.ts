import { describe, expect, it } from 'vitest'
import { hashOf } from './hash.ts'
import { Numbers, Visited } from './visited.ts'

describe('a set of visited states', () => {
  it('knows what was added, also after it has grown', () => {
    const visited = new Visited()
    const hashes = Array.from({ length: 200_000 }, (_, n) => hashOf(`state ${n}`))
    expect(hashes.every(({ high, low }) => visited.add(high, low))).toBe(true)
    expect(hashes.some(({ high, low }) => visited.add(high, low))).toBe(false)
    expect(visited.size).toBe(hashes.length)
  })

  it('takes also the hash that is all zeros', () => {
    const visited = new Visited()
    expect(visited.add(0, 0)).toBe(true)
    expect(visited.add(0, 0)).toBe(false)
  })
})

describe('a row of numbers', () => {
  it('gives back what was pushed, over many pieces', () => {
    const numbers = new Numbers()
    for (let n = 0; n < 200_000; n += 1) numbers.push(n * 3)
    for (let n = 0; n < 200_000; n += 997) expect(numbers.at(n)).toBe(n * 3)
    numbers.clear()
    numbers.push(7)
    expect([numbers.length, numbers.at(0)]).toEqual([1, 7])
  })
})

describe('a hash', () => {
  it('differs in both lanes for texts that differ in one letter', () => {
    const [one, other] = [hashOf('promised 1A'), hashOf('promised 1B')]
    expect(one.high).not.toBe(other.high)
    expect(one.low).not.toBe(other.low)
  })
})
