/** Timing and bounds of a core. Times are in ticks; the node steps one every 10 ms. */
export interface CoreOptions {
  /** Between heartbeats of a leader. Default 5 (50 ms). */
  readonly heartbeatTicks: number
  /**
   * Silence of the leader after which a node suspects it: drawn anew each time between these two.
   * Default 15 to 30 (150 to 300 ms). The lower one should be at least twice `heartbeatTicks`.
   */
  readonly suspectTicksMin: number
  readonly suspectTicksMax: number
  /** How long a node leads before it hands over; 0: until it fails. Default 500 (5 s). */
  readonly rotateTicks: number
  /** First repetition of an unanswered `accept`; each further one waits twice as long. Default 20. */
  readonly resendTicks: number
  /** Chosen decrees kept for peers that are a little behind. Default 256. */
  readonly recentSlotsMax: number
  /** Bytes of bodies of those. Default 32 MiB. */
  readonly recentBytesMax: number
  /** Bytes of bodies that answer one sync request. Default 4 MiB. */
  readonly syncBytesMax: number
}

export const DEFAULT_OPTIONS: CoreOptions = {
  heartbeatTicks: 5,
  suspectTicksMin: 15,
  suspectTicksMax: 30,
  rotateTicks: 500,
  resendTicks: 20,
  recentSlotsMax: 256,
  recentBytesMax: 32 * 1024 * 1024,
  syncBytesMax: 4 * 1024 * 1024,
}
