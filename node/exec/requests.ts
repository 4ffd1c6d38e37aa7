import type { Value } from '../../lang/index.ts'
import type { Result } from '../result.ts'

export type { ErrorCode, Failure, Result } from '../result.ts'

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

export type Response =
  | Result
  | { readonly type: 'opened'; readonly session: number }
  /** Not leading. `proposed`: it was part of a proposed decree and may have been executed. */
  | {
      readonly type: 'redirect'
      readonly leader: { readonly id: string; readonly address: string } | null
      readonly proposed: boolean
    }

/** Not led elsewhere, and not answered either: it may have been executed, and what was recorded is had by asking again. */
export const ASK_AGAIN: Response = { type: 'redirect', leader: null, proposed: true }

/** Hears how a request has ended. `encoded`: a result's encoding, by `encodeResult`, where it was made already. */
export type Respond = (response: Response, encoded?: Uint8Array) => void
