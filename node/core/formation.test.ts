import { describe, expect, it } from 'vitest'
import { Formation, type FormStep } from './formation.ts'
import type { Config } from './types.ts'

const ADDRESSES = ['a:1', 'b:1', 'c:1']
const hash = (text: string) => `h(${text})`
const node = (id: string, address: string, pledge: Config | null = null, addresses = ADDRESSES) =>
  new Formation(id.padStart(16, '0'), address, addresses, pledge, hash)

function configOf(step: FormStep): Config {
  if (step.type !== 'pledge' && step.type !== 'formed') throw new Error(`no config in ${JSON.stringify(step)}`)
  return step.config
}

describe('formation', () => {
  it('pledges once all identities are known, and forms once all have pledged the same', () => {
    const [a, b, c] = [node('1', 'a:1'), node('2', 'b:1'), node('3', 'c:1')]
    expect(a.hear(b.news)).toEqual({ type: 'wait' })
    const pledge = configOf(a.hear(c.news))
    expect(pledge.members.map(({ address }) => address)).toEqual(ADDRESSES)
    expect(a.pledged(pledge)).toEqual({ type: 'wait' })
    b.hear(a.news)
    b.pledged(configOf(b.hear(c.news)))
    expect(a.hear(b.news)).toEqual({ type: 'wait' })
    c.hear(a.news)
    c.pledged(configOf(c.hear(b.news)))
    expect(a.hear(c.news)).toEqual({ type: 'formed', config: pledge })
    // The others may hear it from the first that knows.
    expect(b.hear({ ...a.news, formed: pledge })).toEqual({ type: 'formed', config: pledge })
  })

  it('forms a cluster of one by itself', () => {
    const a = node('1', 'a:1', null, ['a:1'])
    const pledge = configOf(a.begin())
    expect(a.pledged(pledge)).toEqual({ type: 'formed', config: pledge })
  })

  it('goes on after a restart with the pledge that it made', () => {
    const [a, b, c] = [node('1', 'a:1'), node('2', 'b:1'), node('3', 'c:1')]
    a.hear(b.news)
    const pledge = configOf(a.hear(c.news))
    const again = node('1', 'a:1', pledge)
    b.pledged(pledge)
    c.pledged(pledge)
    expect(again.hear(b.news)).toEqual({ type: 'wait' })
    expect(again.hear(c.news)).toEqual({ type: 'formed', config: pledge })
  })

  it('names both lists when they disagree', () => {
    const step = node('1', 'a:1').hear(node('2', 'b:1', null, ['a:1', 'b:1']).news)
    expect(step).toMatchObject({ type: 'trouble', isFinal: false })
    expect(JSON.stringify(step)).toMatch(/a:1 b:1, but this node with a:1 b:1 c:1/)
  })

  it('never pledges twice: a member that lost its data meanwhile stops the formation', () => {
    const [a, b, c] = [node('1', 'a:1'), node('2', 'b:1'), node('3', 'c:1')]
    a.hear(b.news)
    a.pledged(configOf(a.hear(c.news)))
    expect(a.hear(node('9', 'c:1').news)).toMatchObject({ type: 'trouble', isFinal: false })
  })

  it('says so when two nodes have pledged to found different clusters', () => {
    const [a, b] = [node('1', 'a:1'), node('2', 'b:1')]
    a.hear(b.news)
    a.pledged(configOf(a.hear(node('3', 'c:1').news)))
    const other: Config = { cluster: 'other', version: 1, members: [] }
    expect(a.hear({ ...b.news, pledge: other })).toMatchObject({ type: 'trouble', isFinal: false })
  })

  it('does not let a node with an empty directory into a formed cluster', () => {
    const formed: Config = { cluster: 'x', version: 1, members: [{ id: '000000000000000a', address: 'a:1' }] }
    const step = node('1', 'a:1').hear({ ...node('2', 'b:1').news, formed })
    expect(step).toMatchObject({ type: 'trouble', isFinal: true })
    expect(JSON.stringify(step)).toContain('already a member of the cluster, as node 000000000000000a')
  })
})
