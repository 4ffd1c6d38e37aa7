import type { Call } from './call.ts'
import { LIMITS } from './limits.ts'

/** Calls that wait for a silent server come first, then those that have waited longest. */
export function isMoreUrgent(one: Call, other: Call, now: number): boolean {
  const isFirst = isSilent(one, now)
  if (isFirst !== isSilent(other, now)) return isFirst
  return one.sentAtMs < other.sentAtMs
}

/** Whether the call has waited for long, and none of the servers that it waits for has said anything. */
export function isSilent({ askedOn, sentAtMs }: Call, now: number): boolean {
  if (now - sentAtMs < LIMITS.silenceMs) return false
  for (const { heardAtMs } of askedOn) if (now - heardAtMs < LIMITS.heardMs) return false
  return true
}
