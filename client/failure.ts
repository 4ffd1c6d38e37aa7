import type { Failed } from '../proto/gen/decree/v1/store.ts'
import { type Call, outcomeOf, requestIdOf } from './call.ts'
import { DecreeError, type ErrorCode, isAboutTheProgram } from './errors.ts'

/** Whether the request was certainly not executed, and not for any fault of its own: it is worth another attempt. */
export function isRefusal(code: ErrorCode, { unknown }: Failed): boolean {
  return !unknown && (code === 'overloaded' || code === 'unreachable' || code === 'closed' || code === 'timeout')
}

/** What else a failure says of the call: the error that it ends with, and whether that is recorded for every copy of it. */
export function endOf(
  call: Call,
  code: ErrorCode,
  { message, position, unknown }: Failed,
): { readonly error: DecreeError; readonly isRecord: boolean } {
  // How a program itself fails is recorded; anything else speaks for this copy only.
  const isRecord =
    !unknown &&
    (call.recorded === undefined ? isAboutTheProgram(code) : code !== 'protocol_error' && code !== 'internal')
  const outcome = isRecord ? 'none' : outcomeOf(call)
  const requestId = outcome === 'unknown' ? requestIdOf(call) : undefined
  return { error: new DecreeError(code, message, { outcome, requestId, position }), isRecord }
}
