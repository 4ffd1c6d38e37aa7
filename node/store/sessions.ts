import type { Disk, FrozenRows, Row, Snapshot } from './disk.ts'
import { mergeSession } from './merge.ts'
import { type Frozen, Overlay } from './overlay.ts'
import { decodeSession, encodeSession } from './rows.ts'
import type { Session } from './store.ts'

/** All sessions, in memory; which of them the disk does not hold yet as they are is known. */
export class Sessions {
  /** By the first letter of their ids, which tells how long they may be idle. */
  readonly #live = new Map<string, LiveSessions>()
  readonly #dropped = new Map<string, Session>()
  readonly #disk: Pick<Disk, 'scan'>
  readonly #overlay = new Overlay<Session>()

  /** Throws an Error on a row that is no session. */
  constructor(disk: Pick<Disk, 'scan'>, snapshot: Snapshot) {
    this.#disk = disk
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
    this.#overlay.set(id, merged)
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

  /** All behind the id `after` (empty: from the first), as rows. */
  rows(after: Uint8Array): IterableIterator<Row> {
    const rows = this.#disk.scan('sessions', new Uint8Array(), after)
    return this.#overlay.over<Row>(
      rows,
      '',
      Buffer.from(after).toString(),
      (_, row) => row,
      (id, session) => ({ key: Buffer.from(id), value: encodeSession(session) }),
    )
  }

  /** Sessions that have changed since the last `freeze`. */
  get changes(): number {
    return this.#overlay.changes
  }

  /** What is to be written, as of now: call `thaw` when it is. */
  freeze(): FrozenRows {
    const { size, inOrder } = this.#overlay.freeze()
    return { size, changes: sessionChanges(inOrder) }
  }

  thaw(): void {
    this.#overlay.thaw()
  }
}

function* sessionChanges(sessions: Frozen<Session>['inOrder']): FrozenRows['changes'] {
  for (const each of sessions) {
    if (each === undefined) yield undefined
    else yield { table: 'sessions', key: Buffer.from(each[0]), value: encodeSession(each[1]) }
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
