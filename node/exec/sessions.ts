import type { Session } from '../store/index.ts'
import { type Layer, type Layers, sessionBytes } from './layers.ts'
import type { ExecutorOptions } from './options.ts'

/** What is known of a numbered request. */
export type Known =
  /** It may be executed. */
  | { readonly type: 'new' }
  /** It was executed. `layer`: where its result is; null: in the merged view. */
  | { readonly type: 'recorded'; readonly result: Uint8Array; readonly layer: Layer | null }
  /** Its client has said that it is settled; it is never executed (again), and its result is not kept. */
  | { readonly type: 'settled' }
  /** Its session does not exist, or no longer: nobody knows whether it was executed. */
  | { readonly type: 'expired' }

/** Looks a request up in every layer, from the top down, then in the merged view. */
export function lookUp(layers: Layers, id: string, number: number): Known {
  let exists = false
  let acked = 0
  for (const layer of layers.fromTop) {
    const update = layer.sessions.get(id)
    if (update === undefined) continue
    // Whatever lies below a drop is gone; what lies above it began anew.
    if (update.dropped) return verdict(id, number, exists, acked)
    const result = update.results.get(number)
    if (result !== undefined) return { type: 'recorded', result, layer }
    exists = true
    acked = Math.max(acked, update.acked)
  }
  const session = layers.view.session(id)
  if (session === undefined || session.dropped) return verdict(id, number, exists, acked)
  const result = session.results.get(number)
  if (result !== undefined) return { type: 'recorded', result, layer: null }
  return verdict(id, number, true, Math.max(acked, session.acked))
}

/**
 * Records how a request ended. `acked` is capped by `number`: a request whose result is being recorded is not
 * settled, whatever its client says.
 */
export function recordResult(layer: Layer, id: string, number: number, acked: number, result: Uint8Array): void {
  const session = layer.session(id)
  session.results.set(number, result)
  session.bytes += result.byteLength
  const settled = Math.min(acked, number)
  if (settled <= session.acked) return
  session.acked = settled
  for (const earlier of session.results.keys()) if (earlier < settled) session.results.delete(earlier)
}

/**
 * Drops sessions that have been idle too long at the time of the layer being built: a few in every batch, those
 * first that have been idle the longest. A session that any layer has touched is not idle.
 */
export function dropIdleSessions(layers: Layers, options: ExecutorOptions): void {
  const { building, view } = layers
  // More than the batch can have opened: sessions do not pile up, however fast they are opened.
  let left = Math.max(options.dropsMax, 2 * building.count)
  for (const letter of LETTERS) {
    const idleMs = letter === 's' ? options.sessionIdleMs : options.oneShotIdleMs
    if (left === 0) return
    for (const [id, session] of view.idleSessions(letter)) {
      if (building.timeMs - session.timeMs <= idleMs) break
      if (session.dropped || isTouched(layers, id)) continue
      if (building.bytes + sessionBytes(id) > options.batchBytesMax) return
      building.drop(id)
      left -= 1
      if (left === 0) return
    }
  }
}

/** What a session's record holds by now, in all layers. What later layers have settled is still counted. */
export function heldBy(layers: Layers, id: string): { readonly count: number; readonly bytes: number } {
  const session = layers.view.session(id)
  let count = session?.results.size ?? 0
  let bytes = session === undefined ? 0 : bytesOf(session)
  for (const layer of layers.fromTop) {
    const update = layer.sessions.get(id)
    count += update?.results.size ?? 0
    bytes += update?.bytes ?? 0
  }
  return { count, bytes }
}

/** Summed once for each state of a session: the view gives another object when it changes. */
const SUMS = new WeakMap<Session, number>()

function bytesOf(session: Session): number {
  let sum = SUMS.get(session)
  if (sum === undefined) {
    sum = 0
    for (const result of session.results.values()) sum += result.byteLength
    SUMS.set(session, sum)
  }
  return sum
}

/** A session of Decree's own exists from the decree that opened it; those of one request always do. */
function verdict(id: string, number: number, exists: boolean, acked: number): Known {
  if (!exists && id.startsWith('s')) return { type: 'expired' }
  return number < acked ? { type: 'settled' } : { type: 'new' }
}

function isTouched(layers: Layers, id: string): boolean {
  for (const layer of layers.fromTop) if (layer.sessions.has(id)) return true
  return false
}

/** `s`: opened by a decree. `l`, `x`: of one request, by LattiStore's contract and by `Execute`. */
const LETTERS = ['s', 'l', 'x'] as const
