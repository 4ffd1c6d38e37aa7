import type { FormNews, Message, NodeId } from '../core/index.ts'

/** What nodes tell each other before there is a cluster (and what formed nodes answer then). */
export interface FormMessage extends FormNews {
  /** Null while the receiver's is not known. */
  readonly to: NodeId | null
}

/** Measures how far a peer is. */
export interface PingMessage {
  readonly cluster: string
  readonly from: NodeId
  readonly to: NodeId
  /** By the clock of who asked; it comes back in the answer. */
  readonly sentAtUs: number
  /** Null: a question. In an answer, how far the answerer is from its peers. */
  readonly answer: readonly { readonly node: NodeId; readonly ms: number }[] | null
}

export type PeerMessage =
  | { readonly type: 'form'; readonly form: FormMessage }
  | { readonly type: 'core'; readonly message: Message }
  | { readonly type: 'ping'; readonly ping: PingMessage }

export interface PeerEvents {
  received(message: PeerMessage): void
  /** The stream to `address` broke and a first attempt to open it again failed. Once per break. */
  unreachable(address: string): void
  /**
   * A peer broke the contract (other protocol version, garbage); its stream is closed. `why` is one sentence, told
   * once of each peer, however often it comes again.
   */
  misbehaved(address: string, why: string): void
}

/**
 * Carries messages between nodes. Loses what it cannot deliver, never reorders what one class of traffic carries
 * to one peer, never blocks: behind a bounded buffer it drops.
 */
export interface PeerTransport {
  /** Heartbeats and elections travel apart, so that they never wait behind decrees. */
  send(address: string, message: PeerMessage): void
  /** Idempotent. */
  close(): Promise<void>
}

/** Makes a transport for the node at `address`, delivering to `events`. */
export type PeerTransportFactory = (address: string, events: PeerEvents) => PeerTransport
