import type { WorkQueue } from './queue.ts'
import { overloaded } from './refusals.ts'
import type { Failure, Request } from './requests.ts'
import type { Term } from './term.ts'

/** What is expected is a mean: so much of a request's time may go by until its answer leaves, by that. */
const SHARE_OF_TIME = 0.5

/**
 * Why a request that comes now is refused at once, certainly without effect; null: it is not. It is, where it would wait
 * to be executed for longer than `waitMsMax`, or be answered only when its own time is nearly over: both by the pace at which
 * the leader answers. Whoever comes when nothing is under way is let in.
 */
export function refusalByPace(
  term: Term,
  queue: WorkQueue,
  { session, deadlineMs }: Request,
  waitMsMax: number,
  nowMs: number,
): Failure | null {
  const executed = term.underWay
  const waiting = queue.ahead(session)
  if (executed + queue.length === 0) {
    term.pace.begin(nowMs)
    return null
  }
  const waitMs = term.pace.expectedMs(waiting)
  const answerMs = term.pace.expectedMs(executed + waiting)
  if (waitMs <= waitMsMax && answerMs <= Math.max(0, deadlineMs - nowMs) * SHARE_OF_TIME) return null
  return overloaded(`the requests before it take about ${Math.ceil(answerMs)} ms`, answerMs)
}
