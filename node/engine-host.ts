import type { ParseJob, ParseOutcome } from '../lang/index.ts'
import type { CoreOptions, NodeId, Notice, Write } from './core/index.ts'
import type { ExecutorOptions, Programs } from './exec/index.ts'
import type { PeerMessage } from './peer/index.ts'
import type { IdentityWrite, ReadView, Restored } from './store/index.ts'
import type { Log } from './story.ts'

/** A piece of a snapshot that a peer waits for: its rows are to be read from the store. */
export type Serve = Extract<Notice, { type: 'serve' }>

/** What an engine runs on. */
export interface EngineHost {
  /**
   * Makes the writes durable, all or none, after those of earlier calls. The view shows them when this returns;
   * `durable` is called later, never from within. A host whose disk fails ends the node instead.
   */
  write(writes: readonly (Write | IdentityWrite)[], durable: () => void): void
  /** May be lost. */
  send(address: string, message: PeerMessage): void
  /** Reads a piece of a snapshot that holds every write made so far, and gives it to `done` later. */
  serve(request: Serve, done: (piece: { readonly chunk: Uint8Array; readonly cursor: string }) => void): void
  /** Calls `run` after what this turn of the event loop still brings: the requests of one turn share a batch. */
  soon(run: () => void): void
  /** Calls `run` in about so many ms. */
  later(ms: number, run: () => void): void
  /** Monotonic time, ms, by which the deadlines of requests are meant. */
  nowMs(): number
  /** Since 1970, ms. */
  wallClockMs(): number
  /** A new one at each call, anywhere and at any time. */
  uuid(): string
  /**
   * Parses a large shape without holding the event loop, and gives what came of it to `done` later, never from within;
   * null: the parser died. It gets the next job only when it is done.
   */
  parse(job: ParseJob, done: (outcome: ParseOutcome | null) => void): void
  /** The node cannot go on. Called once; the engine has ended. */
  fatal(why: string, error?: unknown): void
}

export interface EngineOptions {
  /** Durable before the engine is made. */
  readonly id: NodeId
  readonly address: string
  /** Of the cluster's nodes; in a new cluster its initial members, sorted, this one included. */
  readonly addresses: readonly string[]
  readonly restored: Restored
  readonly view: ReadView
  readonly log: Log
  readonly core?: Partial<CoreOptions> | undefined
  readonly executor?: Partial<ExecutorOptions> | undefined
  /** The leader is to be where the mean latency of its callers is least. Default false. */
  readonly isPlacing?: boolean | undefined
  /** What compiles programs; the language's cache unless given. */
  readonly programs?: Programs | undefined
  /** For the time-outs that are drawn: different in each life of each node. */
  readonly seed: number
  /** Hexadecimal digest of a text, the same on all nodes. */
  readonly hash: (text: string) => string
}
