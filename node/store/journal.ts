import { encoded } from '../../proto/encode.ts'
import { Decree as WireDecree } from '../../proto/gen/decree/v1/record.ts'
import type { Accepted, ChosenDecree, Decree } from '../core/index.ts'
import { decodeDecree, encodeDecree } from '../records.ts'
import type { FrozenRows, RowChange, Snapshot } from './disk.ts'

/** What the state says of the accepted decree: all but the decree, which the journal's table holds. */
export interface AcceptedMark {
  readonly slot: number
  /** Of stores of format 1. */
  readonly chosen: boolean
  /** Completes it. Throws an Error if the mark itself cannot be read. */
  with(decree: Decree): Accepted
}

/**
 * Bytes of chosen decrees that the table keeps: the latest ones. A node that was started anew serves who is hardly behind
 * from those and from what its log has; others get a snapshot. Much more would be written at each checkpoint, for good.
 */
const KEPT_BYTES_MAX = 2 * 2 ** 20

/**
 * The decrees that a node holds: the accepted one, and recent ones known to be chosen, by slot. Their table has the latest
 * of the chosen ones under their slots, big-endian, so that key order is slot order; the accepted one, which may be another
 * than was chosen for its slot, stands apart under a key of its own.
 */
export class Journal {
  #accepted: Accepted | null
  /** Slots whose chosen decree is held, ascending. */
  readonly #chosen: number[]
  /** What the table does not know yet: chosen decrees; null: to be dropped. */
  #changed = new Map<number, Decree | null>()
  /** Bytes of the bodies of those that the table has, by slot. */
  readonly #kept: Map<number, number>
  /** Those that were there when the store was opened; null once they were asked for. */
  #restored: Map<number, Decree> | null

  private constructor(accepted: Accepted | null, chosen: Map<number, Decree>) {
    this.#accepted = accepted
    this.#chosen = [...chosen.keys()]
    this.#kept = new Map(Array.from(chosen, ([slot, { body }]) => [slot, body.length]))
    this.#restored = chosen
  }

  /** Throws an Error on a record that cannot be read and on an accepted decree that is not there. */
  static open(snapshot: Snapshot, mark: AcceptedMark | null): Journal {
    const apart = snapshot.get('journal', APART)
    const chosen = new Map<number, Decree>()
    let accepted: Accepted | null = null
    if (apart !== undefined && mark !== null) accepted = mark.with(decode(apart, mark.slot))
    for (const { key, value } of snapshot.rows('journal', new Uint8Array())) {
      if (key.length !== SLOT_BYTES) continue
      const slot = Number(Buffer.from(key).readBigUInt64BE())
      const decree = decode(value, slot)
      // In format 1 the accepted decree stood among the chosen ones, flagged if it was one of them.
      if (mark?.slot === slot && apart === undefined) {
        accepted = mark.with(decree)
        if (!mark.chosen) continue
      }
      chosen.set(slot, decree)
    }
    if (mark !== null && accepted === null) throw new Error(`the accepted decree of slot ${mark.slot} is not there`)
    const journal = new Journal(accepted, chosen)
    if (mark !== null && apart === undefined && !mark.chosen) journal.#changed.set(mark.slot, null)
    return journal
  }

  get accepted(): Accepted | null {
    return this.#accepted
  }

  /** The chosen decrees as the store is opened with them, by ascending slot. Asked once: from then on others hold them. */
  takeRestored(): readonly ChosenDecree[] {
    const restored = this.#restored ?? new Map<number, Decree>()
    this.#restored = null
    return this.#chosen.flatMap((slot) => {
      const decree = this.#changed.get(slot) ?? restored.get(slot)
      return decree === undefined ? [] : [{ slot, decree }]
    })
  }

  /** Replaces the accepted decree, which is then known no longer, unless it is one of the chosen. */
  accept(accepted: Accepted): void {
    this.#accepted = accepted
  }

  /** This decree is chosen for the slot. */
  choose(slot: number, decree: Decree): void {
    // One decree is chosen for a slot, for ever: what is held is the same.
    const position = this.#position(slot)
    if (this.#chosen[position] === slot) return
    this.#chosen.splice(position, 0, slot)
    this.#changed.set(slot, decree)
  }

  /** Drops the chosen decrees of slots up to `through`, except that of the accepted one's slot. */
  forget(through: number): void {
    const slots = this.#chosen.splice(0, this.#position(through + 1))
    const kept = slots.filter((slot) => slot === this.#accepted?.slot)
    this.#chosen.unshift(...kept)
    for (const slot of slots) if (!kept.includes(slot)) this.#changed.set(slot, null)
  }

  /** Slots that have changed since the last `freeze`. */
  get changes(): number {
    return this.#changed.size
  }

  /**
   * What is to be written, as of now: the chosen decrees at any time before the state, the accepted one with it. Chosen
   * ones that are on the disk early or gone early do no harm.
   */
  freeze(): FrozenRows & { readonly accepted: RowChange } {
    const changed = this.#changed
    this.#changed = new Map()
    this.#keepLatest(changed)
    const accepted = this.#accepted
    const value = accepted === null ? null : encode(accepted.decree)
    return { size: changed.size, changes: decreeChanges(changed), accepted: { table: 'journal', key: APART, value } }
  }

  /** Leaves out of `changed` the decrees that lie too far back to be kept, and adds the kept ones that now do. */
  #keepLatest(changed: Map<number, Decree | null>): void {
    const had = new Set(this.#kept.keys())
    for (const [slot, decree] of changed) {
      if (decree === null) this.#kept.delete(slot)
      else this.#kept.set(slot, decree.body.length)
    }
    let bytes = 0
    for (const slot of [...this.#kept.keys()].sort((a, b) => b - a)) {
      bytes += this.#kept.get(slot) ?? 0
      if (bytes <= KEPT_BYTES_MAX) continue
      this.#kept.delete(slot)
      if (had.has(slot)) changed.set(slot, null)
      else changed.delete(slot)
    }
  }

  /** Where `slot` is, or would be, among the chosen ones. New slots are mostly the highest. */
  #position(slot: number): number {
    let low = 0
    let high = this.#chosen.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#chosen[middle] ?? slot) < slot) low = middle + 1
      else high = middle
    }
    return low
  }
}

function* decreeChanges(decrees: ReadonlyMap<number, Decree | null>): Iterable<RowChange> {
  for (const [slot, decree] of decrees) {
    yield { table: 'journal', key: slotKey(slot), value: decree === null ? null : encode(decree) }
  }
}

const SLOT_BYTES = 8

/** The key of the accepted decree; shorter than any slot's. */
const APART = Buffer.from([0])

function slotKey(slot: number): Buffer {
  const key = Buffer.alloc(SLOT_BYTES)
  key.writeBigUInt64BE(BigInt(slot))
  return key
}

function encode(decree: Decree): Uint8Array {
  return encoded(WireDecree, encodeDecree(decree))
}

function decode(bytes: Uint8Array, slot: number): Decree {
  return decodeDecree(WireDecree.decode(bytes), `decree of slot ${slot}`)
}
