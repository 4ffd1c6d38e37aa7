import type { RecordedResult } from '../../proto/gen/decree/v1/record.ts'

/** A session's results as records, by ascending request number: one order, so that equal sessions have equal rows. */
export function encodeResults(results: ReadonlyMap<number, Uint8Array>): RecordedResult[] {
  return Array.from(results, ([number, result]) => ({
    number,
    result: Buffer.from(result.buffer, result.byteOffset, result.byteLength),
  })).sort((a, b) => a.number - b.number)
}

/** The results of records, by request number. */
export function decodeResults(records: readonly RecordedResult[]): ReadonlyMap<number, Uint8Array> {
  return new Map(
    records.map(({ number, result }) => [number, new Uint8Array(result.buffer, result.byteOffset, result.byteLength)]),
  )
}
