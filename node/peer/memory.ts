import type { PeerEvents, PeerMessage, PeerTransport, PeerTransportFactory } from './transport.ts'

/** Nodes in one process that speak with each other without sockets: for tests and embedding. */
export interface MemoryNetwork {
  /** Makes a transport for a node. One at a time for each address: closed, another may take its place. */
  readonly connect: PeerTransportFactory
  /** Breaks the streams between two nodes and refuses new ones, in both directions, until `heal`. */
  cut(a: string, b: string): void
  heal(a: string, b: string): void
  /**
   * Loses without a word every message for which this is true, until it is replaced; null: none. A network that
   * swallows packets, where `cut` is one that answers with a refusal.
   */
  lose(loses: ((from: string, to: string, message: PeerMessage) => boolean) | null): void
}

/**
 * Messages are delivered in the order in which they were sent, in a later turn of the event loop, by reference:
 * they are immutable. Nothing is encoded.
 */
export function createMemoryNetwork(): MemoryNetwork {
  const nodes = new Map<string, MemoryTransport>()
  const cuts = new Set<string>()
  let loses: ((from: string, to: string, message: PeerMessage) => boolean) | null = null

  const network: Network = {
    /** The transport that `from` reaches at `to`. */
    reach: (from, to) => (cuts.has(pair(from, to)) ? undefined : nodes.get(to)),
    loses: (from, to, message) => loses?.(from, to, message) ?? false,
    left: (transport) => {
      if (nodes.get(transport.address) === transport) nodes.delete(transport.address)
      for (const other of nodes.values()) other.lost(transport.address)
    },
  }

  return {
    connect: (address, events) => {
      if (nodes.has(address)) throw new Error(`There is a node at ${address} already.`)
      const transport = new MemoryTransport(address, events, network)
      nodes.set(address, transport)
      return transport
    },
    cut: (a, b) => {
      cuts.add(pair(a, b))
      nodes.get(a)?.lost(b)
      nodes.get(b)?.lost(a)
    },
    heal: (a, b) => {
      cuts.delete(pair(a, b))
    },
    lose: (predicate) => {
      loses = predicate
    },
  }
}

/** The same in both directions. */
function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

interface Network {
  reach(from: string, to: string): MemoryTransport | undefined
  loses(from: string, to: string, message: PeerMessage): boolean
  left(transport: MemoryTransport): void
}

class MemoryTransport implements PeerTransport {
  readonly address: string
  readonly #events: PeerEvents
  readonly #network: Network
  /** What has been sent and not yet delivered, in order. */
  #underWay: { readonly to: string; readonly receiver: MemoryTransport; readonly message: PeerMessage }[] = []
  /** By peer: whether the last we know of it is that it was there. */
  readonly #reachable = new Map<string, boolean>()
  #closed = false

  constructor(address: string, events: PeerEvents, network: Network) {
    this.address = address
    this.#events = events
    this.#network = network
  }

  send(to: string, message: PeerMessage): void {
    if (this.#closed) return
    const receiver = this.#network.reach(this.address, to)
    if (receiver === undefined) {
      this.lost(to, true)
      return
    }
    this.#reachable.set(to, true)
    if (this.#network.loses(this.address, to, message)) return
    if (this.#underWay.length === 0) setImmediate(() => this.#deliver())
    this.#underWay.push({ to, receiver, message })
  }

  /** The peer has gone, or the way to it. `attempted`: also when there was no way to it before. */
  lost(peer: string, attempted = false): void {
    const before = this.#reachable.get(peer)
    if (before === false || (before === undefined && !attempted)) return
    this.#reachable.set(peer, false)
    setImmediate(() => {
      if (!this.#closed) this.#events.unreachable(peer)
    })
  }

  close(): Promise<void> {
    if (!this.#closed) {
      // What is under way still arrives, as it does where streams are ended in good order.
      this.#closed = true
      this.#network.left(this)
    }
    return Promise.resolve()
  }

  #deliver(): void {
    const messages = this.#underWay
    this.#underWay = []
    for (const { to, receiver, message } of messages) {
      // A cut since then has taken it, and a successor at the address is somebody else.
      if (this.#network.reach(this.address, to) === receiver) receiver.#receive(message)
    }
  }

  #receive(message: PeerMessage): void {
    if (!this.#closed) this.#events.received(message)
  }
}
