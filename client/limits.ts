const KiB = 1024
const MiB = 1024 * KiB

/** The bounds of the client. Sizes are in bytes, encoded; times in milliseconds. */
export const LIMITS = {
  /** A gRPC message, on both ends: the server's bound too. */
  messageBytesMax: 8 * MiB,
  /** A request above this could not travel with what surrounds it. The server's own bounds are lower. */
  requestBytesMax: 7 * MiB,
  /** A frame closes before this, unless one request alone is larger: the server starts on the first ones sooner. */
  frameBytesMax: 1 * MiB,
  /** Requests on their way. Further calls wait here, where they can still be cancelled without doubt. */
  inFlightMax: 4_096,
  /** So many may be in any case, however overloaded the server is. */
  inFlightMin: 16,
  /** Bytes of requests on their way: what must be held to be sent again. A single larger request goes alone. */
  inFlightBytesMax: 16 * MiB,
  /** A call's deadline unless it names one. */
  timeoutMs: 5_000,
  /** Between reports to a server that wants to know how far its callers are from the nodes. */
  nearnessMs: 3_000,
  /** What a server is asked to allow at most, however far the call's deadline is: it is asked again. */
  serverTimeoutMsMax: 600_000,
  /** Without an answer for this long, another server is asked as well, if the first one has fallen silent. */
  silenceMs: 100,
  /** A server heard from within this time is not silent: its answer takes long because the work does. */
  heardMs: 100,
  /** However lively the server, a call that has waited this long asks another one: its server may be cut off. */
  patienceMs: 2_000,
  /** Between questions to others, who leads now, while a server is silent. One call asks on behalf of all. */
  probeMs: 20,
  /** How often deadlines and silence are looked at, while anything waits. */
  sweepMs: 10,
  /** The first pause before a call is sent again; it doubles up to the last one, and is cut by chance to spread clients. */
  retryFirstMs: 10,
  retryLastMs: 100,
  /** The longest pause while it is not known who leads: then one call only is sent, on behalf of all. */
  searchLastMs: 20,
  /** A call that certainly had no effect so far is not sent again when less than this is left of its time. */
  lastSendMs: 50,
  /** A server whose stream broke so recently is not asked again because others, who may not know yet, say that it leads. */
  brokenMs: 200,
  /** How long it is asked how a call has ended whose caller gave up; until then the cluster keeps its result. */
  doubtMs: 60_000,
  /** Calls about which that is asked at a time, and answers to it that are kept. The oldest go first. */
  doubtsMax: 1_000,
  /** An answer above this is kept without its values, as the cluster does with large ones. */
  doubtBytesMax: 16 * KiB,
  /** The first rest after a conflict, at most; it doubles up to the last one. How much of it is rested is chance. */
  conflictFirstMs: 4,
  conflictLastMs: 100,
  /** Entries that one page of a scan asks for at most: a program's cost bounds them, too. */
  pageEntriesMax: 500,
  /** What a page of a scan aims at, going by the entries of the page before. */
  pageBytes: 1 * MiB,
} as const

/** For every channel to a server. */
export const CHANNEL_OPTIONS = {
  'grpc.max_send_message_length': LIMITS.messageBytesMax,
  'grpc.max_receive_message_length': LIMITS.messageBytesMax,
  'grpc-node.flow_control_window': 4 * MiB,
  // Bookkeeping for a debugging service that is not served.
  'grpc.enable_channelz': 0,
  // gRPC's own backoff grows to 120 s: it would decide how soon a restarted server is found again.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  // A connection whose other end vanished without a word is given up within two seconds.
  'grpc.keepalive_time_ms': 1_000,
  'grpc.keepalive_timeout_ms': 1_000,
  // Requests are repeated here, where their numbers are known, and nowhere else.
  'grpc.enable_retries': 0,
  // A proxy that the environment names for the web has no part in this.
  'grpc.enable_http_proxy': 0,
} as const
