import { describe, expect, it } from 'vitest'
import { Patch as WirePatch } from '../../proto/gen/decree/v1/record.ts'
import { decodePatch, encodePatch, type Patch } from './patch.ts'

describe('a patch', () => {
  const patch: Patch = {
    revision: 2 ** 52,
    timeMs: 1_800_000_000_000,
    entries: new Map([
      ['a', { revision: 1, version: 3, value: 'A' }],
      ['gone', { revision: 2, version: 0, value: null }],
      ['__proto__', { revision: 2, version: 0, value: ['x', null, 2n ** 63n - 1n] }],
    ]),
    sessions: new Map([
      ['s1', { dropped: false, acked: 3, results: new Map([[3, new Uint8Array([1, 2])]]) }],
      ['s2', { dropped: true, acked: 0, results: new Map() }],
    ]),
  }

  it('is read back as it was written', () => {
    expect(decodePatch(encodePatch(patch))).toEqual(patch)
  })

  it('of another format is refused', () => {
    const bytes = WirePatch.encode({ ...WirePatch.decode(encodePatch(patch)), format: 2 }).finish()
    expect(() => decodePatch(bytes)).toThrow('a patch of format 2; this software knows format 1')
  })

  it('that is none at all is refused', () => {
    expect(() => decodePatch(new Uint8Array())).toThrow('format 0')
    expect(() => decodePatch(new Uint8Array([0xff]))).toThrow()
  })
})
