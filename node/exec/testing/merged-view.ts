import { compareKeys } from '../../../lang/index.ts'
import { decodePatch, type Entry, type ReadView, type Session } from '../../store/index.ts'

/** The merged state of a store, without a store. Slots are merged in order. */
export class MergedView implements ReadView {
  readonly entries = new Map<string, Entry>()
  readonly sessions = new Map<string, Session>()
  revision = 0
  timeMs = 0
  applied = 0

  get(key: string): Entry | undefined {
    return this.entries.get(key)
  }

  *scan(prefix: string, after: string): IterableIterator<readonly [key: string, entry: Entry]> {
    for (const key of [...this.entries.keys()].sort(compareKeys)) {
      const entry = this.entries.get(key)
      if (entry !== undefined && key.startsWith(prefix) && compareKeys(key, after) > 0) yield [key, entry]
    }
  }

  session(id: string): Session | undefined {
    return this.sessions.get(id)
  }

  *idleSessions(letter: string): IterableIterator<readonly [id: string, session: Session]> {
    const all = [...this.sessions].filter(([id, { dropped }]) => !dropped && id.startsWith(letter))
    yield* all.sort(([, a], [, b]) => a.slot - b.slot)
  }

  merge(slot: number, body: Uint8Array): void {
    if (slot <= this.applied) return
    const patch = decodePatch(body)
    this.applied = slot
    this.revision = Math.max(this.revision, patch.revision)
    this.timeMs = Math.max(this.timeMs, patch.timeMs)
    for (const [key, { revision, version, value }] of patch.entries) {
      this.entries.set(key, { slot, revision, version, value })
    }
    for (const [id, update] of patch.sessions) {
      const before = this.sessions.get(id)
      const isNew = before === undefined || before.dropped
      const acked = Math.max(isNew ? 0 : before.acked, update.acked)
      const results = new Map(
        [...(isNew ? [] : before.results), ...update.results].filter(([number]) => number >= acked),
      )
      const { dropped } = update
      this.sessions.set(id, {
        slot,
        timeMs: patch.timeMs,
        dropped,
        acked: dropped ? 0 : acked,
        results: dropped ? new Map() : results,
      })
    }
  }
}
