import { Client, credentials } from '@grpc/grpc-js'
import type { ApiHandler } from '../api/handler.ts'
import { failure } from '../api/requests.ts'
import type { NodeStatus } from '../api/status.ts'
import type { Request, Respond, Response } from '../exec/requests.ts'
import { LIMITS, PEER_CHANNEL_OPTIONS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import { LeaderStream, type Passed, type UnderWay } from './outgoing.ts'

/** A request is sent to so many nodes before its client has to ask again: leaders change, and say who leads now. */
const HOPS_MAX = 3
/** Between looks at whether those who are waited for still lead, and at deadlines, ms. */
const WATCH_MS = 50
/** The leader answers at the deadline by itself; so much later nobody waits for it, ms. */
const LATE_MS = 1_000
/** How long a stopping node waits for the answers to what it has passed on, ms. */
const CLOSE_MS_MAX = 1_000

/** A node, as it is seen from here. */
export interface ForwardingNode extends ApiHandler {
  readonly leader: { readonly address: string } | null
}

/**
 * Lets clients work through a node that does not lead: what it would redirect goes to the leader, and the answer comes
 * back. Sessions and numbers stay the client's, so that a request that comes twice, on whatever ways, is executed once.
 *
 * A client is never told who leads: it may not be able to go there. Where an answer is lost, it is asked to ask again.
 */
export class Forwarder implements ApiHandler {
  readonly #node: ForwardingNode
  readonly #clients = new Map<string, Client>()
  readonly #streams = new Map<string, LeaderStream>()
  /** Streams to nodes that did not lead at the last look. */
  #doubted = new Set<LeaderStream>()
  #count = 0
  #bytes = 0
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  #whenIdle: () => void = () => {}

  constructor(node: ForwardingNode) {
    this.#node = node
  }

  submit(request: Request, respond: Respond): void {
    this.#submit({ request, respond, hops: 0 })
  }

  status(hash: boolean): Promise<NodeStatus> {
    return this.#node.status(hash)
  }

  nowMs(): number {
    return this.#node.nowMs()
  }

  get measured(): readonly string[] {
    return this.#node.measured ?? []
  }

  get stopping(): boolean {
    return this.#node.stopping
  }

  /** Waits for the answers that still come, for a moment, and lets go of everything. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS_MAX)
        this.#whenIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    if (this.#timer !== null) clearInterval(this.#timer)
    for (const stream of [...this.#streams.values()]) stream.end()
    for (const client of this.#clients.values()) client.close()
  }

  #submit(passed: Passed): void {
    this.#node.submit(passed.request, (response) => this.#follow(passed, response, null))
  }

  /** What this node says of the request, or the one at `from`. */
  #follow(passed: Passed, response: Response, from: string | null): void {
    if (response.type !== 'redirect') return passed.respond(response)
    const { leader, proposed } = response
    const isVain = leader === null || leader.address === from || passed.hops >= HOPS_MAX || this.#isClosed
    if (proposed || isVain) return passed.respond(askAgain(proposed))
    this.#pass({ ...passed, hops: passed.hops + 1 }, leader.address)
  }

  #pass(passed: Passed, address: string): void {
    if (this.#count >= LIMITS.forwardedRequestsMax || this.#bytes >= LIMITS.forwardedBytesMax) {
      return passed.respond(failure('overloaded', 'too many requests wait for the leader; try again'))
    }
    const stream = this.#streamTo(address)
    try {
      this.#bytes += stream.send(passed)
    } catch (error) {
      const why = reasonOf(error)
      return passed.respond(failure('limit_exceeded', `The request cannot be passed on to the leader: ${why}.`))
    }
    this.#count += 1
    this.#timer ??= setInterval(() => this.#watch(), WATCH_MS)
  }

  #streamTo(address: string): LeaderStream {
    const known = this.#streams.get(address)
    if (known !== undefined) return known
    let client = this.#clients.get(address)
    if (client === undefined) {
      client = new Client(address, credentials.createInsecure(), PEER_CHANNEL_OPTIONS)
      this.#clients.set(address, client)
    }
    const stream: LeaderStream = new LeaderStream(
      client,
      {
        answered: (underWay, response) => {
          if (!underWay.isLate) this.#follow(underWay, response, address)
          this.#settled(underWay)
        },
        ended: (sent, unsent) => {
          this.#streams.delete(address)
          this.#doubted.delete(stream)
          for (const underWay of sent) this.#lost(underWay, true)
          for (const underWay of unsent) this.#lost(underWay, false)
        },
      },
      () => this.#node.nowMs(),
    )
    this.#streams.set(address, stream)
    return stream
  }

  #lost(underWay: UnderWay, proposed: boolean): void {
    if (!underWay.isLate) underWay.respond(askAgain(proposed))
    this.#settled(underWay)
  }

  #settled({ bytes }: UnderWay): void {
    this.#count -= 1
    this.#bytes -= bytes
    if (this.#count > 0) return
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#whenIdle()
  }

  /** Gives up streams to nodes that lead no longer, and answers who has waited too long. */
  #watch(): void {
    const { leader } = this.#node
    const nowMs = this.#node.nowMs()
    const doubted = new Set<LeaderStream>()
    for (const [address, stream] of [...this.#streams]) {
      for (const underWay of [...stream.waiting]) {
        if (underWay.isLate || underWay.request.deadlineMs + LATE_MS > nowMs) continue
        underWay.isLate = true
        underWay.respond(failure('timeout', 'The leader did not answer within the deadline.', 'unknown'))
      }
      if (leader === null || leader.address === address) continue
      // One that handed over answers by itself; one that says nothing until the second look may be dead or cut off.
      if (this.#doubted.has(stream)) stream.end()
      else doubted.add(stream)
    }
    this.#doubted = doubted
  }
}

/** To the client, from a node that will not say who leads. `proposed`: the request may have been executed. */
function askAgain(proposed: boolean): Response {
  return { type: 'redirect', leader: null, proposed }
}
