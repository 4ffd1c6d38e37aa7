const KiB = 1024
const MiB = 1024 * KiB

/**
 * The bounds of what travels and waits. Those of programs and values are the language's (lang/limits.ts).
 * Sizes are in bytes, encoded; times in milliseconds.
 */
export const LIMITS = {
  /**
   * A gRPC message, on both ends of every connection. Twice the largest decree: whatever carries a decree, a value
   * or a result fits with all that surrounds it, and a stranger cannot make a node hold more than this for a frame.
   */
  messageBytesMax: 8 * MiB,
  /** A batch closes before its decree is larger: votes for it wait until it is read, sent and written as a whole. */
  decreeBytesMax: 4 * MiB,
  /** A frame to a peer closes before this, unless one message alone is larger: later ones need not wait for it. */
  peerFrameBytesMax: 4 * MiB,
  /**
   * The largest frame that an honest peer sends: a decree with its ballots and configuration, and room to grow.
   * Below `messageBytesMax`, so that the receiver can name the sender; beyond that one gRPC itself refuses.
   */
  peerMessageBytesMax: 6 * MiB,
  /**
   * What may wait for one peer, apart from heartbeats: four decrees of the largest size. Beyond it messages are
   * dropped, as the protocol allows: a peer that is this far behind catches up by a sync.
   */
  peerBufferBytesMax: 16 * MiB,
  /** What may wait on a peer's stream for heartbeats and elections; old ones among them are worthless. */
  livenessBufferBytesMax: 256 * KiB,
  /** Requests of one frame from a client: where they are is kept until each one's turn comes. */
  clientFrameRequestsMax: 100_000,
  /** Of a client's frame so much is read when it comes; what is left, or a larger request, waits for its turn. */
  clientAtOnceBytesMax: 64 * KiB,
  /**
   * Of what clients have sent and waits for its turn, one turn of the event loop reads so much, or one request: a byte
   * takes some nanoseconds, but up to 40 where values are many and small.
   */
  clientTurnBytesMax: 512 * KiB,
  /** A frame to a client closes at this unless one response is larger: the first responses are read sooner. */
  clientFrameBytesMax: 1 * MiB,
  /** A client that leaves this much unread is not read from: its own requests are what makes it grow. */
  clientBufferBytesMax: 4 * MiB,
  /** What is held for a client that does not read as fast as it asks; beyond it, it is told to ask again. */
  clientBacklogBytesMax: 64 * MiB,
  /** Requests under way on one stream. More are answered `overloaded`. */
  clientRequestsMax: 20_000,
  /** Requests that a node may have passed on to the leader and not heard of; more are answered `overloaded`. */
  forwardedRequestsMax: 50_000,
  /** What those may take in memory, encoded. */
  forwardedBytesMax: 64 * MiB,
  /** The id that a caller of `Execute` may give to a request. */
  requestIdBytesMax: 256,
  /** Where the caller gives no time. */
  requestTimeoutMs: 5_000,
  /** No request waits longer, whatever its caller allows; it also keeps timers within their range of 2^31. */
  requestTimeoutMsMax: 600_000,
} as const

/** For every gRPC server and channel of this software: messages within one bound on both ends, pings when idle. */
const GRPC_OPTIONS = {
  'grpc.max_send_message_length': LIMITS.messageBytesMax,
  'grpc.max_receive_message_length': LIMITS.messageBytesMax,
  // One decree of the largest size is on its way without waiting for the other end's permission.
  'grpc-node.flow_control_window': 4 * MiB,
  // Finds connections whose other end is gone without a word. Heartbeats judge much sooner who is alive.
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 5_000,
} as const

/**
 * For servers. The bookkeeping of the channelz service stays on, although nobody asks for it: without it
 * `forceShutdown` of grpc-js 1.14 forgets its connections, and a peer that keeps one would keep the process.
 */
export const SERVER_OPTIONS = { ...GRPC_OPTIONS } as const

/** For channels to peers. */
export const PEER_CHANNEL_OPTIONS = {
  ...GRPC_OPTIONS,
  // gRPC's own backoff grows from 1 s to 120 s: it would decide how soon a node is found again.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Bookkeeping for a debugging service that is not served.
  'grpc.enable_channelz': 0,
  // Streams are never repeated by gRPC: what they carried would be doubled, and held for it in memory.
  'grpc.enable_retries': 0,
  // A proxy that the environment names for the web has no part in what nodes tell each other.
  'grpc.enable_http_proxy': 0,
  // The connection is this channel's alone.
  'grpc.use_local_subchannel_pool': 1,
} as const
