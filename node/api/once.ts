import type { Request, Response } from '../exec/requests.ts'
import type { ApiHandler } from './handler.ts'
import { failure, STOPPING } from './requests.ts'

/** A call that gets one answer; it tells when its caller has gone. */
export interface UnaryCall {
  on(event: 'cancelled', listener: () => void): unknown
}

/**
 * Submits the only request of a call and gives `answer` exactly one response: the handler's, or at the deadline
 * `timeout`, outcome unknown; none when the caller goes away before that.
 */
export function submitOnce(
  call: UnaryCall,
  handler: ApiHandler,
  request: Omit<Request, 'deadlineMs'>,
  timeoutMs: number,
  answer: (response: Response) => void,
): void {
  if (handler.stopping) {
    answer(STOPPING)
    return
  }
  let settled = false
  const settle = (response: Response | null) => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    if (response !== null) answer(response)
  }
  const timer = setTimeout(() => {
    settle(failure('timeout', `The request was not answered within ${timeoutMs} ms.`, 'unknown'))
  }, timeoutMs)
  call.on('cancelled', () => settle(null))
  handler.submit({ ...request, deadlineMs: handler.nowMs() + timeoutMs }, settle)
}
