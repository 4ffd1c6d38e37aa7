import type { Message } from '../../node/core/index.ts'
import type { State } from '../../node/core/state.ts'
import type { Engine } from '../../node/engine.ts'

/** What must have happened somewhere in a series of runs, for the series to prove anything. */
export const WITNESSES = [
  'leader lost with requests in flight',
  'decree re-proposed',
  'copy answered from its record',
  'missing answered',
  'own accepted decree merged',
  'decree sent as chosen',
  'synced by recent decrees',
  'synced by snapshot',
  'snapshot in several pieces',
  'leader completed from a union',
  'hand-over',
  'hand-over to a chosen member',
  'rotation waited for a returned member',
  'rotation waited for a silent member',
  'slot waited for callers',
  'session expired',
  'read confirmed by a round',
  'outcome asked',
  'oldest request executed in a full session',
  'settled request refused',
  'overloaded request executed later',
  'overloaded request given up',
  'program aborted',
  'program parsed apart',
  'parser died',
  'log replayed',
  'log replayed again',
  'patch left to be merged',
  'torn record dropped',
  'crash while a checkpoint was written',
  'crash between checkpoint and truncation',
  'writes waited for a checkpoint',
] as const

export type WitnessName = (typeof WITNESSES)[number]

/** Counts what happens in one run. */
export class Witness {
  readonly counts = new Map<WitnessName, number>(WITNESSES.map((name) => [name, 0]))

  saw(name: WitnessName): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  leaderLostWithRequests(): void {
    this.saw('leader lost with requests in flight')
  }

  sent({ body }: Message): void {
    switch (body.type) {
      case 'accept':
        if (body.origin.counter !== body.ballot.counter || body.origin.node !== body.ballot.node) {
          this.saw('decree re-proposed')
        }
        return
      case 'missing':
        return this.saw('missing answered')
      case 'handoff':
        return this.saw('hand-over')
      case 'chosen':
        return this.saw('decree sent as chosen')
      case 'syncRequest':
        if (body.everything) this.saw('leader completed from a union')
        return
      default:
        return
    }
  }

  /** Before `engine` takes the message. `rotateTicks`: for how long it leads; 0: as long as it can. */
  delivered(engine: Engine, { body }: Message, rotateTicks: number): void {
    const state = engine.core?.state
    if (state === undefined) return
    const waitsFor = rotateTicks > 0 ? whoDelaysRotation(state, rotateTicks) : null
    if (waitsFor !== null) this.saw(`rotation waited for a ${waitsFor} member`)
    switch (body.type) {
      case 'accept':
        if (state.accepted?.slot === body.slot - 1 && state.marks.applied < body.slot - 1) {
          this.saw('own accepted decree merged')
        }
        return
      case 'syncEnd':
        if (state.sync?.nonce === body.nonce) this.saw('synced by recent decrees')
        return
      case 'syncChunk':
        if (state.sync?.nonce !== body.nonce) return
        this.saw(body.cursor === '' ? 'synced by snapshot' : 'snapshot in several pieces')
        return
      default:
        return
    }
  }
}

/** So many ticks after its last sign of life a member is silent, whatever the time between heartbeats. */
const SILENT_TICKS = 10

/** Its time to lead is up, and it leads on, which it does where a member has gone or returned of late; null: it is not. */
function whoDelaysRotation({ phase, tick }: State, rotateTicks: number): 'returned' | 'silent' | null {
  if (phase.type !== 'leading' || phase.stage !== 'established' || phase.handoff !== null) return null
  if (tick - phase.since <= rotateTicks) return null
  const followers = [...phase.followers.values()]
  if (followers.some(({ returnedAt }) => returnedAt > 0)) return 'returned'
  return followers.some(({ heardAt }) => tick - heardAt > SILENT_TICKS) ? 'silent' : null
}
