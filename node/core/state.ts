import type { Role } from './effects.ts'
import type { Message } from './messages.ts'
import type { CoreOptions } from './options.ts'
import type { Accepted, Ballot, Config, Decree, DurableState, Marks, NodeId, SyncMark } from './types.ts'

/** All that a core knows: plain data, cloned by `fork` and printed by `fingerprint`. */
export interface State {
  readonly id: NodeId

  // As the durable writes issued so far say, in memory at once:
  config: Config
  promised: Ballot
  accepted: Accepted | null
  marks: Marks
  syncMark: SyncMark | null

  /** Recent decrees known to be chosen, by slot. */
  recent: Map<number, Decree>
  recentBytes: number

  /** `marks.complete` as far as it is durable: the only one that others are told. */
  durableComplete: number
  /** The last token given out, and the last one known to be durable. */
  token: number
  durableToken: number
  /** Messages that wait for a token, in order. */
  waiting: Waiting[]

  tick: number
  random: number
  nonce: number
  /** The highest ballot counter seen anywhere. */
  counter: number

  role: Role
  leader: NodeId | null
  /** Tick of the last sign of life of a leader. */
  leaderHeardAt: number
  /** A higher slot than this is not known to be chosen. */
  knownChosen: number
  /** Tick at which a follower stands for election. */
  electionAt: number
  /** The next candidacy needs no pre-vote: it repeats one that a refusal ended, or was asked for. */
  skipPreVote: boolean
  /** Ballots that this node opened since it last knew of a ballot in which a slot was chosen: see `patience`. */
  vainCandidacies: number
  /** Until this tick pre-votes are denied to worse candidates; 0: not decided yet. */
  deferUntil: number

  phase: Phase
  sync: Sync | null
  /** Tick since which this node has known to be behind; 0: it is not. */
  behindSince: number
}

/** What is kept back until the writes up to `token` are durable. */
export interface Waiting {
  readonly token: number
  /** `marks.complete` after these writes. */
  readonly complete: number
  readonly messages: readonly Message[]
}

export type Phase =
  | { readonly type: 'follower' }
  | { readonly type: 'preVoting'; readonly nonce: number; readonly granted: Set<NodeId> }
  | Preparing
  | Leading

export interface Preparing {
  readonly type: 'preparing'
  readonly ballot: Ballot
  /** Tick at which it began; from the own durable promise on, tick of that. */
  since: number
  readonly promises: Map<NodeId, PromiseMade>
}

export interface PromiseMade {
  readonly accepted: Accepted | null
  readonly complete: number
}

/** A ballot won. */
export interface Leading {
  readonly type: 'leading'
  readonly ballot: Ballot
  readonly promises: ReadonlyMap<NodeId, PromiseMade>
  /** What must be proposed again; null: no slot was ever accepted. */
  readonly reproposed: Accepted | null
  /** Tick of the last progress before establishment, of establishment afterwards, or of a vain hand-over. */
  since: number
  stage: 'completing' | 'reproposing' | 'established'
  /** Completing by the union of a majority of promisers: those still to be asked. Null: not needed so far. */
  union: NodeId[] | null
  /** Last slot chosen in this ballot; 0: none. */
  chosen: number
  inFlight: InFlight | null

  // The members' signs of life.
  round: number
  /** `chosen` at the start of recent rounds. */
  readonly roundChosen: Map<number, number>
  /** Ticks at which recent slots were proposed. */
  readonly flights: Map<number, number>
  confirmed: number
  /** A round must start as soon as the running one has ended. */
  wantsRound: boolean
  readonly followers: Map<NodeId, Follower>
  handoff: Handoff | null
}

export interface Handoff {
  readonly to: NodeId
  /** Tick; 0: the successor has not been told yet. */
  sentAt: number
  /** How long the successor may take at most before this node goes on, ticks. */
  readonly patienceTicks: number
}

export interface Follower {
  heardAt: number
  /** When it was heard again after a silence that was suspicious; -Infinity: it never was in this ballot. */
  returnedAt: number
  /** Highest round answered. */
  round: number
  /** How many slots it was behind, when last heard. */
  lag: number
  /** Ticks that its last vote took. */
  voteTicks: number
}

export interface InFlight {
  readonly slot: number
  readonly origin: Ballot
  readonly decree: Decree
  readonly votes: Set<NodeId>
  readonly since: number
  resendAt: number
  resendTicks: number
}

/** Catching up from one source. */
export interface Sync {
  /** Of the last question: answers to older ones are ignored. */
  readonly nonce: number
  readonly source: NodeId
  /** Also what is beyond the source's `complete`; its end moves no mark. */
  readonly everything: boolean
  /** The own `complete` when it was asked. */
  readonly after: number
  /** Tick of the last answer. */
  progressAt: number
}

export function createState(id: NodeId, restored: DurableState, options: CoreOptions, seed: number): State {
  const recent = new Map(restored.recent.map(({ slot, decree }) => [slot, decree]))
  const state: State = {
    id,
    config: restored.config,
    promised: restored.promised,
    accepted: restored.accepted,
    marks: restored.marks,
    syncMark: restored.sync,
    recent,
    recentBytes: restored.recent.reduce((sum, { decree }) => sum + decree.body.length, 0),
    durableComplete: restored.marks.complete,
    token: 0,
    durableToken: 0,
    waiting: [],
    tick: 0,
    random: seed >>> 0,
    nonce: 0,
    counter: Math.max(restored.promised.counter, restored.accepted?.ballot.counter ?? 0),
    role: 'follower',
    leader: null,
    leaderHeardAt: Number.NEGATIVE_INFINITY,
    knownChosen: restored.marks.applied,
    electionAt: 0,
    skipPreVote: false,
    vainCandidacies: 0,
    deferUntil: 0,
    phase: { type: 'follower' },
    sync: null,
    behindSince: 0,
  }
  state.electionAt = draw(state, options.suspectTicksMin, options.suspectTicksMax)
  // Answers to questions of an earlier life must not fit those of this one.
  state.nonce = draw(state, 0, 2 ** 31 - 1) * 2 ** 20
  return state
}

/** A whole number from `low` to `high`, both included (mulberry32). */
export function draw(state: State, low: number, high: number): number {
  state.random = (state.random + 0x6d2b79f5) >>> 0
  let mixed = state.random
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  return low + Math.floor(fraction * (high - low + 1))
}

/** An independent copy. What is never changed in place (messages, decrees, ballots, marks) is shared. */
export function copyState(state: State): State {
  return {
    ...state,
    recent: new Map(state.recent),
    waiting: [...state.waiting],
    phase: copyPhase(state.phase),
    sync: state.sync === null ? null : { ...state.sync },
  }
}

function copyPhase(phase: Phase): Phase {
  switch (phase.type) {
    case 'follower':
      return phase
    case 'preVoting':
      return { ...phase, granted: new Set(phase.granted) }
    case 'preparing':
      return { ...phase, promises: new Map(phase.promises) }
    case 'leading': {
      const { promises, union, inFlight, roundChosen, flights, followers, handoff } = phase
      return {
        ...phase,
        promises: new Map(promises),
        union: union === null ? null : [...union],
        inFlight: inFlight === null ? null : { ...inFlight, votes: new Set(inFlight.votes) },
        roundChosen: new Map(roundChosen),
        flights: new Map(flights),
        followers: new Map([...followers].map(([id, follower]) => [id, { ...follower }])),
        handoff: handoff === null ? null : { ...handoff },
      }
    }
    default:
      return phase satisfies never
  }
}

/**
 * One text for equal values, whatever the order in which maps, sets and fields were filled; different texts for
 * different ones. (The order in which promises came decides between sources that are equally good, and is left out.)
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  // Numbers as they are: JSON would make null of the infinite ones.
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`
  if (value instanceof Uint8Array) return `#${value.join('.')}`
  if (value instanceof Set) return `<${[...value].map(canonicalText).sort().join()}>`
  const isMap = value instanceof Map
  const fields = [...(isMap ? value : Object.entries(value))]
    .map(([key, held]) => `${canonicalText(key)}:${canonicalText(held)}`)
    .sort()
    .join()
  return isMap ? `map{${fields}}` : `{${fields}}`
}
