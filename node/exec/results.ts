import type { Value } from '../../lang/index.ts'
import { encoded } from '../../proto/encode.ts'
import { type Entry, Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import { type ErrorCode, encodeResultKind, type Failure, type Result } from '../result.ts'
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
  return encoded(WireResponse, { number: NO_NUMBER, kind: encodeResultKind(result) })
}

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
