import type { Value } from '../lang/index.ts'
import type { Entry, Response as WireResponse } from '../proto/gen/decree/v1/store.ts'
import { encodeValue } from './values.ts'

/** The closed set of error codes that clients can meet. */
export type ErrorCode =
  | 'syntax_error'
  | 'unknown_name'
  | 'type_error'
  | 'overflow'
  | 'division_by_zero'
  | 'limit_exceeded'
  | 'invalid_key'
  | 'invalid_argument'
  | 'missing_parameter'
  | 'unknown_parameter'
  | 'timeout'
  | 'cancelled'
  | 'unreachable'
  | 'overloaded'
  | 'session_expired'
  | 'settled'
  | 'closed'
  | 'protocol_error'
  | 'version_mismatch'
  | 'internal'

export interface Failure {
  readonly type: 'failed'
  readonly code: ErrorCode
  readonly message: string
  /** `none`: certainly no effect. `unknown`: may have happened. */
  readonly outcome: 'none' | 'unknown'
  readonly position?: { readonly line: number; readonly column: number }
  /** Of `overloaded`: not worth while to try again sooner. Part of no record. */
  readonly retryAfterMs?: number
}

/** What a request gave, or why it gave nothing: answered to clients, and all that sessions may remember of it. */
export type Result =
  | {
      readonly type: 'committed'
      readonly revision: number
      /** In key order. */
      readonly reads: ReadonlyMap<string, Value>
      readonly value: Value
      /** False: a retried result that was too large to be held. */
      readonly complete: boolean
    }
  | { readonly type: 'aborted'; readonly value: Value; readonly reads: ReadonlyMap<string, Value> }
  | Failure

/** A result as the wire and the records have it. Throws an Error on a value that cannot be encoded. */
export function encodeResultKind(result: Result): NonNullable<WireResponse['kind']> {
  switch (result.type) {
    case 'committed': {
      const { revision, complete } = result
      const [reads, value] = [encodeReads(result.reads), encodeValue(result.value)]
      return { $case: 'committed', value: { revision, reads, value, complete } }
    }
    case 'aborted':
      return { $case: 'aborted', value: { value: encodeValue(result.value), reads: encodeReads(result.reads) } }
    case 'failed': {
      const { code, message, outcome, position, retryAfterMs = 0 } = result
      return { $case: 'failed', value: { code, message, unknown: outcome === 'unknown', position, retryAfterMs } }
    }
    default:
      return result satisfies never
  }
}

function encodeReads(reads: ReadonlyMap<string, Value>): Entry[] {
  return Array.from(reads, ([key, value]) => ({ key, value: encodeValue(value) }))
}
