import type { ProgramView } from '../../lang/index.ts'
import { SortedKeys } from '../sorted-keys.ts'
import { decodePatch, encodePatch, type Patch, type PatchEntry, type ReadView } from '../store/index.ts'
import { type KeyedEntry, mergeScans } from './merge-scans.ts'
import type { Respond, Response } from './requests.ts'
import { FIELD_BYTES, NUMBER_BYTES } from './size.ts'

/** A response that waits for something. */
export interface Answer {
  readonly respond: Respond
  readonly response: Response
  /** Of a result, where it was made already. */
  readonly encoded?: Uint8Array
}

/** What a layer changes in a session. */
export interface LayerSession {
  dropped: boolean
  acked: number
  readonly results: Map<number, Uint8Array>
  /** Of the results that were put here, settled ones included. */
  bytes: number
}

/** What one batch changes, on top of all earlier slots: a patch that can still grow, or one on its way. */
export class Layer implements Patch {
  /** The slot that it is proposed for; null while it is being built. */
  slot: number | null = null
  /** Chosen in this ballot. */
  chosen = false
  /** Transactions in it. */
  count = 0
  /** Never below the bytes of its encoded patch. */
  bytes = 2 * NUMBER_BYTES + FIELD_BYTES
  /** How many reads had arrived when it was proposed: its choice confirms that this node led after them. */
  readsBefore = 0
  revision: number
  timeMs: number
  readonly sessions: Map<string, LayerSession>
  /** Answered when the layer is chosen. */
  answers: Answer[] = []
  /** What those take in memory, roughly. */
  answersBytes = 0
  readonly #entries = new Map<string, PatchEntry>()
  /** The keys of those in order; null until a program has scanned. */
  #keys: SortedKeys | null = null

  constructor(revision: number, timeMs: number) {
    this.revision = revision
    this.timeMs = timeMs
    this.sessions = new Map()
  }

  get entries(): ReadonlyMap<string, PatchEntry> {
    return this.#entries
  }

  put(key: string, entry: PatchEntry): void {
    if (!this.#entries.has(key)) this.#keys?.add(key)
    this.#entries.set(key, entry)
  }

  /** Entries whose keys start with `prefix` and are above `after` (empty: all), by key. */
  *scan(prefix: string, after: string): IterableIterator<KeyedEntry> {
    if (this.#entries.size === 0) return
    this.#keys ??= new SortedKeys(this.#entries.keys())
    for (const key of this.#keys.scan(prefix, after)) {
      const entry = this.#entries.get(key)
      if (entry !== undefined) yield [key, entry]
    }
  }

  /** The layer of a decree that is re-proposed for `slot`; an empty body changes nothing. `below`: the state that it changes. */
  static decode(body: Uint8Array, slot: number, below: { readonly revision: number; readonly timeMs: number }): Layer {
    const layer = new Layer(below.revision, below.timeMs)
    layer.slot = slot
    if (body.byteLength === 0) return layer
    const patch = decodePatch(body)
    layer.revision = Math.max(below.revision, patch.revision)
    layer.timeMs = Math.max(below.timeMs, patch.timeMs)
    for (const [key, entry] of patch.entries) layer.put(key, entry)
    for (const [id, { dropped, acked, results }] of patch.sessions) {
      let bytes = 0
      for (const result of results.values()) bytes += result.byteLength
      layer.sessions.set(id, { dropped, acked, results: new Map(results), bytes })
    }
    return layer
  }

  encode(): Uint8Array {
    return encodePatch(this)
  }

  /** The session's changes here, to be added to. */
  session(id: string): LayerSession {
    let session = this.sessions.get(id)
    if (session === undefined) {
      session = { dropped: false, acked: 0, results: new Map(), bytes: 0 }
      this.sessions.set(id, session)
      this.bytes += sessionBytes(id)
    }
    return session
  }

  /** Drops a session that no layer has touched. */
  drop(id: string): void {
    this.session(id).dropped = true
  }
}

/** What a session's first change adds to the encoded patch, at most. */
export function sessionBytes(id: string): number {
  return 2 * FIELD_BYTES + Buffer.byteLength(id) + 2 * NUMBER_BYTES
}

/** What recording a result adds to the encoded patch, at most. */
export function resultBytes(result: Uint8Array): number {
  return 2 * FIELD_BYTES + NUMBER_BYTES + result.byteLength
}

/**
 * The state that programs run on: the merged view; on it the layers that are chosen but not yet merged, in slot
 * order; on them the one in flight; on top the one being built.
 */
export class Layers implements ProgramView {
  readonly #view: ReadView
  #chosen: Layer[] = []
  #flight: Layer | null
  #building: Layer
  #applied = 0
  /** All of them; null: other ones than when it was last asked. */
  #fromTop: readonly Layer[] | null = null

  /** `reproposed`: the body of the re-proposed decree of `slot`, null if there is none. */
  constructor(view: ReadView, slot: number, reproposed: Uint8Array | null) {
    this.#view = view
    this.#flight = reproposed === null ? null : Layer.decode(reproposed, slot, view)
    const below = this.#flight ?? view
    this.#building = new Layer(below.revision, below.timeMs)
  }

  get view(): ReadView {
    return this.#view
  }

  /** Proposed, or sealed to be proposed, and not yet chosen in this ballot. */
  get flight(): Layer | null {
    return this.#flight
  }

  get building(): Layer {
    return this.#building
  }

  /** The highest layer that changes anything and is not known to be chosen: what a read has to wait for. */
  get unsettled(): Layer | null {
    return this.#building.count > 0 ? this.#building : this.#flight
  }

  /** The last revision given out. */
  get revision(): number {
    return this.#building.revision
  }

  /** A key's latest entry. A tombstone has the value null. */
  get(key: string): PatchEntry | undefined {
    const entry = this.#building.entries.get(key) ?? this.#flight?.entries.get(key)
    if (entry !== undefined) return entry
    for (let index = this.#chosen.length - 1; index >= 0; index--) {
      const chosen = this.#chosen[index]?.entries.get(key)
      if (chosen !== undefined) return chosen
    }
    return this.#view.get(key)
  }

  /**
   * The latest entries whose keys start with `prefix` and are above `after` (empty: all), by key, read as they are
   * taken. A tombstone has the value null. No layer may change meanwhile.
   */
  scan(prefix: string, after: string): Iterable<KeyedEntry> {
    const scans = Array.from(this.fromTop, (layer): Iterable<KeyedEntry> => layer.scan(prefix, after))
    return mergeScans([...scans, this.#view.scan(prefix, after)])
  }

  /** From the top down. */
  get fromTop(): readonly Layer[] {
    this.#fromTop ??= [this.#building, ...(this.#flight === null ? [] : [this.#flight]), ...this.#chosen.toReversed()]
    return this.#fromTop
  }

  /** The built layer is on its way; a new one begins on it. */
  seal(): Layer {
    if (this.#flight !== null) throw new Error(`sealed a batch while slot ${this.#flight.slot} is in flight`)
    this.#fromTop = null
    const sealed = this.#building
    this.#flight = sealed
    this.#building = new Layer(sealed.revision, sealed.timeMs)
    return sealed
  }

  /** The layer in flight is chosen; null if there is none. */
  choose(): Layer | null {
    const layer = this.#flight
    if (layer === null) return null
    if (layer.slot === null) throw new Error('a batch was chosen before it had a slot')
    this.#fromTop = null
    layer.chosen = true
    this.#flight = null
    if (layer.slot > this.#applied) this.#chosen.push(layer)
    return layer
  }

  /** The view holds everything up to `applied`. */
  merged(applied: number): void {
    if (applied <= this.#applied) return
    this.#applied = applied
    this.#fromTop = null
    if (this.#chosen.length > 0) this.#chosen = this.#chosen.filter(({ slot }) => slot !== null && slot > applied)
  }
}
