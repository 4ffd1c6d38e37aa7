import { LIMITS } from '../limits.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** What bounds an executor. Sizes are in bytes, times in milliseconds. */
export interface ExecutorOptions {
  /** The cost at which a program is stopped; undefined (the default): the language's own bound. */
  readonly costMax: number | undefined
  /**
   * A batch closes before its encoded body grows beyond this. Default 3.75 MiB: the decree around it stays below
   * `LIMITS.decreeBytesMax`, and the largest patch of one transaction (3.5 MiB) with its result fits.
   */
  readonly batchBytesMax: number
  /**
   * How long a request may be expected to wait until it is executed, by the pace at which the leader answers; it is
   * answered `overloaded` at once where that is longer, or too long for its own deadline. Default 1 s: a fifth of
   * the usual deadline.
   */
  readonly waitMsMax: number
  /**
   * Requests that may wait to be executed, or for a parser; more are answered `overloaded`. One session's may be as many
   * as there is room left. Default 50,000: what a client may have under way, twice and a half.
   */
  readonly queueMax: number
  /** What the texts and parameters of waiting requests may take in memory, likewise. Default 64 MiB. */
  readonly queueBytesMax: number
  /** Reads that may wait for their confirmation; further requests stay in the queue until then. Default 10,000. */
  readonly readsMax: number
  /** What the answers of those may take in memory. Default 32 MiB. */
  readonly readsBytesMax: number
  /**
   * Waiting requests executed in one call, so that a long queue does not hold the event loop while heartbeats are
   * due; the next call of any method goes on. Default 250: some 50 ms in a process that has hardly run yet, and 3 ms later.
   */
  readonly drainMax: number
  /**
   * What compiling and executing may cost in one turn of the event loop, in the units of `costMax`; the next turn goes
   * on. Default 40,000: twice what one program may cost, some 40 ms at worst.
   */
  readonly turnCostMax: number
  /** A request that comes so long after the first one of a turn of the event loop is left to the next. Default 20 ms. */
  readonly turnMsMax: number
  /** What the answers of one batch may take in memory; it closes before. Default 16 MiB. */
  readonly answersBytesMax: number
  /** Compiled programs kept; a shape that would take half of three quarters of it is not. Default 40 MiB: all are. */
  readonly programCacheBytes: number
  /** A result larger than this is answered once, but recorded without its values. Default 64 KiB. */
  readonly resultBytesMax: number
  /**
   * Results held for one session, and their bytes: its record is one row, which must fit into a message to a peer. Beyond
   * the bytes results are recorded without their values; beyond the count its requests are answered `overloaded`
   * until the client settles earlier ones. Defaults 8,192 and 2 MiB.
   */
  readonly sessionResultsMax: number
  readonly sessionBytesMax: number
  /** A session unchanged for this long, by the time in decrees, is dropped. Default one hour. */
  readonly sessionIdleMs: number
  /** The same for sessions of one request. Default ten minutes. */
  readonly oneShotIdleMs: number
  /** Sessions dropped by one batch, or twice its transactions if that is more: expiry must not make batches slow. Default 100. */
  readonly dropsMax: number
  /** Hears what a `Respond` threw. The executor's state is whole by then. Default: nobody. */
  readonly onRespondError: (error: unknown) => void
}

export const DEFAULT_EXECUTOR_OPTIONS: ExecutorOptions = {
  costMax: undefined,
  batchBytesMax: LIMITS.decreeBytesMax - 256 * KiB,
  waitMsMax: 1_000,
  queueMax: 50_000,
  queueBytesMax: 64 * MiB,
  readsMax: 10_000,
  readsBytesMax: 32 * MiB,
  drainMax: 250,
  turnCostMax: 40_000,
  turnMsMax: 20,
  answersBytesMax: 16 * MiB,
  programCacheBytes: 40 * MiB,
  resultBytesMax: 64 * KiB,
  sessionResultsMax: 8_192,
  sessionBytesMax: 2 * MiB,
  sessionIdleMs: 3_600_000,
  oneShotIdleMs: 600_000,
  dropsMax: 100,
  onRespondError: () => undefined,
}
