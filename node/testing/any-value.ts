import fc from 'fast-check'
import type { Value } from '../../lang/index.ts'

/** Any text that a value or a key may be. */
export const anyText = fc.string({ unit: 'binary' })

/** Any value, negative zero and maps in any order included. `more`: kinds of leaves that are to be among the others. */
export function anyValue(...more: readonly fc.Arbitrary<Value>[]): fc.Arbitrary<Value> {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      anyText,
      fc.uint8Array(),
      ...more,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(anyText, tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
    ),
  }))
  return value
}
