/** What came of one attempt to increment. */
export type Attempt = 'acknowledged' | 'unknown' | 'failed'

/** Increments one counter, which nobody else touches. */
export interface Client {
  /** Reads, adds one, writes back. Never throws. */
  increment(): Promise<Attempt>
  /** What the counter holds. */
  value(): Promise<number>
  close(): Promise<void>
}

/** One closed loop of the experiment: the next call begins when the last one has ended. */
export interface CallerSpec {
  readonly system: SystemName
  readonly key: string
  /** `host:port` of the servers that it is given; one: it is tied to that. */
  readonly servers: readonly string[]
  readonly calls: Calls
}

export type SystemName = 'decree' | 'etcd'

/** Whether reading and writing back are one program, or two calls as in Perseus. */
export type Calls = 'one' | 'two'

export function isTied({ servers }: CallerSpec): boolean {
  return servers.length === 1
}
