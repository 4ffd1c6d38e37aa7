import { Client, credentials } from '@grpc/grpc-js'
import { encoded } from '../../proto/encode.ts'
import { PeerFrame } from '../../proto/gen/decree/v1/peer.ts'
import { LIMITS, PEER_CHANNEL_OPTIONS } from '../limits.ts'
import { encodePeerMessage } from './codec.ts'
import { OutgoingStream } from './outgoing.ts'
import { type Traffic, trafficOf } from './traffic.ts'
import type { PeerEvents, PeerMessage } from './transport.ts'

/** The way to one peer: one channel for life with a stream for each class of traffic. */
export class PeerLink {
  readonly #peer: string
  readonly #events: Pick<PeerEvents, 'unreachable' | 'misbehaved'>
  readonly #client: Client
  readonly #streams: { readonly [T in Traffic]: OutgoingStream }
  #unreachableIsTold = false
  #refusalIsTold = false
  #closed = false

  /** `address` is this node's own. Connects at once. */
  constructor(address: string, peer: string, events: Pick<PeerEvents, 'unreachable' | 'misbehaved'>) {
    this.#peer = peer
    this.#events = events
    this.#client = new Client(peer, credentials.createInsecure(), PEER_CHANNEL_OPTIONS)
    this.#streams = { liveness: this.#newStream(address, 'liveness'), bulk: this.#newStream(address, 'bulk') }
  }

  /** Throws an Error on a message larger than a peer may send: its makers have bounds that leave room. */
  send(message: PeerMessage): void {
    const part = encoded(PeerFrame, { hello: undefined, messages: [encodePeerMessage(message)] })
    if (part.length > LIMITS.peerMessageBytesMax) {
      const kind = message.type === 'core' ? message.message.body.type : message.type
      throw new Error(`A ${kind} message has ${part.length} bytes; at most ${LIMITS.peerMessageBytesMax} can be sent.`)
    }
    this.#streams[trafficOf(message)].send(part)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#streams.liveness.close(), this.#streams.bulk.close()])
    this.#client.close()
  }

  #newStream(address: string, traffic: Traffic): OutgoingStream {
    return new OutgoingStream(this.#client, address, traffic, {
      opened: () => {
        this.#unreachableIsTold = false
        this.#refusalIsTold = false
      },
      failed: () => this.#failed(),
      refused: (why) => this.#refused(why),
    })
  }

  #failed(): void {
    // Both streams fail when a peer goes; one that is open shows that it has not.
    if (this.#closed || this.#unreachableIsTold) return
    if (this.#streams.liveness.isOpen || this.#streams.bulk.isOpen) return
    this.#unreachableIsTold = true
    this.#events.unreachable(this.#peer)
  }

  #refused(why: string): void {
    if (this.#closed || this.#refusalIsTold) return
    this.#refusalIsTold = true
    this.#events.misbehaved(this.#peer, `It refuses this node's stream: ${why}`)
  }
}
