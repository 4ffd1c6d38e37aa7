import type { RowChange, Snapshot } from './disk.ts'
import { mergeSession } from './merge.ts'
import { decodeSession, encodeSession } from './rows.ts'
import type { Session } from './store.ts'

/** All sessions, in memory; every change is written through. */
export class Sessions {
  /** By the first letter of their ids, which tells how long they may be idle. */
  readonly #live = new Map<string, LiveSessions>()
  readonly #dropped = new Map<string, Session>()
  readonly #changed = new Set<string>()

  /** Throws an Error on a row that is no session. */
  constructor(snapshot: Snapshot) {
    for (const { key, value } of snapshot.rows('sessions', new Uint8Array())) {
      this.#put(Buffer.from(key).toString(), decodeSession(value))
    }
  }

  /** Dropped sessions are shown as such. */
  get(id: string): Session | undefined {
    return this.#live.get(id.charAt(0))?.get(id) ?? this.#dropped.get(id)
  }

  merge(id: string, arriving: Session): void {
    const held = this.get(id)
    const merged = mergeSession(id, held, arriving)
    if (merged === held) return
    this.#changed.add(id)
    this.#put(id, merged)
  }

  #put(id: string, session: Session): void {
    const letter = id.charAt(0)
    const live = this.#live.get(letter) ?? new LiveSessions()
    this.#live.set(letter, live)
    live.delete(id)
    this.#dropped.delete(id)
    if (session.dropped) this.#dropped.set(id, session)
    else live.add(id, session)
  }

  /** Those whose ids begin with `letter` and that are not dropped, the longest unchanged first. */
  idle(letter: string): IterableIterator<readonly [id: string, session: Session]> {
    return (this.#live.get(letter) ?? new LiveSessions()).byLastChange()
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

/** Sessions in the order of their last change, sorted anew only when they were asked for and are not. */
class LiveSessions {
  #sessions = new Map<string, Session>()
  #isOrdered = true
  /** No session is later. */
  #latestMs = 0

  get(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  delete(id: string): void {
    this.#sessions.delete(id)
  }

  /** One that is not here. */
  add(id: string, session: Session): void {
    this.#sessions.set(id, session)
    // Decrees come in the order of time, but snapshots and late patches do not.
    if (session.timeMs < this.#latestMs) this.#isOrdered = false
    else this.#latestMs = session.timeMs
  }

  byLastChange(): IterableIterator<readonly [id: string, session: Session]> {
    if (!this.#isOrdered) {
      this.#sessions = new Map([...this.#sessions].sort(([, a], [, b]) => a.timeMs - b.timeMs || a.slot - b.slot))
      this.#isOrdered = true
    }
    return this.#sessions.entries()
  }
}
