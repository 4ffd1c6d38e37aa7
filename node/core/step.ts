import type { Effects, Notice, Role, Write } from './effects.ts'
import type { Message, MessageBody } from './messages.ts'
import type { CoreOptions } from './options.ts'
import type { Rules } from './rules.ts'
import type { State } from './state.ts'
import { majority, type NodeId } from './types.ts'

/** One step under way: the state that it changes, and the effects that it collects. */
export class Step {
  readonly state: State
  readonly options: CoreOptions
  readonly rules: Rules
  readonly #writes: Write[] = []
  readonly #send: Message[] = []
  readonly #afterDurable: Message[] = []
  readonly #toSelf: Message[] = []
  readonly #notices: Notice[] = []
  #hasToken = false

  constructor(state: State, options: CoreOptions, rules: Rules) {
    this.state = state
    this.options = options
    this.rules = rules
  }

  /** Adds to this step's atomic durable write. The caller has changed the state already. */
  persist(write: Write): void {
    this.#writes.push(write)
  }

  /** Sends what rests on no write of this or an earlier step. */
  send(to: NodeId, body: MessageBody): void {
    this.#post(this.#send, to, body)
  }

  /** Sends, when everything written so far (in this step too) is durable. To itself too: a node's own vote. */
  sendWhenDurable(to: NodeId, body: MessageBody): void {
    this.#post(this.#afterDurable, to, body)
  }

  /** What a candidate or leader tells all other members. */
  broadcast(body: MessageBody): void {
    for (const member of this.state.config.members) if (member.id !== this.state.id) this.send(member.id, body)
  }

  notice(notice: Notice): void {
    this.#notices.push(notice)
  }

  setRole(role: Role, leader: NodeId | null): void {
    if (this.state.role === role && this.state.leader === leader) return
    this.state.role = role
    this.state.leader = leader
    this.notice({ type: 'role', role, leader })
  }

  isMember(id: NodeId): boolean {
    return this.state.config.members.some((member) => member.id === id)
  }

  isMajority(count: number): boolean {
    return count >= majority(this.state.config)
  }

  /** Messages whose writes have become durable. */
  release(messages: readonly Message[]): void {
    for (const message of messages) this.#dispatch(message)
  }

  /** The node's messages to itself, in order; handling one may bring more. */
  nextToSelf(): Message | undefined {
    this.#settle()
    return this.#toSelf.shift()
  }

  finish(): Effects {
    const { state } = this
    if (this.#hasToken) state.waiting.push({ token: state.token, complete: state.marks.complete, messages: [] })
    return {
      persist: this.#hasToken ? { token: state.token, writes: this.#writes } : null,
      send: this.#send,
      notices: this.#notices,
    }
  }

  /** Gives this step's writes their token, and ties to it what waits for it. */
  #settle(): void {
    const { state } = this
    if (this.#writes.length > 0 && !this.#hasToken) {
      this.#hasToken = true
      state.token += 1
    }
    if (this.#afterDurable.length === 0) return
    const messages = this.#afterDurable.splice(0)
    if (state.durableToken === state.token) for (const message of messages) this.#dispatch(message)
    else state.waiting.push({ token: state.token, complete: state.durableComplete, messages })
  }

  #post(box: Message[], to: NodeId, body: MessageBody): void {
    box.push({ cluster: this.state.config.cluster, from: this.state.id, to, body })
  }

  #dispatch(message: Message): void {
    if (message.to === this.state.id) this.#toSelf.push(message)
    else this.#send.push(message)
  }
}
