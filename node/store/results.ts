import type { RecordedResult } from '../../proto/gen/decree/v1/record.ts'

/** A session's results as records, by ascending request number: one order, so that equal sessions have equal rows. */
export function encodeResults(results: ReadonlyMap<number, Uint8Array>): RecordedResult[] {
  return Array.from(inOrder(results), ([number, result]) => ({
    number,
    result: Buffer.from(result.buffer, result.byteOffset, result.byteLength),
  }))
}

/** By ascending number: mostly they are already. */
export function inOrder(results: ReadonlyMap<number, Uint8Array>): Iterable<readonly [number, Uint8Array]> {
  let last = Number.NEGATIVE_INFINITY
  for (const number of results.keys()) {
    if (number < last) return [...results].sort(([a], [b]) => a - b)
    last = number
  }
  return results
}

/** The results of records, by request number. */
export function decodeResults(records: readonly RecordedResult[]): ReadonlyMap<number, Uint8Array> {
  return new Map(
    records.map(({ number, result }) => [number, new Uint8Array(result.buffer, result.byteOffset, result.byteLength)]),
  )
}
