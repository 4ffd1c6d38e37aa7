import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Value } from '../../lang/index.ts'
import { encoded, encodedBy } from '../../proto/encode.ts'
import { type Entry, Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import { type ErrorCode, encodeResultKind, type Failure, type Result } from '../result.ts'
import { writeEntry, writeValue } from '../value-writer.ts'
import { decodeValue } from '../values.ts'

/** A result's encoding, and what decrees and sessions keep of it: mostly the same. */
export interface EncodedResult {
  readonly whole: Uint8Array
  readonly kept: Uint8Array
}

/**
 * Encodes a result. If that takes more than `bytesMax` bytes, it is kept without its values: of a committed one remains
 * its revision with `complete: false`, of an aborted one that it was aborted, of a failure the beginning of its message.
 * `bytesMax`: at least 256.
 *
 * Throws an Error on a value that cannot be encoded.
 */
export function encodeResult(result: Result, bytesMax: number): EncodedResult {
  const whole = encodeWhole(result)
  return { whole, kept: whole.byteLength <= bytesMax ? whole : encodeWhole(withoutValues(result, bytesMax)) }
}

/** The result that `encodeResult` encoded, or kept. Throws an Error on other bytes. */
export function decodeResult(bytes: Uint8Array): Result {
  return decodeResultKind(WireResponse.decode(bytes).kind)
}

/** The result that the kind of an answer stands for. Throws an Error on what is none. */
export function decodeResultKind(kind: WireResponse['kind']): Result {
  switch (kind?.$case) {
    case 'committed': {
      const { revision, reads, value, complete } = kind.value
      return { type: 'committed', revision, reads: decodeReads(reads), value: decodePresent(value), complete }
    }
    case 'aborted':
      return { type: 'aborted', value: decodePresent(kind.value.value), reads: decodeReads(kind.value.reads) }
    case 'failed': {
      const { code, message, unknown, position } = kind.value
      const failure: Failure = {
        type: 'failed',
        code: isErrorCode(code) ? code : 'internal',
        message,
        outcome: unknown ? 'unknown' : 'none',
      }
      return position === undefined
        ? failure
        : { ...failure, position: { line: position.line, column: position.column } }
    }
    default:
      throw new Error(`a recorded result of the kind ${kind?.$case ?? 'none'}`)
  }
}

function encodeWhole(result: Result): Uint8Array {
  if (result.type === 'failed') return encoded(WireResponse, { number: NO_NUMBER, kind: encodeResultKind(result) })
  return encodedBy((writer) =>
    result.type === 'committed' ? writeCommitted(writer, result) : writeAborted(writer, result),
  )
}

function writeCommitted(writer: BinaryWriter, { revision, reads, value, complete }: Committed): void {
  writer.uint32(COMMITTED).fork()
  if (revision !== 0) writer.uint32(8).uint64(revision)
  writeReads(writer, reads)
  writer.uint32(26).fork()
  writeValue(writer, value)
  writer.join()
  if (complete) writer.uint32(32).bool(true)
  writer.join()
}

function writeAborted(writer: BinaryWriter, { value, reads }: Aborted): void {
  writer.uint32(ABORTED).fork()
  writer.uint32(10).fork()
  writeValue(writer, value)
  writer.join()
  writeReads(writer, reads)
  writer.join()
}

/** Both kinds of results have them under the same number. */
function writeReads(writer: BinaryWriter, reads: ReadonlyMap<string, Value>): void {
  for (const [key, value] of reads) {
    writer.uint32(18).fork()
    writeEntry(writer, key, value)
    writer.join()
  }
}

type Committed = Extract<Result, { type: 'committed' }>
type Aborted = Extract<Result, { type: 'aborted' }>

/** Tags of `Response`. */
const COMMITTED = 18
const ABORTED = 26

function withoutValues(result: Result, bytesMax: number): Result {
  switch (result.type) {
    case 'committed':
      return { type: 'committed', revision: result.revision, reads: NO_READS, value: null, complete: false }
    case 'aborted':
      return { type: 'aborted', value: null, reads: NO_READS }
    case 'failed':
      return {
        ...result,
        message: result.message.slice(0, Math.max(0, Math.floor((bytesMax - FAILURE_BYTES) / UNIT_BYTES))),
      }
    default:
      return result satisfies never
  }
}

function decodeReads(entries: readonly Entry[]): ReadonlyMap<string, Value> {
  const reads = new Map<string, Value>()
  for (const { key, value } of entries) reads.set(key, decodePresent(value))
  return reads
}

function decodePresent(value: Entry['value']): Value {
  if (value === undefined) throw new Error('a recorded result without a value')
  return decodeValue(value)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code)
}

/** Is not written: whoever answers puts the request's before it. */
const NO_NUMBER = 0

const NO_READS: ReadonlyMap<string, Value> = new Map()

/** What a failure takes beside its message, at most: code, place, tags. */
const FAILURE_BYTES = 64

/** A UTF-16 unit of a text takes at most this many bytes of UTF-8. */
const UNIT_BYTES = 3

/** An object, because the compiler then checks that none is missing. */
const ERROR_CODES: Readonly<Record<ErrorCode, true>> = {
  syntax_error: true,
  unknown_name: true,
  type_error: true,
  overflow: true,
  division_by_zero: true,
  limit_exceeded: true,
  invalid_key: true,
  invalid_argument: true,
  missing_parameter: true,
  unknown_parameter: true,
  timeout: true,
  cancelled: true,
  unreachable: true,
  overloaded: true,
  session_expired: true,
  settled: true,
  closed: true,
  protocol_error: true,
  version_mismatch: true,
  internal: true,
}
