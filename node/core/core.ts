import { onAccept, onPrepare } from './acceptor.ts'
import type { Effects, Event, Role } from './effects.ts'
import {
  onHandoff,
  onPrepareRefused,
  onPreVote,
  onPreVoteReply,
  onPromise,
  onUnreachable,
  tickElection,
} from './election.ts'
import { canPropose, onMissing, onRefused, onVoted, propose, tickLeader } from './leader.ts'
import type { Message } from './messages.ts'
import { type CoreOptions, DEFAULT_OPTIONS } from './options.ts'
import { beginHandoff, continueHandoff, tickRotation } from './rotation.ts'
import { onConfirm, onHeartbeat, onHeartbeatAck, tickRounds } from './rounds.ts'
import { RULES, type Rules } from './rules.ts'
import { canonicalText, copyState, createState, type State } from './state.ts'
import { Step } from './step.ts'
import { onChosen, onSyncChunk, onSyncEnd, onSyncRequest, tickSync } from './sync.ts'
import type { DurableState, NodeId } from './types.ts'

/**
 * One member of the cluster, as a deterministic state machine: the same events from the same state give the same
 * effects. It knows no clock, no disk, no network. See `Effects` for what its host owes it.
 */
export class Core {
  readonly #options: CoreOptions
  readonly #rules: Rules
  #state: State

  /**
   * @param seed for the drawing of time-outs; two members should not share one
   * @param rules only ever other than `RULES` in tests that must fail
   */
  constructor(id: NodeId, restored: DurableState, options: Partial<CoreOptions> = {}, seed = 1, rules = RULES) {
    this.#options = { ...DEFAULT_OPTIONS, ...options }
    this.#rules = rules
    this.#state = createState(id, restored, this.#options, seed)
  }

  /** For observers; to be changed by `step` only. */
  get state(): Readonly<State> {
    return this.#state
  }

  get role(): Role {
    return this.#state.role
  }

  /** Whether a `propose` is welcome now. */
  get canPropose(): boolean {
    const { phase } = this.#state
    return phase.type === 'leading' && canPropose(phase)
  }

  /** Whether a `confirm` is already waiting for the running round to end: another would change nothing. */
  get awaitsRound(): boolean {
    const { phase } = this.#state
    return phase.type === 'leading' && phase.wantsRound
  }

  step(event: Event): Effects {
    const step = new Step(this.#state, this.#options, this.#rules)
    react(step, event)
    for (let own = step.nextToSelf(); own !== undefined; own = step.nextToSelf()) receive(step, own)
    return step.finish()
  }

  /** An independent copy: what happens to one is not seen by the other. */
  fork(): Core {
    const copy = new Core(this.#state.id, durableParts(this.#state), this.#options, 1, this.#rules)
    copy.#state = copyState(this.#state)
    return copy
  }

  /** Equal for equal states, and for no others. */
  fingerprint(): string {
    return canonicalText(this.#state)
  }
}

function durableParts(state: State): DurableState {
  const { config, promised, accepted, marks } = state
  return { config, promised, accepted, marks, sync: null, recent: [] }
}

function react(step: Step, event: Event): void {
  const { state } = step
  switch (event.type) {
    case 'message':
      return receive(step, event.message)
    case 'tick': {
      state.tick += 1
      if (state.phase.type === 'leading') tickLeader(step, state.phase)
      if (state.phase.type === 'leading') tickRotation(step, state.phase)
      if (state.phase.type === 'leading') tickRounds(step, state.phase)
      else tickElection(step)
      return tickSync(step)
    }
    case 'propose':
      return propose(step, event.body, event.count)
    case 'confirm':
      return onConfirm(step)
    case 'persisted': {
      state.durableToken = Math.max(state.durableToken, event.token)
      while (state.waiting[0] !== undefined && state.waiting[0].token <= state.durableToken) {
        const { complete, messages } = state.waiting[0]
        state.waiting.shift()
        state.durableComplete = Math.max(state.durableComplete, complete)
        step.release(messages)
      }
      return
    }
    case 'unreachable':
      return onUnreachable(step, event.node)
    case 'handoff':
      if (state.phase.type === 'leading' && state.phase.stage === 'established')
        beginHandoff(step, state.phase, event.to)
      return
    default:
      return event satisfies never
  }
}

/** Ignores what is meant for another node or cluster, and what a ballot's owner alone may say from anybody else. */
function receive(step: Step, { cluster, from, to, body }: Message): void {
  const { state } = step
  if (to !== state.id || cluster !== state.config.cluster || !step.isMember(from)) return
  if (from === state.id && body.type !== 'promise' && body.type !== 'voted') return
  switch (body.type) {
    case 'prepare':
      return onPrepare(step, from, body)
    case 'promise':
      return onPromise(step, from, body)
    case 'accept':
      return body.ballot.node === from ? onAccept(step, from, body) : undefined
    case 'voted':
      onVoted(step, from, body)
      if (state.phase.type === 'leading') continueHandoff(step, state.phase)
      return
    case 'missing':
      return onMissing(step, from, body)
    case 'refused':
      onPrepareRefused(step, body)
      return onRefused(step, body)
    case 'heartbeat':
      return body.ballot.node === from ? onHeartbeat(step, from, body) : undefined
    case 'heartbeatAck':
      return onHeartbeatAck(step, from, body)
    case 'preVote':
      return onPreVote(step, from, body)
    case 'preVoteReply':
      return onPreVoteReply(step, from, body)
    case 'handoff':
      return onHandoff(step, from, body)
    case 'chosen':
      return onChosen(step, from, body)
    case 'syncRequest':
      return onSyncRequest(step, from, body)
    case 'syncEnd':
      return onSyncEnd(step, from, body)
    case 'syncChunk':
      return onSyncChunk(step, from, body)
    default:
      return body satisfies never
  }
}
