import type { Value } from '../../lang/index.ts'

/** A client's request, as the executor sees it. */
export interface Request {
  /** Names the session: `s<revision>` for Decree's own, `l<id>` for one-request sessions; empty for `open`. */
  readonly session: string
  /** The session's number of the request; a retry keeps it. */
  readonly number: number
  /** Every request of the session numbered below this is settled. */
  readonly acked: number
  /** By the node's monotonic clock, ms: not executed after this. */
  readonly deadlineMs: number
  readonly kind:
    | { readonly type: 'program'; readonly text: string; readonly parameters: ReadonlyMap<string, Value> }
    | { readonly type: 'open' }
    | { readonly type: 'outcome'; readonly number: number }
}

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
}

export type Response =
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
  | { readonly type: 'opened'; readonly session: number }
  /** Not leading. `proposed`: it was part of a proposed decree and may have been executed. */
  | {
      readonly type: 'redirect'
      readonly leader: { readonly id: string; readonly address: string } | null
      readonly proposed: boolean
    }

export type Respond = (response: Response) => void
