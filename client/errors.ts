/**
 * Why a call failed: the closed set.
 *
 * The program: `syntax_error`, `unknown_name`, `type_error`, `overflow`, `division_by_zero`, `limit_exceeded`,
 * `invalid_key`, `missing_parameter`, `unknown_parameter`. The arguments: `invalid_argument`. The way to the cluster:
 * `timeout`, `cancelled`, `unreachable`, `overloaded`, `session_expired`, `settled`, `closed`. Other callers: `conflict`,
 * which only `transact` gives. Software that does not fit together: `protocol_error`, `version_mismatch`. A fault of
 * ours: `internal`.
 */
export const ERROR_CODES = [
  'syntax_error',
  'unknown_name',
  'type_error',
  'overflow',
  'division_by_zero',
  'limit_exceeded',
  'invalid_key',
  'invalid_argument',
  'missing_parameter',
  'unknown_parameter',
  'timeout',
  'cancelled',
  'conflict',
  'unreachable',
  'overloaded',
  'session_expired',
  'settled',
  'closed',
  'protocol_error',
  'version_mismatch',
  'internal',
] as const

/** One of `ERROR_CODES`. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** `none`: the call certainly had no effect. `unknown`: it may have had its effect, at most once. */
export type Outcome = 'none' | 'unknown'

/** A place in a program's text. Lines and columns count from 1, columns in code points. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** What a `DecreeError` is made of, beside its code and message. */
export interface DecreeErrorDetails {
  /** Default `none`. */
  readonly outcome?: Outcome
  readonly position?: Position | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'timeout',
  'conflict',
  'unreachable',
  'overloaded',
  'session_expired',
])

/** The only class of error that the library throws. */
export class DecreeError extends Error {
  override readonly name = 'DecreeError'
  readonly code: ErrorCode
  /** Whether the call may have had its effect although it failed. */
  readonly outcome: Outcome
  /**
   * True: the same call may succeed later. With `outcome: 'unknown'` look first at what the call was to change:
   * a new call is a new transaction.
   */
  readonly retryable: boolean
  /** Where in the program, if the error lies there. */
  readonly position: Position | undefined
  /** With `outcome: 'unknown'`, where the call was sent: what `Database.outcome` finds out about. */
  readonly requestId: string | undefined
  /** With `overloaded`, where the server said it: milliseconds before which it is not worth while to call again. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, details: DecreeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.outcome = details.outcome ?? 'none'
    this.retryable = RETRYABLE.has(code)
    this.position = details.position
    this.requestId = details.requestId
    this.retryAfterMs = details.retryAfterMs
  }

  /** The error itself if it is one of ours; anything else becomes `internal`, with itself as the cause. */
  static from(error: unknown): DecreeError {
    if (error instanceof DecreeError) return error
    const message = error instanceof Error ? error.message : String(error)
    return new DecreeError('internal', message, { cause: error, outcome: 'unknown' })
  }
}

/** The code that a server names; `internal` for one that this version does not know. */
export function errorCode(code: string): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? 'internal'
}

const ABOUT_THE_PROGRAM: ReadonlySet<ErrorCode> = new Set([
  'syntax_error',
  'unknown_name',
  'type_error',
  'overflow',
  'division_by_zero',
  'limit_exceeded',
  'invalid_key',
  'invalid_argument',
  'missing_parameter',
  'unknown_parameter',
])

/** Whether the program or its parameters are at fault, so that it fails alike wherever and whenever it is tried. */
export function isAboutTheProgram(code: ErrorCode): boolean {
  return ABOUT_THE_PROGRAM.has(code)
}

/** The error for a value of a type that this version does not know. */
export function missingKind(): DecreeError {
  return new DecreeError('protocol_error', 'the server sent a value of no known type', { outcome: 'unknown' })
}
