import { describe, expect, test } from 'vitest'
import { explain } from './explain.ts'
import { compile } from './index.ts'
import { limits } from './limits.ts'
import { errorOf } from './testing/errors.ts'

describe('explain', () => {
  test('names the keys that are read, scanned and written, as far as they are known', () => {
    const text = `get "b"; x = exists $p; y = version "a"; z = revision (x);
      if x { put "w" get $q; delete $p; put ("w" + "x") scan "s/"; } r = scan $r after "t"; get "b";`
    expect(explain(text)).toMatchObject({
      canWrite: true,
      reads: { keys: ['a', 'b'], parameters: ['p', 'q'], computed: true },
      scans: { keys: ['s/'], parameters: ['r'], computed: false },
      writes: { keys: ['w'], parameters: ['p'], computed: true },
      parameters: [
        { name: 'p', isKey: true },
        { name: 'q', isKey: true },
        { name: 'r', isKey: false },
      ],
      variables: ['x', 'y', 'z', 'r'],
    })
  })

  test('a program without put and delete cannot write', () => {
    expect(explain('abort get "a" + "put";')).toMatchObject({ canWrite: false, writes: { keys: [], computed: false } })
  })

  test('programs that differ in literals, comments and spacing have one shape', () => {
    const shape = 'put ‹string› [‹int›, ‹float›];\n'
    expect(explain('put "a" [1, 2.5]; // c').shape).toBe(shape)
    expect(explain('put("bcd")\n\n[(77),1e9,];').shape).toBe(shape)
    expect(explain('put "a" [1.0, 2.5];').shape).not.toBe(shape)
  })

  test('measures the text', () => {
    expect(explain('get "é" ; x=-(1);')).toMatchObject({
      bytes: { is: 18, max: limits.programBytesMax },
      nesting: { is: 2, max: limits.nestingMax },
      tokens: { is: 10, max: 8_000 },
    })
  })

  test.each([
    ['x = 1;', 1, 1, []],
    ['x = -1 * 2;', 3, 3, []],
    ['x = 2 - 3;', 2, 2, ['values']],
    ['x = [1, {a: 2}];', 6, 6, []],
    ['get "a"; get "a";', 22, 22, ['values']],
    ['get "a"; put "a" 1;', 12, 12, ['values']],
    ['put "a" 1; put "a" 2; delete "b";', 9, 9, ['values']],
    ['if true { get "a"; } else { get "b"; x = 1; }', 22, 23, ['values']],
    ['if true { return 1; } x = 1; x = 2;', 2, 4, []],
    ['x = true && false && true;', 2, 4, []],
    ['x = null ?? 1 ?? 2;', 2, 4, []],
  ])('%s costs from %i to %i', (text, least, most, dependsOn) => {
    expect(explain(text).cost).toEqual({ least, most, dependsOn, max: limits.costMax })
    const run = (costMax: number) =>
      compile(text).run({ revision: 0, get: () => undefined, scan: () => [] }, new Map(), { costMax })
    expect(() => run(most)).not.toThrow()
    expect(errorOf(() => run(least - 1))).toMatchObject({ limit: { name: 'costMax' } })
  })

  test('what loops and scans cost is not known before', () => {
    expect(explain('for x in scan "a" { get "b"; }').cost).toEqual({
      least: 27,
      most: null,
      max: limits.costMax,
      dependsOn: ['loop', 'scan', 'values'],
    })
  })

  test('what does not compile is told with its place', () => {
    expect(errorOf(() => explain('get "";'))).toMatchObject({ code: 'invalid_key' })
    expect(errorOf(() => explain('x = y;'))).toMatchObject({ code: 'unknown_name', position: { line: 1, column: 5 } })
    expect(errorOf(() => explain('x = {a: 1, "a": 2};'))).toMatchObject({ code: 'syntax_error' })
  })
})
