import type { ParseJob } from '../../lang/index.ts'

/** What an executor asks of the node around it. None of it may call the executor from within. */
export interface ExecutorHost {
  /** Since 1970, ms. It may go back; what programs see of it does not. */
  wallClockMs(): number
  /** A new one at each call. */
  uuid(): string
  /** Has a shape parsed away from this thread, and reports by `parsed`. It gets one job at a time. */
  parse(job: ParseJob): void
}

/** A batch sealed for consensus. */
export interface Batch {
  /** An encoded patch: a decree's body. */
  readonly body: Uint8Array
  /** Transactions in it. */
  readonly count: number
}
