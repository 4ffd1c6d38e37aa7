import type { Write } from '../effects.ts'
import {
  type Accepted,
  type ChosenDecree,
  type Config,
  type Decree,
  type DurableState,
  type Marks,
  NO_BALLOT,
  type SyncMark,
} from '../types.ts'

/**
 * The store of one node, reduced to what consensus can see of it: which slots are merged, and with what. Each
 * decree's body is unique, so that "merged" can be compared with "chosen".
 */
export class Disk {
  config: Config
  promised = NO_BALLOT
  accepted: Accepted | null = null
  marks: Marks = { complete: 0, from: 1, applied: 0, floor: 0 }
  sync: SyncMark | null = null
  /** Merged slots, with the text of the decree's body. */
  merged = new Map<number, string>()
  journal = new Map<number, Decree>()

  constructor(config: Config) {
    this.config = config
  }

  copy(): Disk {
    const copy = new Disk(this.config)
    Object.assign(copy, this, { merged: new Map(this.merged), journal: new Map(this.journal) })
    return copy
  }

  /** Exactly as a store has to. */
  apply(writes: readonly Write[]): void {
    for (const write of writes) {
      switch (write.type) {
        case 'promised':
          this.promised = write.ballot
          break
        case 'accepted': {
          const { ballot, slot, origin, decree } = write
          this.accepted = { ballot, slot, origin, decree }
          this.config = decree.header.config
          break
        }
        case 'merge':
          this.merged.set(write.slot, text(write.decree.body))
          this.journal.set(write.slot, write.decree)
          break
        case 'marks': {
          const { complete, from, applied, floor } = write
          this.marks = { complete, from, applied, floor }
          break
        }
        case 'chunk':
          for (const [slot, body] of decodeRows(write.chunk)) if (slot > write.after) this.merged.set(slot, body)
          this.sync = write.sync
          break
        case 'forget':
          for (const slot of this.journal.keys()) if (slot <= write.through) this.journal.delete(slot)
          break
        case 'formed':
          this.config = write.config
          break
        default:
          write satisfies never
      }
    }
  }

  restore(): DurableState {
    const recent: ChosenDecree[] = [...this.journal]
      .sort((a, b) => a[0] - b[0])
      .map(([slot, decree]) => ({ slot, decree }))
    const { config, promised, accepted, marks, sync } = this
    return { config, promised, accepted, marks, sync, recent }
  }

  /** Merged slots above `after` behind `cursor`, at most `count`, and the next cursor. */
  chunk(after: number, cursor: string, count: number): { chunk: Uint8Array; cursor: string } {
    const behind = cursor === '' ? after : Math.max(after, Number(cursor))
    const slots = [...this.merged.keys()].filter((slot) => slot > behind).sort((a, b) => a - b)
    const rows = slots.slice(0, count).map((slot) => [slot, this.merged.get(slot)])
    return {
      chunk: new TextEncoder().encode(JSON.stringify(rows)),
      cursor: slots.length > count ? String(slots[count - 1]) : '',
    }
  }
}

export function text(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}

export function decodeRows(chunk: Uint8Array): [slot: number, body: string][] {
  return JSON.parse(text(chunk)) as [number, string][]
}
