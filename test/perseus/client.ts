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

/** `control`: a process that sends back what it gets, by whose callers the machine's own pauses are known. */
export type SystemName = 'decree' | 'etcd' | 'control'

/** Whether reading and writing back are one program, or two calls as in Perseus. */
export type Calls = 'one' | 'two'

export function isTied({ system, servers }: CallerSpec): boolean {
  return servers.length === 1 && system !== 'control'
}

/** Whether it knows all nodes, as users' callers should. */
export function isFree(spec: CallerSpec): boolean {
  return !isTied(spec) && spec.system !== 'control'
}
