import type { Ability, Mend, System } from './system.ts'

/** Which node a fault befalls. */
export type Role = 'leader' | 'follower'

/** Something that befalls one node, until it is mended. */
export interface Fault {
  readonly name: FaultName
  /** For people. */
  readonly title: string
  readonly needs?: Ability
  strike(system: System, node: string): Promise<Mend>
  /** For how long the library's caller may wait when it befalls a leader, ms; null: no bound was set. */
  readonly leaderMsMax: number | null
}

export type FaultName = 'nothing' | 'kill' | 'isolation' | 'cut' | 'stop' | 'disk'

/** How long it may wait when a follower is lost, and when any node returns, ms. */
export const FOLLOWER_MS_MAX = 20
export const RETURN_MS_MAX = 20
/** The share of tries that must be within a bound. */
export const WITHIN_MIN = 0.95

export const FAULTS: readonly Fault[] = [
  {
    name: 'nothing',
    title: 'nothing happens',
    strike: async () => async () => undefined,
    leaderMsMax: null,
  },
  { name: 'kill', title: 'kill -9', strike: (system, node) => system.kill(node), leaderMsMax: 250 },
  {
    name: 'isolation',
    title: 'isolated from its peers',
    needs: 'cut',
    strike: (system, node) => system.cut(node, false),
    leaderMsMax: 500,
  },
  {
    name: 'cut',
    title: 'cut off from peers and callers',
    needs: 'cut',
    strike: (system, node) => system.cut(node, true),
    leaderMsMax: 500,
  },
  { name: 'stop', title: 'SIGSTOP', strike: (system, node) => system.freeze(node), leaderMsMax: 500 },
  {
    name: 'disk',
    title: 'disk full',
    needs: 'fillDisk',
    strike: (system, node) => system.fillDisk(node),
    leaderMsMax: 250,
  },
]
