import { describe, expect, it } from 'vitest'
import type { Config } from './core/index.ts'
import { checkMembership, newIdentity } from './identity.ts'

const CONFIG: Config = {
  cluster: 'c',
  version: 1,
  members: ['a:1', 'b:1', 'c:1'].map((address, index) => ({ id: `000000000000000${index}`, address })),
}

describe('the cluster that a data directory is of', () => {
  function check(...addresses: string[]): string[] {
    const warnings: string[] = []
    checkMembership(CONFIG, 'a:1', addresses, { warn: (_, message) => warnings.push(message) })
    return warnings
  }

  it('may be named in any order', () => {
    expect(check('c:1', 'a:1', 'b:1')).toEqual([])
  })

  it('is taken for another one when nobody else of it is named', () => {
    expect(() => check('a:1', 'x:1')).toThrow(
      /belongs to another cluster: --node-ips names a:1 x:1, but .* a:1 b:1 c:1/,
    )
    expect(() => check('a:1')).toThrow(/belongs to another cluster/)
  })

  it('is the one that holds when the list is out of date', () => {
    expect(check('a:1', 'b:1')).toEqual([
      '--node-ips names a:1 b:1, but the data is of the cluster of a:1 b:1 c:1; the latter holds',
    ])
  })
})

it('an identity has 63 random bits', () => {
  const ids = Array.from({ length: 100 }, newIdentity)
  expect(new Set(ids).size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[0-7][0-9a-f]{15}$/)
})
