import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Value } from '../../lang/index.ts'
import type { Result } from '../result.ts'
import { decodeResult, encodeResult } from './results.ts'

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(null, true, false),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value

const reads = fc.array(fc.tuple(fc.string(), value), { maxLength: 4 }).map((pairs) => new Map(pairs))

const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({
    type: fc.constant('committed' as const),
    revision: fc.maxSafeNat(),
    reads,
    value,
    complete: fc.boolean(),
  }),
  fc.record({ type: fc.constant('aborted' as const), value, reads }),
  fc.record(
    {
      type: fc.constant('failed' as const),
      code: fc.constantFrom('type_error', 'cancelled', 'internal'),
      message: fc.string(),
      outcome: fc.constantFrom('none', 'unknown'),
      position: fc.record({ line: fc.integer({ min: 1, max: 9 }), column: fc.integer({ min: 1, max: 9 }) }),
    },
    { requiredKeys: ['type', 'code', 'message', 'outcome'] },
  ),
)

test('a result is the same after it has been recorded', () => {
  fc.assert(
    fc.property(result, (one) => {
      expect(decodeResult(encodeResult(one, Number.POSITIVE_INFINITY).kept)).toEqual(one)
    }),
  )
})

test('a recorded result is never larger than allowed', () => {
  const text = 'x'.repeat(5_000)
  const large: Result[] = [
    { type: 'committed', revision: 7, reads: new Map([['a', text]]), value: null, complete: true },
    { type: 'aborted', value: text, reads: new Map() },
    { type: 'failed', code: 'type_error', message: text, outcome: 'none' },
  ]
  for (const bytesMax of [256, 4_096]) {
    for (const one of large) expect(encodeResult(one, bytesMax).kept.byteLength).toBeLessThanOrEqual(bytesMax)
  }
  expect(large.map((one) => decodeResult(encodeResult(one, 4_096).kept))).toMatchObject([
    { type: 'committed', revision: 7, complete: false, value: null },
    { type: 'aborted', value: null },
    { type: 'failed', code: 'type_error', message: text.slice(0, 1_344) },
  ])
})

test('what is no result is not taken for one', () => {
  expect(() => decodeResult(new Uint8Array())).toThrow('a recorded result of the kind none')
})
