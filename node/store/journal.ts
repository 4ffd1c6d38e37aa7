import { Decree as WireDecree } from '../../proto/gen/decree/v1/record.ts'
import type { Accepted, ChosenDecree, Decree } from '../core/index.ts'
import { decodeDecree, encodeDecree } from '../records.ts'
import type { RowChange, Snapshot } from './disk.ts'

/**
 * The decrees that a node holds, by slot: the accepted one, and recent ones known to be chosen. Every record is of
 * a chosen decree, save that of an accepted one which is not flagged.
 *
 * Each method returns what its change means for the disk, to be committed with everything else of the same write.
 */
export interface Journal {
  readonly accepted: Accepted | null
  /** The accepted decree is known to be chosen for its slot. */
  readonly acceptedIsChosen: boolean
  /** Replaces the accepted decree. An older one's record goes, unless it is known to be chosen. */
  accept(accepted: Accepted): readonly RowChange[]
  /** This decree is chosen for the slot. */
  choose(slot: number, decree: Decree): readonly RowChange[]
  /** Drops the chosen decrees of slots up to `through`, except that of the accepted one's slot. */
  forget(through: number): readonly RowChange[]
}

/** What `openJournal` needs to know of the accepted decree: all but the decree, which the journal holds. */
export interface AcceptedMark {
  readonly slot: number
  readonly chosen: boolean
  /** Completes it. Throws an Error if the mark itself cannot be read. */
  with(decree: Decree): Accepted
}

/**
 * The journal as a table: decrees by slot, big-endian, so that key order is slot order.
 *
 * A node may learn that another decree than the one it has accepted was chosen for that slot. It must go on
 * reporting the one that it accepted until it accepts again, so that this is then kept apart, under `APART`.
 *
 * Throws an Error on a record that cannot be read and on an accepted decree that is not there.
 */
export function openJournal(
  snapshot: Snapshot,
  mark: AcceptedMark | null,
): { readonly journal: Journal; readonly recent: readonly ChosenDecree[] } {
  const apart = snapshot.get('journal', APART)
  const recent: ChosenDecree[] = []
  let accepted: Accepted | null = null
  if (apart !== undefined && mark !== null) accepted = mark.with(decode(apart, mark.slot))
  for (const { key, value } of snapshot.rows('journal', new Uint8Array())) {
    if (key.length !== SLOT_BYTES) continue
    const slot = Number(Buffer.from(key).readBigUInt64BE())
    const decree = decode(value, slot)
    if (mark?.slot === slot && apart === undefined) {
      accepted = mark.with(decree)
      if (!mark.chosen) continue
    }
    recent.push({ slot, decree })
  }
  if (mark !== null && accepted === null) throw new Error(`the accepted decree of slot ${mark.slot} is not there`)
  const slots = recent.map(({ slot }) => slot)
  return { journal: new TableJournal(accepted, apart !== undefined, slots), recent }
}

class TableJournal implements Journal {
  #accepted: Accepted | null
  #isApart: boolean
  /** Slots whose chosen decree is held, ascending. */
  readonly #chosen: number[]

  constructor(accepted: Accepted | null, isApart: boolean, chosen: number[]) {
    this.#accepted = accepted
    this.#isApart = isApart
    this.#chosen = chosen
  }

  get accepted(): Accepted | null {
    return this.#accepted
  }

  get acceptedIsChosen(): boolean {
    return this.#accepted !== null && !this.#isApart && this.#holds(this.#accepted.slot)
  }

  accept(accepted: Accepted): readonly RowChange[] {
    const before = this.#accepted
    this.#accepted = accepted
    // Accepted again in a higher ballot: the record stays as it is, flag included.
    if (before?.slot === accepted.slot && isSame(before.decree, accepted.decree)) return []

    const changes: RowChange[] = []
    if (before !== null) {
      if (this.#isApart) changes.push(remove(APART))
      else if (!this.#holds(before.slot)) changes.push(remove(slotKey(before.slot)))
    }
    this.#isApart = this.#holds(accepted.slot)
    changes.push(put(this.#isApart ? APART : slotKey(accepted.slot), accepted.decree))
    return changes
  }

  choose(slot: number, decree: Decree): readonly RowChange[] {
    // One decree is chosen for a slot, for ever: what is held is the same.
    if (this.#holds(slot)) return []
    const changes: RowChange[] = []
    const accepted = this.#accepted
    if (accepted?.slot !== slot) {
      changes.push(put(slotKey(slot), decree))
    } else if (!isSame(accepted.decree, decree)) {
      this.#isApart = true
      changes.push(put(APART, accepted.decree), put(slotKey(slot), decree))
    }
    this.#chosen.splice(this.#position(slot), 0, slot)
    return changes
  }

  forget(through: number): readonly RowChange[] {
    const slots = this.#chosen.splice(0, this.#position(through + 1))
    const kept = slots.filter((slot) => slot === this.#accepted?.slot)
    this.#chosen.unshift(...kept)
    return slots.filter((slot) => !kept.includes(slot)).map((slot) => remove(slotKey(slot)))
  }

  #holds(slot: number): boolean {
    return this.#chosen[this.#position(slot)] === slot
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

const SLOT_BYTES = 8

/** The key of an accepted decree that lost its slot to another; shorter than any slot's. */
const APART = Buffer.from([0])

function slotKey(slot: number): Buffer {
  const key = Buffer.alloc(SLOT_BYTES)
  key.writeBigUInt64BE(BigInt(slot))
  return key
}

function put(key: Buffer, decree: Decree): RowChange {
  return { table: 'journal', key, value: encode(decree) }
}

function remove(key: Buffer): RowChange {
  return { table: 'journal', key, value: null }
}

function encode(decree: Decree): Uint8Array {
  return WireDecree.encode(encodeDecree(decree)).finish()
}

function decode(bytes: Uint8Array, slot: number): Decree {
  return decodeDecree(WireDecree.decode(bytes), `decree of slot ${slot}`)
}

function isSame(a: Decree, b: Decree): boolean {
  return a === b || (a.body.length === b.body.length && Buffer.compare(encode(a), encode(b)) === 0)
}
