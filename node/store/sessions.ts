import type { RowChange, Snapshot } from './disk.ts'
import { mergeSession } from './merge.ts'
import { decodeSession, encodeSession } from './rows.ts'
import type { Session } from './store.ts'

/** All sessions, in memory; every change is written through. */
export class Sessions {
  /** By last change, the longest unchanged first, unless `#isOrdered` is false. */
  #live: Map<string, Session>
  #isOrdered = false
  readonly #dropped: Map<string, Session>
  readonly #changed = new Set<string>()
  /** No live session is later, while they are in order. */
  #latestMs = 0

  /** Throws an Error on a row that is no session. */
  constructor(snapshot: Snapshot) {
    const sessions = Array.from(
      snapshot.rows('sessions', new Uint8Array()),
      ({ key, value }) => [Buffer.from(key).toString(), decodeSession(value)] as const,
    )
    this.#live = new Map(sessions.filter(([, { dropped }]) => !dropped))
    this.#dropped = new Map(sessions.filter(([, { dropped }]) => dropped))
  }

  /** Dropped sessions are shown as such. */
  get(id: string): Session | undefined {
    return this.#live.get(id) ?? this.#dropped.get(id)
  }

  merge(id: string, arriving: Session): void {
    const held = this.get(id)
    const merged = mergeSession(id, held, arriving)
    if (merged === held) return
    this.#changed.add(id)
    this.#live.delete(id)
    this.#dropped.delete(id)
    if (merged.dropped) {
      this.#dropped.set(id, merged)
    } else {
      this.#live.set(id, merged)
      // Decrees come in the order of time, but snapshots and late patches do not.
      if (merged.timeMs < this.#latestMs) this.#isOrdered = false
      else this.#latestMs = merged.timeMs
    }
  }

  /** Those that begin with `prefix` and are not dropped, the longest unchanged first. */
  *idle(prefix: string): IterableIterator<readonly [id: string, session: Session]> {
    if (!this.#isOrdered) {
      const rows = [...this.#live].sort(([, a], [, b]) => a.timeMs - b.timeMs || a.slot - b.slot)
      this.#live = new Map(rows)
      this.#latestMs = rows.at(-1)?.[1].timeMs ?? 0
      this.#isOrdered = true
    }
    for (const row of this.#live) if (row[0].startsWith(prefix)) yield row
  }

  /** The changes since the last call, one row for each session. */
  collect(): readonly RowChange[] {
    const changes: RowChange[] = []
    for (const id of this.#changed) {
      const session = this.get(id)
      if (session !== undefined) {
        changes.push({ table: 'sessions', key: Buffer.from(id), value: encodeSession(session) })
      }
    }
    this.#changed.clear()
    return changes
  }
}
