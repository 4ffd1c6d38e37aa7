import { Call, type RequestKind } from '../call.ts'

/** A call that nobody has made, and whose end nobody hears. */
export function idleCall(allowedMs: number, kind: RequestKind = { $case: 'open', value: {} }, session?: number): Call {
  return new Call({ kind, bytes: 1, mayWrite: true, session, resolve: () => {}, reject: () => {} }, allowedMs)
}
