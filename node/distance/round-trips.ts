import type { Config, NodeId } from '../core/index.ts'
import type { PingMessage } from '../peer/index.ts'

/** Measures that count, of each peer: the shortest of them holds, because what makes others longer is no distance. */
const KEPT = 8
/** No round trip of a message that still matters takes longer, ms. */
const ROUND_TRIP_MS_MAX = 60_000

/** How far nodes are from each other: this one from its peers, and what those have told of themselves. */
export class RoundTrips {
  readonly #id: NodeId
  readonly #send: (ping: PingMessage) => void
  readonly #measured = new Map<NodeId, number[]>()
  readonly #told = new Map<NodeId, ReadonlyMap<NodeId, number>>()

  /** `id`: of this node. `send`: to a peer. */
  constructor(id: NodeId, send: (ping: PingMessage) => void) {
    this.#id = id
    this.#send = send
  }

  /** Asks all peers. `nowMs`: monotonic. */
  ask({ cluster, members }: Config, nowMs: number): void {
    const sentAtUs = Math.round(nowMs * 1_000)
    for (const { id } of members) {
      if (id !== this.#id) this.#send({ cluster, from: this.#id, to: id, sentAtUs, answer: null })
    }
  }

  /** A question, which is answered, or an answer. */
  hear(ping: PingMessage, { cluster, members }: Config, nowMs: number): void {
    const { from, to, sentAtUs, answer } = ping
    if (ping.cluster !== cluster || to !== this.#id || !members.some(({ id }) => id === from)) return
    if (answer === null) return this.#send({ cluster, from: this.#id, to: from, sentAtUs, answer: this.#own })
    this.#told.set(from, new Map(answer.map(({ node, ms }) => [node, ms])))
    const ms = nowMs - sentAtUs / 1_000
    // An answer to an earlier life of this process says nothing.
    if (!(ms >= 0 && ms < ROUND_TRIP_MS_MAX)) return
    const measured = this.#measured.get(from) ?? []
    measured.push(ms)
    if (measured.length > KEPT) measured.shift()
    this.#measured.set(from, measured)
  }

  /** Between two nodes, ms; null: neither of them knows. */
  between(one: NodeId, other: NodeId): number | null {
    if (one === other) return 0
    if (one === this.#id) return this.#to(other)
    if (other === this.#id) return this.#to(one)
    return this.#told.get(one)?.get(other) ?? this.#told.get(other)?.get(one) ?? null
  }

  /** What `node` needs to hear a majority of the members, ms, itself included; null: not enough is known. */
  majority(node: NodeId, { members }: Config): number | null {
    const known = members.map(({ id }) => this.between(node, id) ?? Number.POSITIVE_INFINITY)
    const ms = known.sort((a, b) => a - b)[Math.floor(members.length / 2)]
    return ms === undefined || ms === Number.POSITIVE_INFINITY ? null : ms
  }

  get #own(): readonly { readonly node: NodeId; readonly ms: number }[] {
    return Array.from(this.#measured, ([node, measured]) => ({ node, ms: Math.min(...measured) }))
  }

  #to(peer: NodeId): number | null {
    const measured = this.#measured.get(peer)
    return measured === undefined ? null : Math.min(...measured)
  }
}
