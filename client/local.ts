import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryNetwork, LocalNetwork, LocalNode, type Log, type NodeStatus, StoreError } from '../node/local.ts'
import { checkWaiting } from './arguments.ts'
import type { Channel, Dial, Line, LineEvents } from './channel.ts'
import { type ConnectOptions, connectSession } from './connect.ts'
import { Database } from './database.ts'
import { DecreeError } from './errors.ts'
import { explain } from './grpc.ts'
import { LIMITS } from './limits.ts'
import type { Session } from './session.ts'

export type { Log, NodeStatus } from '../node/local.ts'

/** How a cluster inside the process is made. */
export interface ClusterOptions {
  /** How many nodes, 1 to 9. Default 3. More than half of them must run and hear each other for anything to be done. */
  readonly nodes?: number
  /**
   * Where the nodes keep their data, each in a directory of its own below this one, which is made if need be. Default:
   * in memory, where it outlives the stops and crashes of nodes, but not the cluster.
   */
  readonly directory?: string
  /** Milliseconds until a leader hands over to another node; 0: it leads until it fails. Default 5,000, as servers do. */
  readonly rotateMs?: number
  /** Milliseconds until `startCluster` gives up waiting for a first leader. Default 10,000. */
  readonly timeoutMs?: number
  /** What the nodes tell of themselves. Default: nobody hears it. */
  readonly log?: Log
}

/** How a node of one's own is opened. */
export interface LocalOptions extends Pick<ClusterOptions, 'log' | 'timeoutMs'> {
  /** Where the data is kept; made if need be. One process at a time can have it open. Default: in memory only. */
  readonly directory?: string
}

const NODES_MAX = 9
const ROTATE_MS = 5_000
const START_MS = 10_000
/** Nothing listens on it: the nodes of a process are told apart by their hosts. */
const PORT = 50_051
/** Between looks for a leader. */
const POLL_MS = 5
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * Starts a cluster inside this process, for tests: real nodes on a network in memory, without sockets. Resolves when
 * one of them leads. Close it (or declare it with `await using`) to let the process end.
 *
 * Throws `DecreeError`: `invalid_argument` for options that make no sense and for a directory that cannot be used or is
 * in use; `version_mismatch` for data of newer software; `timeout` without a leader; `internal` for damaged data and for a
 * disk that takes no writes.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkWaiting(options, 'the options')
  const { nodes = 3, directory, rotateMs = ROTATE_MS, timeoutMs = START_MS, log = SILENT } = options
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > NODES_MAX) {
    throw new DecreeError('invalid_argument', `nodes is ${nodes}; it must be a whole number from 1 to ${NODES_MAX}`)
  }
  if (!(rotateMs >= 0 && rotateMs < Number.POSITIVE_INFINITY)) {
    throw new DecreeError('invalid_argument', `rotateMs is ${rotateMs}; it must be 0 or a time in milliseconds`)
  }
  const hosts = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`)
  const network = new LocalNetwork(
    hosts.map((host) => `${host}:${PORT}`),
    createMemoryNetwork(),
  )
  const members = hosts.map((host) => {
    const place = directory === undefined ? null : join(directory, host)
    return new LocalNode({ address: `${host}:${PORT}`, network, directory: place, rotateMs, log })
  })
  return launch(members, timeoutMs)
}

/**
 * Opens a store of this process's own: the API of a connection, without a cluster. In memory, or durable on a
 * directory. Closing the database closes the store.
 *
 * Throws `DecreeError` as `startCluster` does.
 */
export async function openLocal(options: LocalOptions = {}): Promise<Database> {
  checkWaiting(options, 'the options')
  const { directory = null, timeoutMs = START_MS, log = SILENT } = options
  const address = `local:${PORT}`
  const network = new LocalNetwork([address], createMemoryNetwork())
  // It leads for good: there is nobody to hand over to.
  const cluster = await launch([new LocalNode({ address, network, directory, rotateMs: 0, log })], timeoutMs)
  try {
    const session = await cluster.connectSession()
    return new LocalDatabase(session, () => cluster.close())
  } catch (error) {
    await cluster.close()
    throw error
  }
}

async function launch(nodes: readonly LocalNode[], timeoutMs: number): Promise<LocalCluster> {
  const cluster = new LocalCluster(nodes)
  try {
    await Promise.all(cluster.nodes.map((node) => node.restart()))
    await cluster.leader({ timeoutMs })
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

/** A cluster inside this process, made by `startCluster`. */
export interface Cluster extends AsyncDisposable {
  /** All of its nodes, whether they run or not. */
  readonly nodes: readonly ClusterNode[]
  /**
   * Connects to it, as `connect` does over the network: the same library, the same retries and redirects, each call
   * exactly once. Throws `DecreeError`: `unreachable` at the deadline, `cancelled`, `closed`.
   */
  connect(options?: Omit<ConnectOptions, 'servers'>): Promise<Database>
  /**
   * The node that leads, waiting for there to be one; nodes that are isolated do not count. Throws `DecreeError`:
   * `timeout` after `timeoutMs` (default 5,000 ms), `invalid_argument` for one that is not above 0, `closed`.
   */
  leader(options?: { readonly timeoutMs?: number }): Promise<ClusterNode>
  /**
   * Closes the connections that were made by `connect` and stops the nodes. Nothing is left behind that would keep the
   * process alive. May be repeated.
   */
  close(): Promise<void>
}

/** One node of a cluster inside this process. Its methods may be called at any time; each waits for the one before. */
export class ClusterNode {
  /** `host:port`: a name only, nothing listens there. */
  readonly address: string
  readonly #node: LocalNode
  readonly #isClosed: () => boolean

  constructor(node: LocalNode, isClosed: () => boolean) {
    this.address = node.address
    this.#node = node
    this.#isClosed = isClosed
  }

  get isRunning(): boolean {
    return this.#node.isRunning
  }

  /** Whether `isolate` has cut it off. */
  get isIsolated(): boolean {
    return this.#node.isIsolated
  }

  /** What the node says of itself, with `hash` also a hash of its whole state; null if it does not run. */
  status(options?: { readonly hash?: boolean }): Promise<NodeStatus | null> {
    return this.#node.status(options)
  }

  /** Stops it in good order: it hands over if it leads, and answers what it can. Nothing if it does not run. */
  stop(): Promise<void> {
    return this.#node.stop()
  }

  /**
   * Ends it as a crash does, at once: its connections break in the middle of things, and of what it has in memory only
   * what was durable is left (all that it wrote, if it is on a directory). Nothing if it does not run. Resolves when its
   * timers have ended, too: within about a second.
   */
  kill(): Promise<void> {
    return this.#node.kill()
  }

  /**
   * Starts it on the data that it has; stops it first if it runs. Throws `DecreeError` as `startCluster` does, and
   * `closed` when the cluster is.
   */
  async restart(): Promise<void> {
    if (this.#isClosed()) throw closedError()
    try {
      await this.#node.restart()
    } catch (error) {
      throw startError(error)
    }
  }

  /** Cuts it off from all other nodes until `heal`, also when it is restarted meanwhile. Clients still reach it. */
  isolate(): void {
    this.#node.isolate()
  }

  /** It and every node that is not isolated hear each other again. */
  heal(): void {
    this.#node.heal()
  }
}

class LocalCluster implements Cluster {
  readonly nodes: readonly ClusterNode[]
  readonly #nodes: readonly LocalNode[]
  readonly #databases = new Set<Database>()
  #closing: Promise<void> | null = null

  constructor(nodes: readonly LocalNode[]) {
    this.#nodes = nodes
    this.nodes = nodes.map((node) => new ClusterNode(node, () => this.#closing !== null))
  }

  async connect(options: Omit<ConnectOptions, 'servers'> = {}): Promise<Database> {
    const session = await this.connectSession(options)
    const database: Database = new LocalDatabase(session, async () => {
      this.#databases.delete(database)
    })
    this.#databases.add(database)
    // Closed meanwhile: this one, too.
    if (this.#closing !== null) await database.close()
    return database
  }

  connectSession(options: Omit<ConnectOptions, 'servers'> = {}): Promise<Session> {
    if (this.#closing !== null) return Promise.reject(closedError())
    const servers = this.#nodes.map(({ address }) => address)
    return connectSession({ ...options, servers }, undefined, this.#dial)
  }

  async leader(options: { readonly timeoutMs?: number } = {}): Promise<ClusterNode> {
    checkWaiting(options, 'the options')
    const { timeoutMs = LIMITS.timeoutMs } = options
    for (const deadlineMs = performance.now() + timeoutMs; ; await pause(POLL_MS)) {
      if (this.#closing !== null) throw closedError()
      const candidates = await Promise.all(this.nodes.map(async (node) => ({ node, status: await node.status() })))
      const leading = candidates.filter(({ node, status }) => status?.role === 'leader' && !node.isIsolated)
      // Of two, the one with the lower ballot has not yet heard of the other.
      const [first] = leading.sort((a, b) => (b.status?.ballot ?? 0) - (a.status?.ballot ?? 0))
      if (first !== undefined) return first.node
      if (performance.now() > deadlineMs) throw new DecreeError('timeout', `no node leads after ${timeoutMs} ms`)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    // Whoever waits for this may then remove directories: it ends when all have ended, also when one fails at it.
    const databases = await Promise.allSettled([...this.#databases].map((database) => database.close()))
    const nodes = await Promise.allSettled(this.#nodes.map((node) => node.stop()))
    const failure = [...databases, ...nodes].find((end) => end.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  readonly #dial: Dial = (address) => {
    const node = this.#nodes.find((each) => each.address === address)
    if (node === undefined) throw new Error(`no node of this cluster is named ${address}`)
    return new LocalChannel(node)
  }
}

/** The way to a node of this process. */
class LocalChannel implements Channel {
  readonly #node: LocalNode

  constructor(node: LocalNode) {
    this.#node = node
  }

  open(events: LineEvents): Line {
    const { address } = this.#node
    const call = this.#node.open({
      taken: () => events.taken(),
      received: (frame) => events.received(frame),
      ended: (why) => events.ended(explain(address, why ?? undefined)),
    })
    if (typeof call !== 'string') return { write: (frame) => call.send(frame), cancel: () => call.cancel() }
    const error = new DecreeError('unreachable', `${address} cannot be reached: ${call}`)
    setImmediate(() => events.ended({ error, fatal: false, arrived: false }))
    return { write: () => {}, cancel: () => {} }
  }

  close(): void {}
}

/** A database that takes along what it was opened on. */
class LocalDatabase extends Database {
  readonly #afterwards: () => Promise<void>

  constructor(session: Session, afterwards: () => Promise<void>) {
    super(session)
    this.#afterwards = afterwards
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#afterwards()
  }
}

function closedError(): DecreeError {
  return new DecreeError('closed', 'the cluster is closed')
}

/** Why a node could not be started, in the library's words. */
function startError(error: unknown): DecreeError {
  if (!(error instanceof Error)) return DecreeError.from(error)
  if (!(error instanceof StoreError)) {
    // A node that refuses the place it is given says so in a plain error; a system's error, a failed write or a slip of
    // ours is nobody's argument.
    const isRefusal = error.constructor === Error && !('code' in error)
    return new DecreeError(isRefusal ? 'invalid_argument' : 'internal', error.message, { cause: error })
  }
  const { code } = error
  switch (code) {
    case 'locked':
    case 'unusable':
      return new DecreeError('invalid_argument', error.message, { cause: error })
    case 'newer_format':
      return new DecreeError('version_mismatch', error.message, { cause: error })
    case 'corrupt':
      return new DecreeError('internal', error.message, { cause: error })
    default:
      return code satisfies never
  }
}
