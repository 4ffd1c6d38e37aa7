import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys, type Value } from '../../lang/index.ts'
import type { PatchEntry } from '../store/index.ts'
import { Layers } from './layers.ts'
import { mergeScans } from './merge-scans.ts'
import { LoneCluster } from './testing/lone-cluster.ts'
import { MergedView } from './testing/merged-view.ts'

const committed = (revision: number, value: Value) => ({
  type: 'committed',
  revision,
  reads: new Map(),
  value,
  complete: true,
})

/** Of every length in UTF-8, and sorted otherwise by UTF-16. */
const key = fc
  .array(fc.constantFrom('a', 'b', '\ue000', '😀', '\u{10ffff}'), { maxLength: 3 })
  .map((parts) => parts.join(''))

type Step =
  | { readonly type: 'put'; readonly key: string; readonly isDelete: boolean }
  | { readonly type: 'scan'; readonly prefix: string; readonly after: string; readonly most: number }
  | { readonly type: 'seal' | 'choose' | 'merge' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant('put'), key, isDelete: fc.boolean() } as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('scan'),
      prefix: key,
      after: key,
      most: fc.constantFrom(0, 1, 3, 99),
    } as const),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('seal', 'choose', 'merge') } as const) },
)

test('a scan through any layers is that of one map with everything in it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const view = new MergedView()
      const layers = new Layers(view, 1, null)
      const model = new Map<string, PatchEntry>()
      const unmerged: { readonly slot: number; readonly body: Uint8Array }[] = []
      let slot = 0
      for (const one of steps) {
        switch (one.type) {
          case 'put': {
            if (one.key === '') break
            const revision = ++layers.building.revision
            const entry = { revision, version: revision % 5, value: one.isDelete ? null : `v${revision}` }
            layers.building.put(one.key, entry)
            layers.building.count += 1
            model.set(one.key, entry)
            break
          }
          case 'scan': {
            const expected = [...model]
              .filter(([name]) => name.startsWith(one.prefix) && compareKeys(name, one.after) > 0)
              .sort(([a], [b]) => compareKeys(a, b))
            const found: (readonly [string, object])[] = []
            for (const [name, { revision, version, value }] of layers.scan(one.prefix, one.after)) {
              if (found.length === one.most) break
              found.push([name, { revision, version, value }])
            }
            expect(found).toEqual(expected.slice(0, one.most))
            break
          }
          case 'seal':
            if (layers.flight !== null) break
            layers.seal().slot = ++slot
            break
          case 'choose': {
            const chosen = layers.choose()
            if (chosen !== null) unmerged.push({ slot, body: chosen.encode() })
            break
          }
          case 'merge': {
            const next = unmerged.shift()
            if (next === undefined) break
            view.merge(next.slot, next.body)
            layers.merged(next.slot)
            break
          }
          default:
            one satisfies never
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('the layer of a decree that is re-proposed is scanned like any other', () => {
  const view = new MergedView()
  const before = new Layers(view, 1, null)
  for (const name of ['b', 'a', 'c']) before.building.put(name, { revision: 1, version: 0, value: name })
  const layers = new Layers(view, 1, before.building.encode())
  layers.building.put('b', { revision: 2, version: 0, value: null })
  expect(Array.from(layers.scan('', ''), ([name, { value }]) => [name, value])).toEqual([
    ['a', 'a'],
    ['b', null],
    ['c', 'c'],
  ])
})

test('whoever stops early ends all scans below, and so does what goes wrong in one of them', () => {
  const ended: string[] = []
  function* scan(name: string, keys: readonly string[], fails = false) {
    try {
      for (const one of keys) yield [one, { revision: 1, version: 0, value: name }] as const
      if (fails) throw new Error('a row cannot be read')
    } finally {
      ended.push(name)
    }
  }
  const [first] = mergeScans([scan('one', ['a', 'b']), scan('two', ['a', 'c']), scan('three', [])])
  expect(first).toEqual(['a', { revision: 1, version: 0, value: 'one' }])
  expect(ended.sort()).toEqual(['one', 'three', 'two'])
  ended.length = 0
  expect(() => [...mergeScans([scan('one', ['a', 'z']), scan('two', ['b'], true)])]).toThrow('cannot be read')
  expect(ended.sort()).toEqual(['one', 'two'])
})

test('programs scan what earlier ones of the same batch have written, of the one in flight, and of those before', () => {
  const cluster = new LoneCluster().lead()
  cluster.run('l1', 1, 'put k1 a; put k2 a; put other a')
  cluster.decree()
  cluster.run('l2', 1, 'put k3 a; delete k1')
  cluster.propose()
  cluster.run('l3', 1, 'put k0 a')
  const scan = cluster.run('l4', 1, 'put k9 a; keys k')
  const again = cluster.run('l5', 1, 'put k8 a; keys k')
  cluster.choose()
  cluster.decree()
  expect(scan.responses).toEqual([committed(4, 'k0 k1- k2 k3')])
  expect(again.responses).toEqual([committed(5, 'k0 k1- k2 k3 k9')])
})

test('puts and scans by turns cost in proportion to what they look at', () => {
  // Sorted anew for each scan, they would take minutes.
  const layers = new Layers(new MergedView(), 1, null)
  let seen = 0
  for (let n = 0; n < 20_000; n += 1) {
    const name = `k${(n * 7919) % 20_000}`
    layers.building.put(name, { revision: n, version: 0, value: null })
    for (const [found] of layers.scan(name, '')) {
      seen += found === name ? 1 : 0
      break
    }
  }
  expect(seen).toBe(20_000)
}, 20_000)
