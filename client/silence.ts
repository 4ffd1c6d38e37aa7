import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/** Calls that wait for a silent server come first, then those that have waited longest. */
export function isMoreUrgent(one: Call, other: Call, now: number): boolean {
  const isFirst = isSilent(one, now)
  if (isFirst !== isSilent(other, now)) return isFirst
  return one.sentAtMs < other.sentAtMs
}

/** Whether the call has waited for long, and none of the servers that it waits for has said anything. */
export function isSilent(call: Call, now: number): boolean {
  return now - call.sentAtMs >= LIMITS.silenceMs && !isHeard(call, now)
}

/** Whether a server that the call waits for has said something a moment ago. */
export function isHeard({ askedOn }: Call, now: number): boolean {
  for (const { heardAtMs } of askedOn) if (now - heardAtMs < LIMITS.heardMs) return true
  return false
}
