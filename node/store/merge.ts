import type { Entry, Session } from './store.ts'

// Merging is associative, commutative along the chosen sequence, and idempotent: patches may arrive in any order,
// again, or inside a snapshot, and all replicas end with equal rows.

/** The entry of the higher revision. Returns `held` itself when nothing changes. */
export function mergeEntry(held: Entry | undefined, arriving: Entry): Entry {
  return held === undefined || arriving.revision > held.revision ? arriving : held
}

/**
 * Both sessions' knowledge in one: the higher `acked`, all results at or above it, by ascending number, the later
 * slot and time. A dropped session stays dropped, in whatever order the news arrives. Returns `held` itself when
 * nothing changes.
 *
 * A one-request session may be opened anew after it was dropped; it holds one result, so that the later slot is
 * the whole truth.
 */
export function mergeSession(id: string, held: Session | undefined, arriving: Session): Session {
  if (held === undefined) return settle(arriving)
  if (isOneRequest(id)) return arriving.slot > held.slot ? settle(arriving) : held
  const [earlier, later] = arriving.slot < held.slot ? [arriving, held] : [held, arriving]
  const merged = settle({
    slot: later.slot,
    timeMs: Math.max(held.timeMs, arriving.timeMs),
    dropped: held.dropped || arriving.dropped,
    acked: Math.max(held.acked, arriving.acked),
    results: new Map([...earlier.results, ...later.results]),
  })
  return isSame(held, merged) ? held : merged
}

/** Sessions of one request are named `l` (by LattiStore's contract) or `x` (by `Execute`) and the request's id. */
function isOneRequest(id: string): boolean {
  return id.startsWith('l') || id.startsWith('x')
}

/** Without what is settled: results below `acked`, and all of a dropped session. */
function settle(session: Session): Session {
  const { acked, dropped, results } = session
  const kept = dropped ? [] : [...results].filter(([number]) => number >= acked).sort(([a], [b]) => a - b)
  return { ...session, results: new Map(kept) }
}

/** Whether merging changed nothing. A result never changes once it is there, so that their number tells. */
function isSame(held: Session, merged: Session): boolean {
  return (
    held.slot === merged.slot &&
    held.timeMs === merged.timeMs &&
    held.dropped === merged.dropped &&
    held.acked === merged.acked &&
    held.results.size === merged.results.size
  )
}
