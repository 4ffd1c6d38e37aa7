import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../lang/index.ts'
import { encoded, encodedBy } from '../proto/encode.ts'
import { EntryRow, Patch as WirePatch } from '../proto/gen/decree/v1/record.ts'
import { ServerFrame, Response as WireResponse } from '../proto/gen/decree/v1/store.ts'
import { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { encodedAnswer, encodeResponse } from './api/responses.ts'
import { encodeResult } from './exec/results.ts'
import { encodeResultKind, type Result } from './result.ts'
import { decodePatch, encodePatch, type Patch } from './store/index.ts'
import { decodeResults, encodeResults } from './store/results.ts'
import { encodeEntry } from './store/rows.ts'
import { anyText, anyValue } from './testing/any-value.ts'
import { writeValue } from './value-writer.ts'
import { decodeValue, encodeValue, VALUE_NESTING_MAX } from './values.ts'

const count = fc.oneof(fc.constant(0), fc.maxSafeNat())
const value = anyValue(fc.string({ unit: 'binary', minLength: 100, maxLength: 300 }))
const reads = fc.array(fc.tuple(anyText, value), { maxLength: 4 }).map((pairs) => new Map(pairs))
const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({ type: fc.constant('committed'), revision: count, reads, value, complete: fc.boolean() }),
  fc.record({ type: fc.constant('aborted'), value, reads }),
  fc.record({
    type: fc.constant('failed'),
    code: fc.constant('overflow'),
    message: anyText,
    outcome: fc.constantFrom('none', 'unknown'),
  }),
)
const entry = fc.record({ revision: count, version: count, value })
const session = fc.record({
  dropped: fc.boolean(),
  acked: count,
  results: fc.array(fc.tuple(count, fc.uint8Array())).map((pairs) => new Map(pairs)),
})
const patch: fc.Arbitrary<Patch> = fc.record({
  revision: count,
  timeMs: count,
  entries: fc.array(fc.tuple(anyText, entry)).map((pairs) => new Map(pairs)),
  sessions: fc.array(fc.tuple(anyText, session), { maxLength: 3 }).map((pairs) => new Map(pairs)),
})

/** What generated code makes of the patch. */
function generated({ revision, timeMs, entries, sessions }: Patch): Uint8Array {
  return WirePatch.encode({
    format: 1,
    revision,
    timeMs,
    entries: Array.from(entries, ([key, { value, ...entry }]) => ({ key, ...entry, value: wire(value) })),
    sessions: Array.from(sessions, ([id, { results, ...session }]) => ({
      id,
      ...session,
      results: encodeResults(results),
    })),
  }).finish()
}

function readByGenerated(bytes: Uint8Array): Patch {
  const { revision, timeMs, entries, sessions } = WirePatch.decode(bytes)
  return {
    revision,
    timeMs,
    entries: new Map(
      entries.map(({ key, value, ...entry }) => [
        key,
        { ...entry, value: value === undefined ? null : decodeValue(value) },
      ]),
    ),
    sessions: new Map(sessions.map(({ id, results, ...rest }) => [id, { ...rest, results: decodeResults(results) }])),
  }
}

function wire(value: Value): WireValue | undefined {
  return value === null ? undefined : encodeValue(value)
}

describe('what is written by hand has the bytes that generated code gives', () => {
  it('to a value', () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(encodedBy((writer) => writeValue(writer, value))).toEqual(WireValue.encode(encodeValue(value)).finish())
      }),
    )
  })

  it('to a result', () => {
    fc.assert(
      fc.property(result, (one) => {
        const { whole } = encodeResult(one, Number.POSITIVE_INFINITY)
        expect(whole).toEqual(WireResponse.encode({ number: 0, kind: encodeResultKind(one) }).finish())
      }),
    )
  })

  it('to a patch', () => {
    fc.assert(
      fc.property(patch, (one) => {
        expect(encodePatch(one)).toEqual(generated(one))
      }),
    )
  })

  it('to a patch, and reads from a patch what generated code reads', () => {
    fc.assert(
      fc.property(patch, (one) => {
        expect(decodePatch(generated(one))).toEqual(readByGenerated(generated(one)))
      }),
    )
  })

  it('to the row of an entry', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), entry, (slot, { revision, version, value }) => {
        const row = EntryRow.encode({ slot, revision, version, value: wire(value) }).finish()
        expect(encodeEntry({ slot, revision, version, value })).toEqual(row)
      }),
    )
  })
})

describe('an answer made of an encoded result', () => {
  it('says what one made of the result says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), result, (number, one) => {
        const { whole } = encodeResult(one, Number.POSITIVE_INFINITY)
        const made = encoded(ServerFrame, { responses: [encodeResponse(number, one)] })
        expect(ServerFrame.decode(encodedAnswer(number, whole))).toEqual(ServerFrame.decode(made))
      }),
    )
  })
})

describe('a value that nobody could read back', () => {
  const nested = (levels: number): Value => (levels === 0 ? null : [nested(levels - 1)])
  const written = (value: Value) => encodedBy((writer) => writeValue(writer, value))

  it.each<[string, Value, RegExp]>([
    ['beyond 64 bits', 2n ** 63n, /^an int beyond 64 bits/],
    ['not finite', Number.NaN, /^a float that is not finite/],
    ['nested too deeply', nested(VALUE_NESTING_MAX + 1), /^a value nested deeper than 31/],
  ])('%s is refused, and the next one is written as ever', (_, value, why) => {
    expect(() => written(value)).toThrow(why)
    expect(WireValue.decode(written('well'))).toEqual({ kind: { $case: 'string', value: 'well' } })
  })
})
